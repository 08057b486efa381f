// SPDX-License-Identifier: GPL-2.0-or-later
//! Lists as words of shared memory, in a form that is searched without another one.
//!
//! An image is a directory and the tables of the lists. A table has the intervals of a list in ascending order, the line of each,
//! and an index: for each of about as many equal parts of the span of the keys as there are intervals, how many intervals begin
//! before it. A search reads one place of the index and the few intervals of one part.
//!
//! A process may read an image that another one overwrites: see `shared`. So no value that is read is trusted as a place.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::entry::Entry;
use super::file::Contents;
use super::intervals::{Interval, flatten};

/// An image has no room for its lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;

/// The words of an image, for reading.
#[derive(Clone, Copy)]
pub(super) struct Image<'a>(pub(super) &'a [AtomicU64]);

/// Where one table is and what it holds: [`Table::WORDS`] words of the directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    /// The place of the intervals, two words each.
    intervals: usize,
    /// The place of the index, two parts a word.
    index: usize,
    /// The place of the lines, two a word.
    lines: usize,
    count: u64,
    /// The first key and the last.
    first: u64,
    last: u64,
    /// The parts of the index have 2^`shift` keys.
    shift: u64,
    /// Lines of the file that are not empty.
    pub(super) entries: u64,
    /// When the file was changed, in seconds since 1970.
    modified: u64,
}

impl Image<'_> {
    /// The most words that such lists take. A search of the longest match splits an entry at each one within it, so there may be
    /// twice as many intervals as entries.
    pub(super) fn most_words(entries: &[usize]) -> usize {
        let of = |count: &usize| 2 * count * 4 + 8;
        Table::WORDS * entries.len() + entries.iter().map(of).sum::<usize>()
    }

    /// Writes the tables of lists. Returns how many words they take.
    pub(super) fn write(words: &[AtomicU64], lists: &[Contents]) -> Result<usize, Full> {
        let mut end = Table::WORDS * lists.len();
        for (place, list) in lists.iter().enumerate() {
            let mut writer = Writer { words, end };
            let table = writer.table(&list.entries, seconds(list.modified))?;
            end = writer.end;
            let mut directory = Writer {
                words,
                end: Table::WORDS * place,
            };
            for word in table.to_words() {
                directory.push(word)?;
            }
        }
        Ok(end)
    }

    /// The n-th table.
    pub(super) fn table(self, place: usize) -> Table {
        let start = Table::WORDS * place;
        Table::from_words(|word| self.word(start + word))
    }

    /// Which interval of a table has a key.
    pub(super) fn find(self, table: &Table, key: u64) -> Option<u64> {
        if key < table.first || table.last < key {
            return None;
        }
        let part = usize::try_from((key - table.first) >> table.shift.min(63)).ok()?;
        let begin = |part: usize| u64::from(self.half(table.index, part)).min(table.count);
        let (mut low, mut high) = (begin(part), begin(part + 1));
        // The first interval that begins behind the key.
        while low < high {
            let middle = low.midpoint(high);
            if self.interval(table, middle, 0) <= key {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let candidate = low.checked_sub(1)?;
        (self.interval(table, candidate, 0) <= key && key <= self.interval(table, candidate, 1))
            .then_some(candidate)
    }

    /// The line of the file that an interval comes from.
    pub(super) fn line(self, table: &Table, interval: u64) -> u32 {
        usize::try_from(interval).map_or(0, |interval| self.half(table.lines, interval))
    }

    fn interval(self, table: &Table, interval: u64, end: usize) -> u64 {
        let interval = usize::try_from(interval).unwrap_or(usize::MAX);
        self.word(
            interval
                .saturating_mul(2)
                .saturating_add(table.intervals)
                .saturating_add(end),
        )
    }

    /// Half a word: the n-th of those that begin at `start`.
    fn half(self, start: usize, n: usize) -> u32 {
        let word = self.word(start.saturating_add(n / 2));
        let [low, high] = [word & u64::from(u32::MAX), word >> 32];
        u32::try_from(if n.is_multiple_of(2) { low } else { high }).unwrap_or(0)
    }

    fn word(self, place: usize) -> u64 {
        self.0.get(place).map_or(0, |word| word.load(Relaxed))
    }
}

impl Table {
    /// Words in the directory.
    const WORDS: usize = 9;

    /// How long ago the file was changed.
    pub(super) fn age(&self, now: SystemTime) -> Duration {
        Duration::from_secs(seconds(now).saturating_sub(self.modified))
    }

    fn to_words(self) -> [u64; Self::WORDS] {
        let word = |place: usize| u64::try_from(place).unwrap_or(u64::MAX);
        [
            word(self.intervals),
            word(self.index),
            word(self.lines),
            self.count,
            self.first,
            self.last,
            self.shift,
            self.entries,
            self.modified,
        ]
    }

    fn from_words(word: impl Fn(usize) -> u64) -> Self {
        let place = |n| usize::try_from(word(n)).unwrap_or(usize::MAX);
        Self {
            intervals: place(0),
            index: place(1),
            lines: place(2),
            count: word(3),
            first: word(4),
            last: word(5),
            shift: word(6),
            entries: word(7),
            modified: word(8),
        }
    }
}

/// Appends words to an image.
struct Writer<'a> {
    words: &'a [AtomicU64],
    end: usize,
}

