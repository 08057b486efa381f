// SPDX-License-Identifier: GPL-2.0-or-later
//! A Call-ID, kept while a lookup is made and written to the log.

use std::fmt;

use crate::text::Escaped;

/// The beginning of a Call-ID. Its text for the log is made of characters that need no quoting.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CallId {
    bytes: [u8; MOST],
    /// The length of the whole Call-ID if it is kept whole, and `MOST + 1` otherwise.
    len: u8,
}

impl CallId {
    /// None.
    pub const EMPTY: Self = Self {
        bytes: [0; MOST],
        len: 0,
    };

    /// The number of words in shared memory.
    pub const WORDS: usize = MOST / 8 + 1;

    /// Keeps the first 96 bytes of a Call-ID.
    #[must_use]
    pub fn new(call_id: &[u8]) -> Self {
        let mut bytes = [0; MOST];
        bytes
            .iter_mut()
            .zip(call_id)
            .for_each(|(to, from)| *to = *from);
        Self {
            bytes,
            len: u8::try_from(call_id.len().min(MOST + 1)).unwrap_or(0),
        }
    }

    /// As words of shared memory.
    #[must_use]
    pub fn to_shared(self) -> [u64; Self::WORDS] {
        let mut words = [u64::from(self.len); Self::WORDS];
        for (word, eight) in words.iter_mut().zip(self.bytes.as_chunks().0) {
            *word = u64::from_le_bytes(*eight);
        }
        words
    }

    /// From shared memory.
    #[must_use]
    pub fn from_shared(shared: [u64; Self::WORDS]) -> Self {
        let mut bytes = [0; MOST];
        for (eight, word) in bytes.as_chunks_mut().0.iter_mut().zip(shared) {
            *eight = word.to_le_bytes();
        }
        let len = shared.last().copied().unwrap_or(0);
        Self {
            bytes,
            len: u8::try_from(len).unwrap_or(0),
        }
    }

    /// Whether only the beginning is kept.
    pub(crate) fn is_cut(&self) -> bool {
        usize::from(self.len) > MOST
    }

    /// The same with other bytes.
    pub(crate) fn rewritten(mut self, rewrite: impl FnOnce(&mut [u8])) -> Self {
        let len = usize::from(self.len).min(MOST);
        rewrite(self.bytes.get_mut(..len).unwrap_or_default());
        self
    }

    fn kept(&self) -> &[u8] {
        self.bytes
            .get(..usize::from(self.len).min(MOST))
            .unwrap_or_default()
    }
}

/// For the log: see [`Escaped`]. A Call-ID that is not kept whole ends in `...`.
impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(self.kept()).fmt(f)?;
        if self.is_cut() {
            f.write_str("...")?;
        }
        Ok(())
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

const MOST: usize = 96;

const _: () = assert!(MOST.is_multiple_of(8) && MOST < 255);

#[cfg(test)]
mod tests {
    use super::{CallId, MOST};

    #[test]
    fn a_call_id_is_read_from_shared_memory_as_it_was_written() {
        for call_id in [&b""[..], b"1@example.com", &[b'x'; MOST], &[b'y'; 2 * MOST]] {
            let call_id = CallId::new(call_id);
            assert_eq!(CallId::from_shared(call_id.to_shared()), call_id);
        }
    }

    #[test]
    fn a_long_call_id_is_cut() {
        assert_eq!(CallId::EMPTY.to_string(), "-");
        let whole = CallId::new(&[b'x'; MOST]).to_string();
        assert_eq!(whole, "x".repeat(MOST));
        let cut = CallId::new(&vec![b'x'; 70_000]).to_string();
        assert_eq!(cut, whole + "...");
    }
}
