// SPDX-License-Identifier: GPL-2.0-or-later
//! Lookups that no SIP worker waits for.
//!
//! A SIP worker puts a question on the queue and goes on; a thread of a threads takes it, looks it up as a worker does, and tells
//! whoever is to go on with the call. The queue is memory that processes may share, so the threads may be of another process.
//! Every question is answered by its deadline: by the threads, or by [`Pool::next`] where the threads is late or dead.

mod log_queue;
mod progress;
mod queue;
mod slot;
mod slots;
mod state;
mod thread_ids;
mod threads;
mod ticket;
mod waiters;
mod wake;

use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::clock::Moment;
use crate::config::Timeout;
use crate::counters::Counters;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::log::Log;
use crate::number::Number;
use crate::os::process::InWorker;
use crate::os::shared::Shared;
use crate::policy::LookupOutcome;
use crate::worker::PendingLookup;

use self::log_queue::LogQueue;
use self::queue::{Collected, Queue};
use self::threads::Threads;
pub use self::{ticket::Ticket, wake::Wake};

/// The questions that wait for their answers, and in one process the threads that find them.
#[derive(Debug)]
pub struct Pool {
    queue: Queue,
    lookups: usize,
    timeout: Timeout,
    /// The queue's clock, the same for all processes.
    start: Instant,
    /// When the threads's process was last seen alive: a moment of the engine's clock.
    alive: Shared<AtomicU64>,
    /// When this process is to look for questions that are late, in nanoseconds of the queue's clock.
    due: AtomicU64,
    threads: OnceLock<Threads>,
    log_queue: LogQueue,
}

/// What happened while somebody waited for [`Pool::next`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// A question has been answered: its [`Wake::Poll`].
    Answered(u64),
    /// None was.
    Nothing,
    /// None was, and the threads's process has not moved for seconds.
    Stalled,
}

/// An answer that was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completed {
    /// The calling number.
    pub number: Number,
    /// What was found out.
    pub outcome: LookupOutcome,
    /// What it adds to the statistics.
    pub counters: Counters,
    /// The time since the call began.
    pub took: Duration,
}

impl Pool {
    /// A queue for as many questions as `async_lookups` and `async_queue` say. Processes share it if it is made before fork.
    pub fn new(engine: &Engine) -> io::Result<Self> {
        let config = &engine.config.async_limits;
        Ok(Self {
            queue: Queue::new(config.lookups + config.queue, config.lookups)?,
            lookups: config.lookups,
            timeout: engine.config.timeout,
            start: Instant::now(),
            alive: Shared::new()?,
            due: AtomicU64::new(0),
            threads: OnceLock::new(),
            log_queue: LogQueue::default(),
        })
    }

    /// Makes lookups in this process from now on, in threads: `async_lookups` at most, as they are needed. A second time it
    /// does nothing. An error if there can be no thread now: it may be tried again.
    pub fn serve(self: &Arc<Self>, proof: InWorker, engine: &'static Engine) -> io::Result<()> {
        self.note_alive(engine);
        let threads = || Threads::new(proof, engine, self.lookups);
        self.threads.get_or_init(threads).start(self)
    }

    /// Whether this process makes the lookups.
    #[must_use]
    pub fn is_served(&self) -> bool {
        self.threads.get().is_some_and(Threads::is_running)
    }

    /// Writes to the log what the threads has to say, and tells the other processes that this one lives. Waits for a line for
    /// `span` at most.
    pub fn flush_log(&self, engine: &Engine, log: &dyn Log, span: Duration) {
        self.note_alive(engine);
        self.log_queue.write(log, span);
    }

    /// Puts a question on the queue, not handed over yet. `None`: the queue is full.
    #[must_use]
    pub fn reserve(&self, lookup: &PendingLookup, started: Instant) -> Option<Ticket> {
        self.queue.reserve(lookup, self.nanoseconds(started))
    }

    /// Hands it over. False if it is not on the queue any more.
    pub fn submit(&self, ticket: Ticket, wake: Wake) -> bool {
        self.queue.submit(ticket, wake)
    }

    /// Waits for a question that has been answered, or should have been; for `span` at most. One process calls this.
    pub fn next(&self, engine: &Engine, span: Duration) -> Next {
        let end = Instant::now() + span;
        loop {
            let now = Instant::now();
            // Also while answers come without a pause: those that are late are answers too.
            if self.until_look(now).is_zero() && self.look(engine, now) == Next::Stalled {
                return Next::Stalled;
            }
            let seen = self.queue.sequence();
            if let Some(word) = self.queue.next() {
                return Next::Answered(word);
            }
            let Some(left) = end.checked_duration_since(now) else {
                return Next::Nothing;
            };
            self.queue.wait(seen, left.min(self.until_look(now)));
        }
    }

