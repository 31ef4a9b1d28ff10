#![no_main]
#![no_std]
extern crate alloc;
openvm::entry!(main);
#[repr(align(4))] struct S([u8;200]);
fn main() {
    let w = openvm::io::read_vec();
    let n = u32::from_be_bytes([w[0], w[1], w[2], w[3]]);
    if n == 0 { openvm_platform::rust_rt::terminate::<42>(); }
    let mut s = S([0u8; 200]);
    let mut a: u32 = 0; let mut b: u32 = 1;
    for _ in 0..n { let c = a.wrapping_add(b); a = b; b = core::hint::black_box(c); 
    if c & 1023 == 0 { #[cfg(target_os="zkvm")] unsafe { openvm_keccak256_guest::native_keccakf(s.0.as_mut_ptr()); } } }
    s.0[40] ^= b as u8;
    let mut h = [0u8; 32]; h.copy_from_slice(&s.0[..32]);
    openvm::io::reveal_bytes32(h);
}
