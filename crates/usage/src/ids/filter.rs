//! A filter that says of most keys that they are not in a run.
//!
//! A split block Bloom filter, as in Parquet: a key has one bit in each of the eight words of one
//! block. Blocks stand in the order of the keys, so that both are read from one end to the other.

/// Bytes of a block.
pub(super) const BLOCK: usize = 32;

/// Bits for each key: about one key in a hundred that is not there passes.
const BITS_PER_KEY: u64 = 11;

/// Salts as in the Parquet format.
const SALTS: [u32; 8] = [
    0x47b6_137b,
    0x4497_4d91,
    0x8824_ad5b,
    0xa2b7_289d,
    0x7054_95c7,
    0x2df1_424b,
    0x9efc_4947,
    0x5c6b_fb31,
];

/// How many blocks serve so many keys.
pub(super) fn blocks(keys: u64) -> u64 {
    (keys * BITS_PER_KEY).div_ceil(8 * BLOCK as u64).max(1)
}

/// The block of a key.
pub(super) fn block_of(key: u128, blocks: u64) -> u64 {
    // The upper half of the key says which block, the lower which bits.
    let place = ((key >> 64) * u128::from(blocks)) >> 64;
    u64::try_from(place).expect("a place is below the number of blocks")
}

fn bits(key: u128) -> impl Iterator<Item = (usize, u32)> {
    let low = u32::try_from(key & u128::from(u32::MAX)).expect("it has 32 bits");
    SALTS.into_iter().map(move |salt| 1 << (low.wrapping_mul(salt) >> 27)).enumerate()
}

/// Puts a key into its block.
pub(super) fn insert(block: &mut [u8; BLOCK], key: u128) {
    for (word, bit) in bits(key) {
        let word = &mut block.as_chunks_mut::<4>().0[word];
        *word = (u32::from_le_bytes(*word) | bit).to_le_bytes();
    }
}

/// Whether a key may be among those of its block.
pub(super) fn may_have(block: &[u8], key: u128) -> bool {
    let words = block.as_chunks::<4>().0;
    bits(key).all(|(word, bit)| u32::from_le_bytes(words[word]) & bit != 0)
}
