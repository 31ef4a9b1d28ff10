//! The allocator. Each word that a segment touches is hashed twice into the memory's Merkle tree, so freed blocks are
//! handed out again, last freed first, and a block may grow up to its size class in place.

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::UnsafeCell,
    ptr,
};

use crate::runtime::terminate;

const OUT_OF_MEMORY: u8 = 4;
const MEMORY_END: usize = 1 << 29;
/// Blocks have 2^3 to 2^28 bytes.
const CLASS_MIN: u32 = 3;
const CLASSES: usize = 32;

struct Heap {
    /// First free block of each size class; a free block begins with the address of the next.
    free: [usize; CLASSES],
    /// Where untouched memory begins; zero before the first allocation.
    end: usize,
}

struct Allocator(UnsafeCell<Heap>);

// SAFETY: the guest has one thread.
unsafe impl Sync for Allocator {}

#[global_allocator]
static ALLOCATOR: Allocator = Allocator(UnsafeCell::new(Heap { free: [0; CLASSES], end: 0 }));

extern "C" {
    /// End of the program in memory, set by the linker.
    static _end: u8;
}

const fn class_of(size: usize) -> u32 {
    let class = usize::BITS - size.wrapping_sub(1).leading_zeros();
    if size <= 1 << CLASS_MIN {
        CLASS_MIN
    } else {
        class
    }
}

impl Heap {
    fn untouched(&mut self, class: u32, align: usize) -> *mut u8 {
        if self.end == 0 {
            self.end = ptr::addr_of!(_end) as usize;
        }
        let align = if align > 1 << CLASS_MIN { align } else { 1 << CLASS_MIN };
        let start = (self.end + align - 1) & !(align - 1);
        let end = start + (1 << class);
        if end > MEMORY_END {
            terminate::<OUT_OF_MEMORY>()
        }
        self.end = end;
        start as *mut u8
    }
}

// SAFETY: blocks are disjoint, as large as their class and aligned; see each method.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let heap = &mut *self.0.get();
        let class = class_of(layout.size());
        let block = heap.free[class as usize & (CLASSES - 1)];
        // A block larger than 8 bytes may be aligned to 8 only, so others with greater alignment are always new.
        if block == 0 || layout.align() > 1 << CLASS_MIN {
            return heap.untouched(class, layout.align());
        }
        heap.free[class as usize & (CLASSES - 1)] = *(block as *const usize);
        block as *mut u8
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let heap = &mut *self.0.get();
        let class = class_of(layout.size()) as usize & (CLASSES - 1);
        *block.cast::<usize>() = heap.free[class];
        heap.free[class] = block as usize;
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if class_of(size) == class_of(layout.size()) {
            return block;
        }
        let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
        ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
        self.dealloc(block, layout);
        moved
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let heap = &mut *self.0.get();
        let class = class_of(layout.size());
        let block = heap.free[class as usize & (CLASSES - 1)];
        // Memory begins as zero: untouched memory needs no clearing.
        if block == 0 || layout.align() > 1 << CLASS_MIN {
            return heap.untouched(class, layout.align());
        }
        heap.free[class as usize & (CLASSES - 1)] = *(block as *const usize);
        ptr::write_bytes(block as *mut u8, 0, layout.size());
        block as *mut u8
    }
}
