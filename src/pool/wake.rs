// SPDX-License-Identifier: GPL-2.0-or-later
//! How the process that resumes a call is woken.

/// What happens when a lookup is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// [`super::Pool::next`] returns this word.
    Poll(u64),
    /// The word is written to a descriptor of the process that looks up, an eventfd for instance.
    Descriptor {
        /// Not negative.
        fd: i32,
        /// True: the descriptor stays open until the word has been read, and the word is written exactly once. False: the
        /// descriptor may be closed as soon as there is an answer; the answer may come a moment after the word.
        stays_open: bool,
        /// 8 bytes in the machine's order.
        word: u64,
    },
}

impl Wake {
    /// Writes the word, if it goes to a descriptor whose `stays_open` is `stays`.
    pub(super) fn write(self, stays: bool) {
        if let Self::Descriptor {
            fd,
            stays_open,
            word,
        } = self
            && stays_open == stays
        {
            crate::os::wake::write(fd, word);
        }
    }

    pub(super) fn to_shared(self) -> [u64; 2] {
        match self {
            Self::Poll(word) => [0, word],
            // Never 0, whatever the descriptor.
            Self::Descriptor {
                fd,
                stays_open,
                word,
            } => {
                let first = u64::from(fd.unsigned_abs()) + 1;
                [first << 1 | u64::from(stays_open), word]
            }
        }
    }

    pub(super) fn from_shared([first, word]: [u64; 2]) -> Self {
        let fd = (first >> 1).checked_sub(1);
        match fd.and_then(|fd| i32::try_from(fd).ok()) {
            Some(fd) => Self::Descriptor {
                fd,
                stays_open: first & 1 == 1,
                word,
            },
            None => Self::Poll(word),
        }
    }
}