    fn until_look(&self, now: Instant) -> Duration {
        let due = self.due.load(Relaxed);
        Duration::from_nanos(due.saturating_sub(self.nanoseconds(now)))
    }

    /// Answers what should have been answered, and looks whether the threads moves.
    fn look(&self, engine: &Engine, now: Instant) -> Next {
        let allowed = nanoseconds(self.timeout.span() + GRACE);
        let now_nanoseconds = self.nanoseconds(now);
        // What is not answered then never will be.
        let oldest = self.queue.expire(now_nanoseconds.saturating_sub(allowed));
        // A question that comes to the queue after this began half a timeout before it at the most.
        let interval = (self.timeout.span() / 2).min(SECOND);
        let latest = now_nanoseconds.saturating_add(nanoseconds(interval));
        let due = oldest.map_or(latest, |began| latest.min(began.saturating_add(allowed)));
        self.due.store(due, Relaxed);
        if self.is_stalled(engine, now) {
            Next::Stalled
        } else {
            Next::Nothing
        }
    }

    /// Answers what the threads had taken: its process is dead.
    pub fn server_died(&self) {
        self.alive.store(0, Release);
        self.queue.server_died();
    }

    /// What was found out. If it is not there yet, it is waited for until the deadline, if the caller `may_wait`; then the
    /// question is given up. `None` if it is not on the queue.
    pub fn collect(&self, ticket: Ticket, may_wait: bool) -> Option<Completed> {
        let started = self.started(ticket)?;
        let latest = started + self.timeout.span() + GRACE;
        let end = if may_wait { latest } else { Instant::now() };
        loop {
            let seen = self.queue.sequence();
            let (number, outcome, counters) = match self.queue.collect(ticket) {
                Collected::Done(number, outcome, counters) => (number, outcome, counters),
                Collected::Gone => return None,
                Collected::Pending => {
                    if let Some(left) = end.checked_duration_since(Instant::now()) {
                        // It may be a moment: whoever answers wakes first, and writes the last word then.
                        self.queue.wait(seen, left.min(MOMENT));
                        continue;
                    }
                    let Some((lookup, failure)) = self.queue.abandon(ticket) else {
                        std::thread::yield_now();
                        continue;
                    };
                    let (outcome, counters) = lookup.unanswered(failure);
                    (lookup.number, outcome, counters)
                }
            };
            return Some(Completed {
                number,
                outcome,
                counters,
                took: started.elapsed(),
            });
        }
    }

    /// Takes a question off the queue that cannot be waited for, and says what is known without an answer. `None` if it is not
    /// on the queue, or was answered.
    pub fn shed(&self, ticket: Ticket) -> Option<Completed> {
        let started = self.started(ticket)?;
        let (lookup, _) = self.queue.abandon(ticket)?;
        let (outcome, counters) = lookup.unanswered(Failure::Shed);
        Some(Completed {
            number: lookup.number,
            outcome,
            counters,
            took: started.elapsed(),
        })
    }

    /// Takes a question off the queue whose answer nobody waits for.
    pub fn abandon(&self, ticket: Ticket) {
        if self.queue.abandon(ticket).is_none() {
            let _ = self.queue.collect(ticket);
        }
    }

    fn note_alive(&self, engine: &Engine) {
        let now = engine.clock.at(Instant::now());
        self.alive.store(now.to_shared(), Release);
    }

    fn is_stalled(&self, engine: &Engine, now: Instant) -> bool {
        let seen = Moment::from_shared(self.alive.load(Acquire));
        seen.is_some_and(|seen| engine.clock.at(now).since(seen) > STALLED)
    }

    fn started(&self, ticket: Ticket) -> Option<Instant> {
        let started = self.queue.started(ticket)?;
        Some(self.start + Duration::from_nanos(started))
    }

    fn nanoseconds(&self, at: Instant) -> u64 {
        nanoseconds(at.saturating_duration_since(self.start))
    }
}

fn nanoseconds(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// What the threads may be late.
const GRACE: Duration = Duration::from_millis(25);

/// How often somebody who waits looks whether the threads moves, at least.
const SECOND: Duration = Duration::from_secs(1);

const MOMENT: Duration = Duration::from_millis(1);

/// The threads's process says every second that it lives.
const STALLED: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
