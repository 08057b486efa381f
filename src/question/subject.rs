// SPDX-License-Identifier: GPL-2.0-or-later
//! What outlives the request of a call.

use crate::call_id::CallId;
use crate::number::Number;

/// What a decision needs of its call after the lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The calling number.
    pub number: Number,
    /// Whether a block or a redirect of this call is carried out.
    pub enforced: bool,
    /// The call's name in the log.
    pub call_id: CallId,
}

/// A [`Subject`] as words of shared memory: the number, the Call-ID, and the rest as one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedSubject {
    /// See [`Number::to_shared`].
    pub number: [u64; 2],
    /// See [`CallId::to_shared`].
    pub call_id: [u64; CallId::WORDS],
    /// Bit 0: [`Subject::enforced`].
    pub flags: u64,
}

impl Subject {
    /// As words of shared memory.
    #[must_use]
    pub fn to_shared(self) -> SharedSubject {
        SharedSubject {
            number: self.number.to_shared(),
            call_id: self.call_id.to_shared(),
            flags: u64::from(self.enforced),
        }
    }

    /// From shared memory, if a number is there.
    #[must_use]
    pub fn from_shared(shared: SharedSubject) -> Option<Self> {
        Some(Self {
            number: Number::from_shared(shared.number)?,
            enforced: shared.flags & 1 == 1,
            call_id: CallId::from_shared(shared.call_id),
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{CallId, Number, Subject};

    /// A call from a number.
    pub(crate) fn subject(number: Number) -> Subject {
        Subject {
            number,
            enforced: true,
            call_id: CallId::new(b"1@example.com"),
        }
    }

    #[test]
    fn a_subject_is_read_from_shared_memory_as_it_was_written() {
        let number = Number::new("+441632960123").expect("a global number");
        for enforced in [false, true] {
            let subject = Subject {
                enforced,
                ..subject(number)
            };
            assert_eq!(Subject::from_shared(subject.to_shared()), Some(subject));
        }
    }
}
