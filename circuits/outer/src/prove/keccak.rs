//! Keccak-256 of eight messages at once. The lanes are plain arrays; where the processor has wide registers, the same
//! code is compiled for them.

const RATE_BYTES: usize = 136;
const ROUND_CONSTANTS: [u64; 24] = [
    0x0000000000000001,
    0x0000000000008082,
    0x800000000000808a,
    0x8000000080008000,
    0x000000000000808b,
    0x0000000080000001,
    0x8000000080008081,
    0x8000000000008009,
    0x000000000000008a,
    0x0000000000000088,
    0x0000000080008009,
    0x000000008000000a,
    0x000000008000808b,
    0x800000000000008b,
    0x8000000000008089,
    0x8000000000008003,
    0x8000000000008002,
    0x8000000000000080,
    0x000000000000800a,
    0x800000008000000a,
    0x8000000080008081,
    0x8000000000008080,
    0x0000000080000001,
    0x8000000080008008,
];
/// Rotation of lane `x + 5y`.
const ROTATIONS: [u32; 25] =
    [0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14];

/// Messages hashed at once.
pub(crate) const LANES: usize = 8;

type Lane = [u64; LANES];
type State = [Lane; 25];

/// Hashes of messages of one length, which stand one after the other in `messages`.
pub(crate) fn keccak_many(messages: &[u8], length: usize) -> [[u8; 32]; LANES] {
    debug_assert_eq!(messages.len(), length * LANES);
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx512f") {
            // SAFETY: the feature was just detected.
            return unsafe { keccak_many_avx512(messages, length) };
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the feature was just detected.
            return unsafe { keccak_many_avx2(messages, length) };
        }
    }
    keccak_many_portable(messages, length)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn keccak_many_avx512(messages: &[u8], length: usize) -> [[u8; 32]; LANES] {
    keccak_many_portable(messages, length)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn keccak_many_avx2(messages: &[u8], length: usize) -> [[u8; 32]; LANES] {
    keccak_many_portable(messages, length)
}

#[inline(always)]
fn keccak_many_portable(messages: &[u8], length: usize) -> [[u8; 32]; LANES] {
    let mut state: State = [[0; LANES]; 25];
    let mut offset = 0;
    while length - offset >= RATE_BYTES {
        for lane in 0..LANES {
            let start = lane * length + offset;
            absorb(&mut state, lane, &messages[start..start + RATE_BYTES]);
        }
        permute(&mut state);
        offset += RATE_BYTES;
    }
    for lane in 0..LANES {
        let rest = &messages[lane * length + offset..(lane + 1) * length];
        let mut block = [0; RATE_BYTES];
        block[..rest.len()].copy_from_slice(rest);
        block[rest.len()] ^= 0x01;
        block[RATE_BYTES - 1] ^= 0x80;
        absorb(&mut state, lane, &block);
    }
    permute(&mut state);
    std::array::from_fn(|lane| {
        let mut hash = [0; 32];
        for (chunk, word) in hash.chunks_exact_mut(8).zip(&state) {
            chunk.copy_from_slice(&word[lane].to_le_bytes());
        }
        hash
    })
}

#[inline(always)]
fn absorb(state: &mut State, lane: usize, block: &[u8]) {
    for (word, chunk) in state.iter_mut().zip(block.chunks_exact(8)) {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(chunk);
        word[lane] ^= u64::from_le_bytes(bytes);
    }
}

#[inline(always)]
fn each(f: impl Fn(usize) -> u64) -> Lane {
    let mut lane = [0; LANES];
    for (index, value) in lane.iter_mut().enumerate() {
        *value = f(index);
    }
    lane
}

#[inline(always)]
fn permute(state: &mut State) {
    for constant in ROUND_CONSTANTS {
        let mut parity = [[0; LANES]; 5];
        for x in 0..5 {
            parity[x] = each(|i| {
                state[x][i] ^ state[x + 5][i] ^ state[x + 10][i] ^ state[x + 15][i] ^ state[x + 20][i]
            });
        }
        let mut rotated: State = [[0; LANES]; 25];
        for y in 0..5 {
            for x in 0..5 {
                let (left, right) = (&parity[(x + 4) % 5], &parity[(x + 1) % 5]);
                let lane = &state[x + 5 * y];
                let turn = ROTATIONS[x + 5 * y];
                rotated[y + 5 * ((2 * x + 3 * y) % 5)] =
                    each(|i| (lane[i] ^ left[i] ^ right[i].rotate_left(1)).rotate_left(turn));
            }
        }
        for y in 0..5 {
            for x in 0..5 {
                let [a, b, c] = [0, 1, 2].map(|step| &rotated[(x + step) % 5 + 5 * y]);
                state[x + 5 * y] = each(|i| a[i] ^ (!b[i] & c[i]));
            }
        }
        state[0] = each(|i| state[0][i] ^ constant);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_agree_with_the_plain_hash_at_every_block_boundary() {
        for length in [0, 1, 40, 52, 128, 135, 136, 137, 271, 272, 300] {
            let messages: Vec<u8> = (0..length * LANES).map(|i| (i * 7 + i / 251) as u8).collect();
            let hashes = keccak_many(&messages, length);
            let portable = keccak_many_portable(&messages, length);
            for lane in 0..LANES {
                let message = &messages[lane * length..(lane + 1) * length];
                assert_eq!(hashes[lane], prividium_verifier::hash::keccak(&[message]), "length {length}");
                assert_eq!(portable[lane], hashes[lane]);
            }
        }
    }
}
