// SPDX-License-Identifier: GPL-2.0-or-later
//! Calls that no thread answers: answered here.

use super::{Phase, Queue};
use crate::counters::Counters;
use crate::failure::Failure;
use crate::policy::LookupOutcome;
use crate::pool::nanoseconds;
use crate::pool::slot::Slot;
use crate::worker::Known;

impl Queue {
    /// Answers all calls whose timeout was over before `limit`, in nanoseconds of the queue's clock. Returns when the next of the rest
    /// is over, if there is one.
    pub(in crate::pool) fn expire(&self, limit: u64) -> Option<u64> {
        let unanswered = self.slots.all().filter_map(|(ticket, seen, slot)| {
            let failure = match seen.phase {
                Phase::Queued => Failure::TimeoutQueue,
                Phase::Taken => Failure::TimeoutResponse,
                _ => return None,
            };
            let lookup = slot.lookup()?;
            let over = slot
                .started()
                .saturating_add(nanoseconds(lookup.timeout.span()));
            let (outcome, counters) = lookup.unanswered(failure);
            // If it is not concluded, a thread has taken it just now, and may be late too.
            let answered =
                over < limit && self.conclude(ticket, seen.phase, &outcome, counters, slot.wake());
            (!answered).then_some(over)
        });
        unanswered.min()
    }

    /// Answers all calls that no thread has taken, with [`Failure::Shed`]: no process takes them.
    pub(in crate::pool) fn shed_queued(&self) {
        for (ticket, seen, slot) in self.slots.all() {
            if seen.phase != Phase::Queued {
                continue;
            }
            if let Some(lookup) = slot.lookup() {
                let (outcome, counters) = lookup.unanswered(Failure::Shed);
                self.conclude(ticket, Phase::Queued, &outcome, counters, slot.wake());
            }
        }
    }

    /// Answers the calls that the threads of a dead process had taken, with [`Failure::Internal`]. Only the process that
    /// delivers the answers may call this, after the death.
    pub(in crate::pool) fn server_died(&self) {
        self.threads.forget();
        let undelivered = self
            .slots
            .all()
            .filter(|(_, seen, _)| seen.phase == Phase::Answered);
        let undelivered = u32::try_from(undelivered.count()).unwrap_or(u32::MAX);
        self.progress.recount(undelivered);
        for (ticket, seen, slot) in self.slots.all() {
            match seen.phase {
                // The dead process cannot answer it, and this process is the only other one that may.
                Phase::Taken | Phase::Answering => {
                    let (outcome, counters) = unfinished(slot, seen.phase);
                    self.conclude(ticket, seen.phase, &outcome, counters, slot.wake());
                }
                Phase::Abandoned => {
                    self.slots.change(ticket, Phase::Abandoned, Phase::Free);
                }
                _ => {}
            }
        }
    }
}

/// The outcome of a lookup whose thread died in this phase.
fn unfinished(slot: &Slot, phase: Phase) -> (LookupOutcome, Counters) {
    match slot.lookup() {
        // While the outcome was written, an earlier answer may have become half of another. What is settled stays the same.
        Some(lookup) if phase == Phase::Taken || matches!(lookup.known, Known::Settled(..)) => {
            lookup.unanswered(Failure::Internal)
        }
        _ => (
            LookupOutcome::Failed(Failure::Internal),
            Counters::default(),
        ),
    }
}
