// SPDX-License-Identifier: GPL-2.0-or-later
//! From the lines of a list to intervals that do not overlap.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::entry::Entry;

/// Numbers from `first` to `last`, for which one line is the longest match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) line: u32,
}

/// Gives the intervals in ascending order. The entries must be sorted by `first`. There are less than twice as many intervals as
/// entries.
pub(super) fn flatten<E>(
    entries: &[Entry],
    mut emit: impl FnMut(Interval) -> Result<(), E>,
) -> Result<(), E> {
    let mut rest = entries.iter().peekable();
    // Entries that may cover `at`, the best first: the longest, and of two equal ones the first in the file.
    let mut open: BinaryHeap<(u8, Reverse<u32>, u64)> = BinaryHeap::new();
    let mut at = 0;
    // The last interval, which may still grow.
    let mut pending: Option<Interval> = None;
    loop {
        while let Some(entry) = rest.next_if(|entry| entry.first <= at) {
            open.push((entry.length, Reverse(entry.line), entry.last));
        }
        while open.peek().is_some_and(|(.., last)| *last < at) {
            open.pop();
        }
        let next = rest.peek().map(|entry| entry.first);
        let Some((_, Reverse(line), last)) = open.peek().copied() else {
            let Some(next) = next else { break };
            at = next;
            continue;
        };
        let last = next.map_or(last, |next| last.min(next - 1));
        match &mut pending {
            Some(before) if before.line == line && before.last + 1 == at => before.last = last,
            _ => {
                let interval = Interval {
                    first: at,
                    last,
                    line,
                };
                if let Some(before) = pending.replace(interval) {
                    emit(before)?;
                }
            }
        }
        at = last + 1;
    }
    pending.map_or(Ok(()), emit)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::super::entry::{key, parse};
    use super::{Entry, flatten};

    fn entries(lines: &[&str]) -> Vec<Entry> {
        let mut entries: Vec<_> = (1..)
            .zip(lines)
            .filter_map(|(line, text)| parse(text.as_bytes(), line).expect("good"))
            .collect();
        entries.sort_unstable_by_key(|entry| entry.first);
        entries
    }

    /// The line that covers each number.
    fn lines(list: &[&str], numbers: &[&str]) -> Vec<Option<u32>> {
        let mut intervals = Vec::new();
        let sorted = entries(list);
        let Ok(()) = flatten(&sorted, |interval| {
            intervals.push(interval);
            Ok::<_, Infallible>(())
        });
        assert!(
            intervals
                .iter()
                .all(|interval| interval.first <= interval.last)
        );
        assert!(intervals.is_sorted_by(|a, b| a.last < b.first));
        assert!(intervals.len() <= 2 * sorted.len());
        numbers
            .iter()
            .map(|number| {
                let key = key(number);
                let of =
                    |interval: &&super::Interval| interval.first <= key && key <= interval.last;
                intervals.iter().find(of).map(|interval| interval.line)
            })
            .collect()
    }

    #[test]
    fn the_longest_match_wins() {
        let list = [
            "+1*",
            "+1900*",
            "+19005550100",
            "+190055501*",
            "+1900555..+1900777",
            "+1900*",
        ];
        let numbers = [
            "+12125550100",
            "+19005540100",
            "+19005550100",
            "+19005550101",
            "+19005560100",
            "+19007780100",
            "+44",
        ];
        let found = lines(&list, &numbers);
        let wanted = [1, 2, 3, 4, 5, 2].map(Some);
        assert_eq!(found[..6], wanted);
        assert_eq!(found[6], None);
    }

    #[test]
    fn overlapping_ranges_keep_the_first_of_two_equal_ones() {
        let list = ["+1200..+1299", "+1250..+1349", "+1250..+1260"];
        let numbers = [
            "+1199", "+1200", "+1255", "+1299", "+1300", "+1349", "+1350",
        ];
        let found = lines(&list, &numbers);
        assert_eq!(
            found,
            [None, Some(1), Some(1), Some(1), Some(2), Some(2), None]
        );
    }

    #[test]
    fn lists_without_entries_have_no_intervals() {
        assert_eq!(lines(&[], &["+1"]), [None]);
        assert_eq!(lines(&["# nothing"], &["+1"]), [None]);
    }
}
