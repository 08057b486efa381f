// SPDX-License-Identifier: GPL-2.0-or-later
//! Sixteen bytes as two words of shared memory.

/// The words of bytes.
pub(crate) fn of(bytes: [u8; 16]) -> [u64; 2] {
    let (words, _) = bytes.as_chunks();
    let mut words = words.iter().map(|word| u64::from_be_bytes(*word));
    std::array::from_fn(|_| words.next().unwrap_or_default())
}

/// The bytes of words.
pub(crate) fn bytes([first, second]: [u64; 2]) -> [u8; 16] {
    (u128::from(first) << 64 | u128::from(second)).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::{bytes, of};

    #[test]
    fn bytes_come_back_from_their_words() {
        let sixteen = *b"+441632960123\0\0\xff";
        assert_eq!(bytes(of(sixteen)), sixteen);
        assert_eq!(of(*b"\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\x02\0"), [1, 512]);
    }
}
