// SPDX-License-Identifier: GPL-2.0-or-later
//! The selected parts of a benchmark.

/// The delays and the rows to measure.
#[derive(Debug)]
pub(crate) struct Selection {
    /// Delays of the API in milliseconds.
    pub(crate) delays: Vec<u64>,
    parts: Vec<String>,
}

impl Selection {
    /// Parses arguments: numbers are delays, others are parts of the names of rows. Without a number `delays` are selected, and without
    /// a part of a name all rows.
    pub(crate) fn of(arguments: &[String], delays: &[u64]) -> Self {
        let given: Vec<u64> = arguments
            .iter()
            .filter_map(|argument| argument.parse().ok())
            .collect();
        let parts = arguments
            .iter()
            .filter(|argument| argument.parse::<u64>().is_err());
        Self {
            delays: if given.is_empty() {
                delays.to_vec()
            } else {
                given
            },
            parts: parts.cloned().collect(),
        }
    }

    /// Whether the row of this name is selected.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|part| name.contains(part.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::Selection;

    #[test]
    fn numbers_are_delays_and_the_rest_are_names() {
        let arguments = ["20", "6.0.1", "sync"].map(str::to_owned);
        let selection = Selection::of(&arguments, &[0, 100]);
        assert_eq!(selection.delays, [20]);
        assert!(selection.has("kamailio-6.0.1 decide") && selection.has("httpcon, sync"));
        assert!(!selection.has("kamailio httpcon"));
    }

    #[test]
    fn without_a_word_all_is_wanted() {
        let selection = Selection::of(&[], &[0, 100]);
        assert_eq!(selection.delays, [0, 100]);
        assert!(selection.has("anything"));
    }
}
