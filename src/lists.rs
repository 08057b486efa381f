// SPDX-License-Identifier: GPL-2.0-or-later
//! Lists of calling numbers: allowed, denied, and those that never call (do not originate).
//!
//! The lists of all configurations are read from files at start and by `reload`, and searched in memory that all processes share.
//! A search takes a fraction of a microsecond and needs neither an API key nor the API.

mod age;
mod entry;
mod file;
mod image;
mod intervals;
mod shared;

use std::fmt;
use std::io;
use std::time::{Duration, SystemTime};

use self::age::{Ages, DnoList};
use self::file::Contents;
use self::image::{Image, Table};
use self::shared::{NotPublished, SharedImages};
use crate::clock::Moment;
use crate::config::{ListConfig, ListFile};
use crate::number::Number;
use crate::os::heap;
use crate::reason;

pub use self::file::BadList;

/// The lists of a server, in shared memory.
#[derive(Debug)]
pub struct Lists {
    files: Vec<ListFile>,
    images: SharedImages,
    ages: Ages,
}

/// Which of the lists one configuration uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    allow: Option<u16>,
    deny: Option<u16>,
    dno: Option<u16>,
}

/// The list that decides about a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// `allow_list`. It has priority over the others.
    Allow,
    /// `deny_list`.
    Deny,
    /// `dno_list`.
    Dno,
}

/// The longest match of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match<'a> {
    /// The file.
    pub file: &'a ListFile,
    /// Its line.
    pub line: u32,
}

/// The lists of one configuration, for an operator. `None` where there is no such list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Entries of `allow_list`.
    pub allow: Option<u64>,
    /// Entries of `deny_list`.
    pub deny: Option<u64>,
    /// Entries of `dno_list`.
    pub dno: Option<u64>,
    /// How long ago the file of `dno_list` was changed before it was read.
    pub dno_age: Option<Duration>,
}

/// Why there are no lists.
#[derive(Debug)]
pub enum NoLists {
    /// A file cannot be used.
    Bad(BadList),
    /// There is no shared memory.
    Memory(io::Error),
}

/// The files as they were read, for [`Lists::replace`].
pub struct Fresh(Vec<Contents>);

impl Listed {
    /// The value of `$avp(nol_reason)`.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Allow => reason::ALLOW_LIST,
            Self::Deny => reason::DENY_LIST,
            Self::Dno => reason::DNO,
        }
    }
}

impl Lists {
    /// Reads the files of all configurations. A file that several name is read once. It may grow later: there is room for
    /// four times as many entries, and for [`LEAST_WORDS`] of memory at least.
    pub fn new<'a>(configs: impl IntoIterator<Item = &'a ListConfig>) -> Result<Self, NoLists> {
        Self::with_room(configs, LEAST_WORDS)
    }

    fn with_room<'a>(
        configs: impl IntoIterator<Item = &'a ListConfig>,
        least_words: usize,
    ) -> Result<Self, NoLists> {
        let mut files: Vec<ListFile> = Vec::new();
        let mut dno = Vec::new();
        for config in configs {
            for file in config.files() {
                if !files.iter().any(|known| known.path == file.path) {
                    files.push(file.clone());
                }
            }
            if let Some(place) = place(&files, config.dno.as_ref()) {
                let max_age = config.dno_max_age;
                let list = DnoList { place, max_age };
                // Profiles mostly have the list of the module.
                if !dno.contains(&list) {
                    dno.push(list);
                }
            }
        }
        let fresh = Fresh::read(&files).map_err(NoLists::Bad)?;
        let counts: Vec<_> = fresh.0.iter().map(|list| list.entries.len()).collect();
        let words = match Image::most_words(&counts) {
            0 => 0,
            words => (4 * words).max(least_words),
        };
        let lists = Self {
            files,
            images: SharedImages::new(words).map_err(NoLists::Memory)?,
            ages: Ages::new(dno).map_err(NoLists::Memory)?,
        };
        // It fits, and no other process knows it.
        let _ = lists.replace(&fresh);
        Ok(lists)
    }

    /// Reads the files again. The lists in use stay.
    pub fn read_again(&self) -> Result<Fresh, BadList> {
        Fresh::read(&self.files)
    }

    /// Replaces the lists in all processes. No search waits for it. `Err` says in one line why the lists in use stay.
    pub fn replace(&self, fresh: &Fresh) -> Result<(), String> {
        if self.files.is_empty() {
            return Ok(());
        }
        // What the writer needs beside them. Without it a lack of memory would end the process.
        let entries = fresh.0.iter().map(|contents| contents.entries.len());
        if !heap::has_room(entries.max().unwrap_or(0) * BYTES_TO_WRITE) {
            return Err("there is no memory to arrange the lists".to_owned());
        }
        let write = |words: &[_]| Image::write(words, &fresh.0);
        self.images.publish(write).map_err(|why| match why {
            NotPublished::Full => {
                "the lists have grown beyond the memory that was reserved for them at start: restart the server"
                    .to_owned()
            }
            NotPublished::Busy(pid) => format!("process {pid} is replacing the lists just now"),
        })
    }

    /// The lists of one of the configurations that [`Lists::new`] was given.
    #[must_use]
    pub fn selection(&self, config: &ListConfig) -> Selection {
        let place = |file: &Option<ListFile>| place(&self.files, file.as_ref());
        Selection {
            allow: place(&config.allow),
            deny: place(&config.deny),
            dno: place(&config.dno),
        }
    }

    /// Which list decides about a number. An allow has priority over the others, a deny over a do-not-originate.
    #[must_use]
    pub fn find(&self, number: &Number, selection: Selection) -> Option<Listed> {
        if selection == Selection::default() {
            return None;
        }
        let key = entry::key(number.as_str());
        let has = |image: Image<'_>, place: Option<u16>| {
            place.is_some_and(|place| {
                let table = image.table(place.into());
                image.find(&table, key).is_some()
            })
        };
        let Selection { allow, deny, dno } = selection;
        let lists = [
            (allow, Listed::Allow),
            (deny, Listed::Deny),
            (dno, Listed::Dno),
        ];
        let found = self.images.read(|image| {
            let mut lists = lists.iter();
            lists.find(|(place, _)| has(image, *place)).copied()
        });
        found.flatten().map(|(_, listed)| listed)
    }

    /// The line that makes a list decide about a number: the longest match.
    #[must_use]
    pub fn line(&self, number: &Number, listed: Listed, selection: Selection) -> Option<Match<'_>> {
        let place = match listed {
            Listed::Allow => selection.allow,
            Listed::Deny => selection.deny,
            Listed::Dno => selection.dno,
        }?;
        let key = entry::key(number.as_str());
        let line = self.images.read(|image| {
            let table = image.table(place.into());
            let interval = image.find(&table, key)?;
            Some(image.line(&table, interval))
        });
        Some(Match {
            file: self.files.get(usize::from(place))?,
            line: line.flatten()?,
        })
    }

    /// The size of the lists of a configuration.
    #[must_use]
    pub fn summary(&self, selection: Selection, now: SystemTime) -> Summary {
        let table = |place: Option<u16>| self.table(place?);
        let dno = table(selection.dno);
        Summary {
            allow: table(selection.allow).map(|table| table.entries),
            deny: table(selection.deny).map(|table| table.entries),
            dno: dno.map(|table| table.entries),
            dno_age: dno.map(|table| table.age(now)),
        }
    }
}

