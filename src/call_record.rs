// SPDX-License-Identifier: GPL-2.0-or-later
//! What outlives the request of a call.

use crate::call_id::CallId;

/// What a decision and its line in the log need of their call, beside the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallRecord {
    /// Whether a block or a redirect of this call is carried out.
    pub enforced: bool,
    /// The call's name in the log.
    pub call_id: CallId,
}

impl CallRecord {
    /// The number of words in shared memory.
    pub const WORDS: usize = CallId::WORDS + 1;

    /// As words of shared memory.
    #[must_use]
    pub fn to_shared(self) -> [u64; Self::WORDS] {
        let mut words = [u64::from(self.enforced); Self::WORDS];
        words
            .iter_mut()
            .zip(self.call_id.to_shared())
            .for_each(|(to, word)| *to = word);
        words
    }

    /// From shared memory.
    #[must_use]
    pub fn from_shared(shared: [u64; Self::WORDS]) -> Self {
        let mut call_id = [0; CallId::WORDS];
        call_id
            .iter_mut()
            .zip(shared)
            .for_each(|(to, word)| *to = word);
        Self {
            enforced: shared.last() == Some(&1),
            call_id: CallId::from_shared(call_id),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{CallId, CallRecord};

    /// That of any call.
    pub(crate) fn record() -> CallRecord {
        CallRecord {
            enforced: true,
            call_id: CallId::new(b"1@example.com"),
        }
    }

    #[test]
    fn a_record_is_read_from_shared_memory_as_it_was_written() {
        for enforced in [false, true] {
            let record = CallRecord {
                enforced,
                ..record()
            };
            assert_eq!(CallRecord::from_shared(record.to_shared()), record);
        }
    }
}
