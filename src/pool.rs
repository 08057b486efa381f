// SPDX-License-Identifier: GPL-2.0-or-later
//! Lookups that no SIP worker waits for.
//!
//! A SIP worker puts a question into the queue and continues with other calls. A thread of the pool takes the question, looks it
//! up as a worker does, and wakes the process that resumes the call. The queue is memory that processes may share, so the threads
//! may belong to another process.
//!
//! * Every question is answered by its deadline: by a thread, or by [`Pool::next`] where the threads are late or dead.
//! * While no process makes lookups, calls are not put into the queue ([`Pool::reserve`]), and those in it are answered at once.
//! * A call that has waited too long for an answer to be likely is not asked about (`overload`).
//! * Calls with the same key as a lookup that is under way hold no thread (`coalescing`).

mod coalescing;
mod completion;
mod liveness;
mod log_queue;
mod lookup_thread;
mod overload;
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
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::config::Timeout;
use crate::counters::Counters;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::log::Log;
use crate::os::process::InWorker;
use crate::os::shared::Shared;
use crate::policy::LookupOutcome;
use crate::worker::{Asked, PendingLookup};

use self::liveness::{Liveness, Service, patience};
use self::log_queue::LogQueue;
use self::queue::{Collected, Queue};
use self::threads::Threads;
pub use self::{ticket::Ticket, wake::Wake};

/// The questions that wait for a lookup, and in one process the threads that make the lookups.
#[derive(Debug)]
pub struct Pool {
    queue: Queue,
    lookups: usize,
    /// The shortest timeout of all profiles.
    shortest: Timeout,
    /// The queue's clock, the same for all processes.
    start: Instant,
    /// Signs of life of the process that makes the lookups.
    liveness: Shared<Liveness>,
    /// When this process is to look for late questions next, in nanoseconds of the queue's clock.
    due: AtomicU64,
    threads: OnceLock<Threads>,
    log_queue: LogQueue,
}

/// How a wait by [`Pool::next`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// A question has been answered: its [`Wake::Poll`].
    Answered(u64),
    /// No question was answered.
    Nothing,
    /// No question was answered, and the process that makes the lookups has given no sign of life for seconds.
    Stalled,
}

/// The end of a lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completed {
    /// What the decision needs of the call.
    pub asked: Asked,
    /// What the lookup found out.
    pub outcome: LookupOutcome,
    /// What it adds to the statistics.
    pub counters: Counters,
    /// The time since the call began.
    pub took: Duration,
}

impl Pool {
    /// A queue for `async_lookups` + `async_queue` questions. Processes share it if it is made before fork. An error if there is
    /// no memory for it.
    pub fn new(engine: &Engine) -> io::Result<Self> {
        let config = &engine.config.async_limits;
        Ok(Self {
            queue: Queue::new(config.lookups + config.queue, config.lookups)?,
            lookups: config.lookups,
            shortest: engine.profiles.timeouts().0,
            start: Instant::now(),
            liveness: Shared::new()?,
            due: AtomicU64::new(0),
            threads: OnceLock::new(),
            log_queue: LogQueue::default(),
        })
    }

    /// Makes lookups in this process from now on, in threads: `async_lookups` at most, started as they are needed. A second call
    /// does nothing. An error if no thread can be started now; a later call tries again.
    pub fn serve(self: &Arc<Self>, proof: InWorker, engine: &'static Engine) -> io::Result<()> {
        self.note_alive();
        let threads = || Threads::new(proof, engine, self.lookups);
        self.threads.get_or_init(threads).start(self)
    }

    /// Whether the threads of this process make the lookups.
    #[must_use]
    pub fn is_served(&self) -> bool {
        self.threads.get().is_some_and(Threads::is_running)
    }

    /// In the process that makes the lookups: writes the log lines of its threads, and gives a sign of life to the other
    /// processes. Waits for a line for `span` at most.
    pub fn flush_log(&self, log: &dyn Log, span: Duration) {
        self.note_alive();
        self.log_queue.write(log, span);
    }

    /// Takes a place in the queue for a question. The threads see it after [`Pool::submit`]. `None`: the queue is full, or no
    /// process makes lookups; the call is to be answered without one ([`Failure::Shed`]).
    #[must_use]
    pub fn reserve(&self, lookup: &PendingLookup, started: Instant) -> Option<Ticket> {
        match self.service(Instant::now()) {
            Service::Running | Service::Starting => {
                self.queue.reserve(lookup, self.nanoseconds(started))
            }
            Service::Missing | Service::Stalled => None,
        }
    }

    /// Hands the question over to the threads. False if its place is not the caller's any more.
    pub fn submit(&self, ticket: Ticket, wake: Wake) -> bool {
        self.queue.submit(ticket, wake)
    }

    /// Wakes a thread to tell other servers who made emergency calls.
    pub fn publish_callers(&self) {
        self.queue.wake_one();
    }

