// SPDX-License-Identifier: GPL-2.0-or-later
//! Two places for an image, in memory that all processes of a server share: one is read while the other is written.
//!
//! The memory is reserved before fork, so it needs no file, name or descriptor: every process has it, also one that is forked
//! later, whatever its user, root directory and limits. A part of it that was never written costs nothing.
//!
//! A reader takes the number of the generation, reads the image of that generation, and takes the number again. The image is
//! overwritten only after the next generation was published. So a reader that sees the same number twice has read one image; one
//! that does not reads again. No reader waits, and no writer waits for readers.
//!
//! A writer claims the right to write. One that dies leaves its claim, which the next writer takes over, and a part of an image
//! that nobody reads.

use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::fence;

use super::image::{Full, Image};
use crate::os::process::ProcessId;
use crate::os::shared::{Shared, SharedSlice, shareable};

shareable! {
    struct Control {
        /// How many images have been published. The last one is in the place of this number's lowest bit.
        generation: AtomicU64,
        /// The process that writes, or 0.
        writer: AtomicU64,
    }
}

/// The places.
#[derive(Debug)]
pub(super) struct SharedImages {
    places: [SharedSlice<AtomicU64>; 2],
    control: Shared<Control>,
}

/// Why an image was not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotPublished {
    /// It does not fit.
    Full,
    /// Another process writes.
    Busy(u32),
}

impl SharedImages {
    /// Reserves memory for two images of `words` words.
    pub(super) fn new(words: usize) -> io::Result<Self> {
        Ok(Self {
            places: [SharedSlice::new(words)?, SharedSlice::new(words)?],
            control: Shared::new()?,
        })
    }

    /// Reads the current image. `None` if it was replaced each time, which takes as many reloads within one search.
    pub(super) fn read<T>(&self, read: impl Fn(Image<'_>) -> T) -> Option<T> {
        (0..TRIES).find_map(|_| {
            let before = self.control.generation.load(Acquire);
            let found = read(Image(self.place(before)));
            // Pairs with the fence of `publish`: a word of a later image shows in `generation`.
            fence(Acquire);
            (self.control.generation.load(Relaxed) == before).then_some(found)
        })
    }

    /// Writes an image and makes it the current one. The memory of the earlier one is given back.
    pub(super) fn publish(
        &self,
        write: impl FnOnce(&[AtomicU64]) -> Result<usize, Full>,
    ) -> Result<(), NotPublished> {
        let claim = Claim::new(&self.control.writer)?;
        let generation = self.control.generation.load(Acquire) + 1;
        // No word becomes visible before the generation that freed its place.
        fence(Release);
        let place = self.place(generation);
        let written = write(place);
        if written.is_ok() {
            self.control.generation.store(generation, Release);
        }
        // What is not current: the earlier image, or a part of one that does not fit.
        let useless = if written.is_ok() {
            generation - 1
        } else {
            generation
        };
        fence(Release);
        self.slice(useless).give_back();
        drop(claim);
        written.map(|_| ()).map_err(|Full| NotPublished::Full)
    }

    fn place(&self, generation: u64) -> &[AtomicU64] {
        self.slice(generation)
    }

    fn slice(&self, generation: u64) -> &SharedSlice<AtomicU64> {
        let [even, odd] = &self.places;
        if generation.is_multiple_of(2) {
            even
        } else {
            odd
        }
    }
}

/// The right to write, until it is dropped or its process ends.
struct Claim<'a>(&'a AtomicU64);

impl<'a> Claim<'a> {
    fn new(writer: &'a AtomicU64) -> Result<Self, NotPublished> {
        let ours = ProcessId::ours().to_shared();
        let seen = writer.load(Acquire);
        let other = ProcessId::from_shared(seen);
        if let Some(other) = other.filter(|other| other.is_alive()) {
            return Err(NotPublished::Busy(other.pid()));
        }
        writer
            .compare_exchange(seen, ours, AcqRel, Acquire)
            .map(|_| Self(writer))
            .map_err(|word| {
                NotPublished::Busy(ProcessId::from_shared(word).map_or(0, ProcessId::pid))
            })
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.0.store(0, Release);
    }
}

/// How often a reader reads an image that is replaced meanwhile.
const TRIES: usize = 8;
