// SPDX-License-Identifier: GPL-2.0-or-later
//! How the end of a lookup is told.

/// What happens when a lookup is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// [`super::Pool::next`] gives this word.
    Bell(u64),
    /// The word is written to a descriptor of the process that looks up, an eventfd for instance.
    Descriptor {
        /// Not negative.
        fd: i32,
        /// 8 bytes in the machine's order.
        word: u64,
    },
}

impl Wake {
    pub(super) fn to_shared(self) -> [u64; 2] {
        match self {
            Self::Bell(word) => [0, word],
            // Never 0, whatever the descriptor.
            Self::Descriptor { fd, word } => [u64::from(fd.unsigned_abs()) + 1, word],
        }
    }

    pub(super) fn from_shared([fd, word]: [u64; 2]) -> Self {
        match fd.checked_sub(1).and_then(|fd| i32::try_from(fd).ok()) {
            Some(fd) => Self::Descriptor { fd, word },
            None => Self::Bell(word),
        }
    }
}
