// SPDX-License-Identifier: GPL-2.0-or-later
//! Lookups that no SIP worker waits for.
//!
//! A SIP worker puts a question on the desk and goes on; a thread of a crew takes it, looks it up as a worker does, and tells
//! whoever is to go on with the call. The desk is memory that processes may share, so the crew may be of another process.
//! Every question is answered by its deadline: by the crew, or by [`Pool::next`] where the crew is late or dead.

mod badges;
mod counts;
mod crew;
mod desk;
mod lines;
mod places;
mod sleepers;
mod slot;
mod state;
mod ticket;
mod wake;

use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::clock::Moment;
use crate::config::Timeout;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::ffi::shared::Shared;
use crate::log::Log;
use crate::number::Number;
use crate::policy::Finding;
use crate::tally::Tally;
use crate::worker::{InWorker, Inquiry};

use self::crew::Crew;
use self::desk::{Collected, Desk};
use self::lines::Lines;
pub use self::{ticket::Ticket, wake::Wake};

/// The questions that wait for their answers, and in one process the threads that find them.
#[derive(Debug)]
pub struct Pool {
    desk: Desk,
    lookups: usize,
    timeout: Timeout,
    /// The desk's clock, the same for all processes.
    start: Instant,
    /// When the crew's process was last seen alive: a moment of the engine's clock.
    alive: Shared<AtomicU64>,
    /// When this process is to look for questions that are late, in nanoseconds of the desk's clock.
    due: AtomicU64,
    crew: OnceLock<Crew>,
    lines: Lines,
}

/// What happened while somebody waited for [`Pool::next`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// A question has been answered: its [`Wake::Bell`].
    Answered(u64),
    /// None was.
    Nothing,
    /// None was, and the crew's process has not moved for seconds.
    Stalled,
}

/// An answer that was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The calling number.
    pub number: Number,
    /// What was found out.
    pub finding: Finding,
    /// What it adds to the statistics.
    pub tally: Tally,
    /// The time since the call began.
    pub took: Duration,
}

impl Pool {
    /// A desk for as many questions as `async_lookups` and `async_queue` say. Processes share it if it is made before fork.
    pub fn new(engine: &Engine) -> io::Result<Self> {
        let config = &engine.config.waiting;
        Ok(Self {
            desk: Desk::new(config.lookups + config.queue, config.lookups)?,
            lookups: config.lookups,
            timeout: engine.config.timeout,
            start: Instant::now(),
            alive: Shared::new()?,
            due: AtomicU64::new(0),
            crew: OnceLock::new(),
            lines: Lines::default(),
        })
    }

    /// Makes lookups in this process from now on, in threads: `async_lookups` at most, as they are needed. A second time it
    /// does nothing. An error if there can be no thread now: it may be tried again.
    pub fn serve(self: &Arc<Self>, proof: InWorker, engine: &'static Engine) -> io::Result<()> {
        self.note_alive(engine);
        let crew = || Crew::new(proof, engine, self.lookups);
        self.crew.get_or_init(crew).start(self)
    }

    /// Whether this process makes the lookups.
    #[must_use]
    pub fn is_served(&self) -> bool {
        self.crew.get().is_some_and(Crew::is_there)
    }

    /// Writes to the log what the crew has to say, and tells the other processes that this one lives. Waits for a line for
    /// `span` at most.
    pub fn say(&self, engine: &Engine, log: &dyn Log, span: Duration) {
        self.note_alive(engine);
        self.lines.write(log, span);
    }

    /// Puts a question on the desk, not handed over yet. `None`: the queue is full.
    #[must_use]
    pub fn reserve(&self, inquiry: &Inquiry, started: Instant) -> Option<Ticket> {
        self.desk.reserve(inquiry, self.nanoseconds(started))
    }

    /// Hands it over. False if it is not on the desk any more.
    pub fn submit(&self, ticket: Ticket, wake: Wake) -> bool {
        self.desk.submit(ticket, wake)
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
            let bell = self.desk.bell();
            if let Some(word) = self.desk.next() {
                return Next::Answered(word);
            }
            let Some(left) = end.checked_duration_since(now) else {
                return Next::Nothing;
            };
            self.desk.listen(bell, left.min(self.until_look(now)));
        }
    }

    fn until_look(&self, now: Instant) -> Duration {
        let due = self.due.load(Relaxed);
        Duration::from_nanos(due.saturating_sub(self.nanoseconds(now)))
    }

    /// Answers what should have been answered, and looks whether the crew moves.
    fn look(&self, engine: &Engine, now: Instant) -> Next {
        let allowed = nanoseconds(self.timeout.span() + GRACE);
        let now_nanoseconds = self.nanoseconds(now);
        // What is not answered then never will be.
        let oldest = self.desk.expire(now_nanoseconds.saturating_sub(allowed));
        // A question that comes to the desk after this began half a timeout before it at the most.
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

    /// Answers what the crew had taken: its process is dead.
    pub fn lost(&self) {
        self.alive.store(0, Release);
        self.desk.lost();
    }

    /// What was found out. If it is not there yet, it is waited for until the deadline, if the caller `may_wait`; then the
    /// question is given up. `None` if it is not on the desk.
    pub fn collect(&self, ticket: Ticket, may_wait: bool) -> Option<Outcome> {
        let started = self.started(ticket)?;
        let latest = started + self.timeout.span() + GRACE;
        let end = if may_wait { latest } else { Instant::now() };
        loop {
            let bell = self.desk.bell();
            let (number, finding, tally) = match self.desk.collect(ticket) {
                Collected::Done(number, finding, tally) => (number, finding, tally),
                Collected::Gone => return None,
                Collected::Pending => {
                    if let Some(left) = end.checked_duration_since(Instant::now()) {
                        // It may be a moment: whoever answers wakes first, and writes the last word then.
                        self.desk.listen(bell, left.min(MOMENT));
                        continue;
                    }
                    let Some((inquiry, failure)) = self.desk.forsake(ticket) else {
                        std::thread::yield_now();
                        continue;
                    };
                    let (finding, tally) = inquiry.unanswered(failure);
                    (inquiry.number, finding, tally)
                }
            };
            return Some(Outcome {
                number,
                finding,
                tally,
                took: started.elapsed(),
            });
        }
    }

    /// Takes a question off the desk that cannot be waited for, and says what is known without an answer. `None` if it is not
    /// on the desk, or was answered.
    pub fn shed(&self, ticket: Ticket) -> Option<Outcome> {
        let started = self.started(ticket)?;
        let (inquiry, _) = self.desk.forsake(ticket)?;
        let (finding, tally) = inquiry.unanswered(Failure::Shed);
        Some(Outcome {
            number: inquiry.number,
            finding,
            tally,
            took: started.elapsed(),
        })
    }

    /// Takes a question off the desk whose answer nobody waits for.
    pub fn forsake(&self, ticket: Ticket) {
        if self.desk.forsake(ticket).is_none() {
            let _ = self.desk.collect(ticket);
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
        let started = self.desk.started(ticket)?;
        Some(self.start + Duration::from_nanos(started))
    }

    fn nanoseconds(&self, at: Instant) -> u64 {
        nanoseconds(at.saturating_duration_since(self.start))
    }
}

fn nanoseconds(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// What the crew may be late.
const GRACE: Duration = Duration::from_millis(25);

/// How often somebody who waits looks whether the crew moves, at least.
const SECOND: Duration = Duration::from_secs(1);

const MOMENT: Duration = Duration::from_millis(1);

/// The crew's process says every second that it lives.
const STALLED: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