    /// Waits for an answered question, for `span` at most. Also answers the questions that are late or that no process serves.
    /// Only the process that resumes the calls may call this.
    pub fn next(&self, span: Duration) -> Next {
        // The process that waits for answers has started the one that makes the lookups.
        self.liveness.note_start(self.nanoseconds(Instant::now()));
        let end = Instant::now() + span;
        loop {
            let now = Instant::now();
            // Also while answers come without a pause: late questions must be answered too.
            if self.until_look(now).is_zero() && self.look(now) == Service::Stalled {
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

    /// Answers the questions that are late, and where no process makes lookups those that wait for one.
    fn look(&self, now: Instant) -> Service {
        let grace = nanoseconds(GRACE);
        let now_nanoseconds = self.nanoseconds(now);
        let service = self.service(now);
        if matches!(service, Service::Missing | Service::Stalled) {
            self.queue.shed_queued();
        }
        // No thread answers a question that is later than this.
        let next = self.queue.expire(now_nanoseconds.saturating_sub(grace));
        // A question that is put into the queue after this look began at most half a timeout before it.
        let interval = (self.shortest.span() / 2).min(LOOK);
        let interval = match service {
            Service::Starting => interval.min(patience(self.shortest)),
            _ => interval,
        };
        let latest = now_nanoseconds.saturating_add(nanoseconds(interval));
        let due = next.map_or(latest, |over| latest.min(over.saturating_add(grace)));
        self.due.store(due, Relaxed);
        service
    }

    /// Records that the process that made the lookups has ended. Answers the questions that its threads had taken. Those that
    /// still wait are served by the next process if it comes up within moments, and otherwise answered by [`Pool::next`].
    pub fn server_died(&self) {
        self.liveness.note_death(self.nanoseconds(Instant::now()));
        self.queue.server_died();
        self.due.store(0, Relaxed);
    }

    /// The outcome of a lookup. Where there is none yet, waits for it until the deadline, if the caller `may_wait`; then the
    /// question is given up ([`Failure::TimeoutQueue`], [`Failure::TimeoutResponse`]). `None` if it is not in the queue.
    pub fn collect(&self, ticket: Ticket, may_wait: bool) -> Option<Completed> {
        let (started, timeout) = self.started(ticket)?;
        let latest = started + timeout.span() + GRACE;
        let end = if may_wait { latest } else { Instant::now() };
        loop {
            let seen = self.queue.sequence();
            let (asked, outcome, counters) = match self.queue.collect(ticket) {
                Collected::Done(asked, outcome, counters) => (asked, outcome, counters),
                Collected::Gone => return None,
                Collected::Pending => {
                    if let Some(left) = end.checked_duration_since(Instant::now()) {
                        // Not for longer: a thread wakes the caller before its last change of state.
                        self.queue.wait(seen, left.min(MOMENT));
                        continue;
                    }
                    let Some((lookup, failure)) = self.queue.abandon(ticket) else {
                        std::thread::yield_now();
                        continue;
                    };
                    let (outcome, counters) = lookup.unanswered(failure);
                    (lookup.asked, outcome, counters)
                }
            };
            return Some(Completed {
                asked,
                outcome,
                counters,
                took: started.elapsed(),
            });
        }
    }

    /// Takes a question off the queue whose call cannot wait. Returns what is known without a lookup ([`Failure::Shed`]).
    /// `None` if it is not in the queue, or was answered.
    pub fn shed(&self, ticket: Ticket) -> Option<Completed> {
        let (started, _) = self.started(ticket)?;
        let (lookup, _) = self.queue.abandon(ticket)?;
        let (outcome, counters) = lookup.unanswered(Failure::Shed);
        Some(Completed {
            asked: lookup.asked,
            outcome,
            counters,
            took: started.elapsed(),
        })
    }

    /// Takes a question off the queue whose answer is not needed any more.
    pub fn abandon(&self, ticket: Ticket) {
        if self.queue.abandon(ticket).is_none() {
            let _ = self.queue.collect(ticket);
        }
    }

    /// Gives a sign of life to the other processes.
    fn note_alive(&self) {
        self.liveness.note_alive(self.nanoseconds(Instant::now()));
    }

    fn service(&self, now: Instant) -> Service {
        let service = self.liveness.service(self.nanoseconds(now), self.shortest);
        match service {
            // A process with threads of its own needs no sign of life.
            Service::Missing | Service::Stalled if self.is_served() => Service::Running,
            service => service,
        }
    }

    fn started(&self, ticket: Ticket) -> Option<(Instant, Timeout)> {
        let (started, timeout) = self.queue.started(ticket)?;
        Some((self.start + Duration::from_nanos(started), timeout))
    }

    fn nanoseconds(&self, at: Instant) -> u64 {
        nanoseconds(at.saturating_duration_since(self.start))
    }
}

fn nanoseconds(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// How long after the deadline a thread may answer before [`Pool::next`] does.
const GRACE: Duration = Duration::from_millis(25);

/// How often a process in [`Pool::next`] looks for late questions, at least.
const LOOK: Duration = Duration::from_millis(250);

const MOMENT: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests;
