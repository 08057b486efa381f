// SPDX-License-Identifier: GPL-2.0-or-later
//! The slots of the queue.

use std::io;
use std::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};
use std::sync::atomic::{AtomicU32, AtomicU64};

use super::slot::Slot;
use super::state::{Phase, State};
use super::ticket::Ticket;
use crate::os::shared::SharedSlice;

/// Slots with a state each. Every step is one atomic change of a state word; the thread that made it may access the slot.
#[derive(Debug)]
pub(super) struct Slots {
    /// Apart from the slots, so that a search for a state touches little memory.
    states: SharedSlice<AtomicU64>,
    slots: SharedSlice<Slot>,
}

impl Slots {
    /// `slots` slots, all free. An error if there is no memory for them.
    pub(super) fn new(slots: usize) -> io::Result<Self> {
        Ok(Self {
            states: SharedSlice::new(slots)?,
            slots: SharedSlice::new(slots)?,
        })
    }

    /// Changes the first slot in state `from` to state `to`. The search begins after the slot that was found last.
    pub(super) fn find(
        &self,
        cursor: &AtomicU32,
        from: Phase,
        to: Phase,
    ) -> Option<(Ticket, &Slot)> {
        let start = usize::try_from(cursor.load(Relaxed)).unwrap_or(0);
        let (behind, ahead) = self.states.split_at_checked(start)?;
        let slots = (start..).zip(ahead).chain((0..).zip(behind));
        for (place, state) in slots {
            let seen = State::from_shared(state.load(Relaxed));
            if seen.phase != from {
                continue;
            }
            let ticket = Ticket {
                place: u32::try_from(place).ok()?,
                use_count: seen.use_count,
            };
            if self.change(ticket, from, to) {
                let next = if place + 1 == self.states.len() {
                    0
                } else {
                    ticket.place + 1
                };
                cursor.store(next, Relaxed);
                return Some((ticket, self.slots.get(place)?));
            }
        }
        None
    }

    /// Whether any slot is in this state.
    pub(super) fn has(&self, phase: Phase) -> bool {
        self.all().any(|(_, seen, _)| seen.phase == phase)
    }

    /// All slots with their states as they are now.
    pub(super) fn all(&self) -> impl Iterator<Item = (Ticket, State, &Slot)> {
        let slots = (0..).zip(self.states.iter()).zip(self.slots.iter());
        slots.map(|((place, state), slot)| {
            let seen = State::from_shared(state.load(SeqCst));
            let ticket = Ticket {
                place,
                use_count: seen.use_count,
            };
            (ticket, seen, slot)
        })
    }

    /// The slot of a ticket, whatever its state.
    pub(super) fn slot(&self, ticket: Ticket) -> Option<&Slot> {
        self.slots.get(ticket.index())
    }

    /// State and slot of a ticket. `None` if the slot has been freed since.
    pub(super) fn seen(&self, ticket: Ticket) -> Option<(State, &Slot)> {
        let state = self.states.get(ticket.index())?;
        let seen = State::from_shared(state.load(Acquire));
        let slot = self.slot(ticket)?;
        (seen.use_count == ticket.use_count).then_some((seen, slot))
    }

    /// Changes a slot's state. False if it is not (any more) in state `from`, or has been freed since.
    pub(super) fn change(&self, ticket: Ticket, from: Phase, to: Phase) -> bool {
        let Some(state) = self.states.get(ticket.index()) else {
            return false;
        };
        let seen = State {
            phase: from,
            use_count: ticket.use_count,
        };
        state
            .compare_exchange(seen.to_shared(), seen.into(to).to_shared(), SeqCst, Acquire)
            .is_ok()
    }
}