impl Lists {
    /// The age of the oldest do-not-originate list.
    #[must_use]
    pub fn dno_age(&self, now: SystemTime) -> Option<Duration> {
        let ages = self.ages.lists.iter();
        ages.filter_map(|list| Some(self.table(list.place)?.age(now)))
            .max()
    }

    /// Lines about lists that are empty or too old, after the files were read.
    #[must_use]
    pub fn warnings(&self, now: SystemTime) -> Vec<String> {
        let places = (0..).zip(&self.files);
        let empty =
            places.filter(|(place, _)| self.table(*place).is_some_and(|table| table.entries == 0));
        let empty = empty.map(|(_, file)| format!("{file} is empty"));
        empty.chain(self.too_old(now)).collect()
    }

    /// The lines about lists that are too old, once a day in one of all processes.
    #[must_use]
    pub fn daily_warnings(&self, moment: Moment, now: impl FnOnce() -> SystemTime) -> Vec<String> {
        if self.ages.is_due(moment) {
            self.too_old(now()).collect()
        } else {
            Vec::new()
        }
    }

    fn too_old(&self, now: SystemTime) -> impl Iterator<Item = String> {
        self.ages.lists.iter().filter_map(move |list| {
            let age = self.table(list.place)?.age(now);
            let file = self.files.get(usize::from(list.place))?;
            let max_age = list.max_age.filter(|max_age| age > *max_age)?;
            let days = |span: Duration| span.as_secs() / (24 * 3600);
            Some(format!(
                "{file} is {} days old, more than dno_max_age ({} days): numbers on it may be in use again",
                days(age),
                days(max_age)
            ))
        })
    }

    fn table(&self, place: u16) -> Option<Table> {
        self.images.read(|image| image.table(place.into()))
    }
}

fn place(files: &[ListFile], file: Option<&ListFile>) -> Option<u16> {
    let path = &file?.path;
    let place = files.iter().position(|known| known.path == *path)?;
    u16::try_from(place).ok()
}

impl fmt::Display for NoLists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bad(bad) => bad.fmt(f),
            Self::Memory(error) => write!(f, "no shared memory for the lists: {error}"),
        }
    }
}

impl Fresh {
    fn read(files: &[ListFile]) -> Result<Self, BadList> {
        let contents: Result<_, _> = files.iter().map(file::read).collect();
        // The files that were read before the bad one left their holes too.
        contents.map(Self).inspect_err(|_| heap::trim())
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        // A million entries leave a hole of many megabytes in the heap. Without lists nothing does.
        if !self.0.is_empty() {
            self.0 = Vec::new();
            heap::trim();
        }
    }
}

/// Bytes that the writer needs for an entry: twice its line, and a place among the entries that overlap.
const BYTES_TO_WRITE: usize = 48;

/// The least memory that is reserved for lists that grow: 64 MiB, room for at least a million entries.
pub const LEAST_WORDS: usize = 8 * 1024 * 1024;

#[cfg(test)]
mod tests;
