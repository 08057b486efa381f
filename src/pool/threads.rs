// SPDX-License-Identifier: GPL-2.0-or-later
//! The threads that look up.

use std::io;
use std::process;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::Pool;
use super::queue::Job;
use super::thread_ids::{ThreadId, ThreadIds};
use crate::counters::Counters;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::log::{Level, Log};
use crate::os::process::InWorker;
use crate::os::{panics, signals};
use crate::policy::LookupOutcome;
use crate::worker::{Generations, Worker};

/// The threads of one process.
#[derive(Debug)]
pub(super) struct Threads {
    engine: &'static Engine,
    proof: InWorker,
    generations: Arc<Generations>,
    ids: Arc<ThreadIds>,
    pid: u32,
}

impl Threads {
    /// Nobody yet.
    pub(super) fn new(proof: InWorker, engine: &'static Engine, most: usize) -> Self {
        Self {
            engine,
            generations: Arc::new(Generations::new(proof, engine, most)),
            proof,
            ids: ThreadIds::new(most),
            pid: process::id(),
        }
    }

    /// Whether there is somebody, in this process.
    pub(super) fn is_running(&self) -> bool {
        self.pid == process::id() && self.ids.any()
    }

    /// The first thread, unless there is one.
    pub(super) fn start(&self, pool: &Arc<Pool>) -> io::Result<()> {
        if self.ids.any() {
            return Ok(());
        }
        self.spawn(pool)
    }

    /// One more thread, unless there are enough.
    fn spawn(&self, pool: &Arc<Pool>) -> io::Result<()> {
        let Some(id) = self.ids.acquire() else {
            return Ok(());
        };
        let thread = thread::Builder::new()
            .name(format!("nol-lookup-{}", id.number()))
            .stack_size(STACK);
        let lookups = LookupThread {
            id,
            engine: self.engine,
            proof: self.proof,
            generations: Arc::clone(&self.generations),
            pool: Arc::clone(pool),
        };
        // The server's signals are for the server's own thread. If there can be no thread, the thread is dropped.
        let spawned = signals::while_blocked(|| thread.spawn(move || lookups.work()));
        spawned.map(drop)
    }
}

/// One of them.
struct LookupThread {
    id: ThreadId,
    engine: &'static Engine,
    proof: InWorker,
    generations: Arc<Generations>,
    pool: Arc<Pool>,
}

impl LookupThread {
    fn work(self) {
        loop {
            let worker = Worker::sharing(
                Arc::clone(&self.generations),
                self.proof,
                self.engine,
                &self.pool.log_queue,
            );
            let Err(place) = panics::caught(|| self.look_up(worker)) else {
                return;
            };
            let line = format!("panic at {place}, a bug of numbers_online; the call is allowed");
            self.pool.log_queue.line(Level::Error, &line);
        }
    }

    fn look_up(&self, mut worker: Worker<'_>) {
        let queue = &self.pool.queue;
        loop {
            let Some(job) = queue.take(self.id.number(), LONG) else {
                continue;
            };
            let mut completion = Completion {
                thread: self,
                job,
                outcome: LookupOutcome::Failed(Failure::Internal),
                counters: Counters::default(),
            };
            // All others are busy. If there can be no more threads, the queue waits for these.
            if !queue.has_idle()
                && let Some(threads) = self.pool.threads.get()
            {
                let _ = threads.spawn(&self.pool);
            }
            let started = self.pool.start + Duration::from_nanos(job.started);
            if started.elapsed() + self.pool.timeout.least() < self.pool.timeout.span() {
                (completion.outcome, completion.counters) = worker.answer(&job.lookup, started);
            } else {
                (completion.outcome, completion.counters) =
                    job.lookup.unanswered(Failure::TimeoutQueue);
            }
        }
    }
}

/// The duty to answer. A panic is an answer too.
struct Completion<'a> {
    thread: &'a LookupThread,
    job: Job,
    outcome: LookupOutcome,
    counters: Counters,
}

impl Drop for Completion<'_> {
    fn drop(&mut self) {
        let queue = &self.thread.pool.queue;
        queue.answer(&self.job, &self.outcome, self.counters);
    }
}

/// Room for a TLS handshake; of it only what is used costs memory.
const STACK: usize = 512 * 1024;

/// How long a thread sleeps if nothing happens; then it looks once more, and sleeps on.
const LONG: Duration = Duration::from_secs(60);