impl Writer<'_> {
    fn table(&mut self, entries: &[Entry], modified: u64) -> Result<Table, Full> {
        let intervals = self.end;
        let mut lines = Vec::with_capacity(entries.len());
        let (mut first, mut last) = (None, 0);
        flatten(entries, |interval: Interval| {
            first.get_or_insert(interval.first);
            last = interval.last;
            lines.push(interval.line);
            self.push(interval.first)?;
            self.push(interval.last)
        })?;
        let count = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        // Without an interval, no key is between these.
        let first = first.unwrap_or(u64::MAX);
        let shift = shift(last.saturating_sub(first), count);
        let index = self.index(intervals, &lines, first, last, shift)?;
        let lines_at = self.halves(lines.iter().copied())?;
        Ok(Table {
            intervals,
            index,
            lines: lines_at,
            count,
            first,
            last,
            shift,
            entries: u64::try_from(entries.len()).unwrap_or(u64::MAX),
            modified,
        })
    }

    /// Writes the index. Each part, and the end of the last one, has the number of intervals that begin before it.
    fn index(
        &mut self,
        intervals: usize,
        lines: &[u32],
        first: u64,
        last: u64,
        shift: u64,
    ) -> Result<usize, Full> {
        if lines.is_empty() {
            return Ok(self.end);
        }
        let image = Image(self.words);
        let begin = |interval: usize| image.word(intervals + 2 * interval);
        let parts = ((last - first) >> shift) + 1;
        let mut before = 0;
        let counts = (0..=parts).map(|part| {
            let limit = u128::from(first) + (u128::from(part) << shift);
            while before < lines.len() && u128::from(begin(before)) < limit {
                before += 1;
            }
            u32::try_from(before).unwrap_or(u32::MAX)
        });
        self.halves(counts)
    }

    fn halves(&mut self, values: impl Iterator<Item = u32>) -> Result<usize, Full> {
        let start = self.end;
        let mut low = None;
        for value in values {
            match low.take() {
                None => low = Some(u64::from(value)),
                Some(low) => self.push(low | u64::from(value) << 32)?,
            }
        }
        low.map_or(Ok(()), |low| self.push(low))?;
        Ok(start)
    }

    fn push(&mut self, value: u64) -> Result<(), Full> {
        let word = self.words.get(self.end).ok_or(Full)?;
        word.store(value, Relaxed);
        self.end += 1;
        Ok(())
    }
}

/// The smallest shift that gives no more parts than intervals.
fn shift(span: u64, count: u64) -> u64 {
    let mut shift = 0;
    while span >> shift >= count.max(1) {
        shift += 1;
    }
    shift
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
