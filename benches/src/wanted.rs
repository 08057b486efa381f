// SPDX-License-Identifier: GPL-2.0-or-later
//! What of a benchmark is wanted.

/// The delays and the rows to measure.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Delays of the API in milliseconds.
    pub(crate) delays: Vec<u64>,
    parts: Vec<String>,
}

impl Wanted {
    /// Of the words, numbers are delays, and others are parts of the names of rows. Without a number these delays are wanted, and
    /// without a part of a name all rows.
    pub(crate) fn of(words: &[String], delays: &[u64]) -> Self {
        let given: Vec<u64> = words.iter().filter_map(|word| word.parse().ok()).collect();
        let parts = words.iter().filter(|word| word.parse::<u64>().is_err());
        Self {
            delays: if given.is_empty() {
                delays.to_vec()
            } else {
                given
            },
            parts: parts.cloned().collect(),
        }
    }

    /// Whether the row of this name is wanted.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|part| name.contains(part.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::Wanted;

    #[test]
    fn numbers_are_delays_and_the_rest_are_names() {
        let words = ["20", "6.0.1", "sync"].map(str::to_owned);
        let wanted = Wanted::of(&words, &[0, 100]);
        assert_eq!(wanted.delays, [20]);
        assert!(wanted.has("kamailio-6.0.1 decide") && wanted.has("httpcon, sync"));
        assert!(!wanted.has("kamailio httpcon"));
    }

    #[test]
    fn without_a_word_all_is_wanted() {
        let wanted = Wanted::of(&[], &[0, 100]);
        assert_eq!(wanted.delays, [0, 100]);
        assert!(wanted.has("anything"));
    }
}
