// SPDX-License-Identifier: GPL-2.0-or-later
//! The threads that look up.

use std::io;
use std::process;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::Pool;
use super::badges::{Badge, Badges};
use super::desk::Job;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::ffi::{panics, signals};
use crate::log::{Level, Log};
use crate::policy::Finding;
use crate::tally::Tally;
use crate::worker::{InWorker, Toolbox, Worker};

/// The threads of one process.
#[derive(Debug)]
pub(super) struct Crew {
    engine: &'static Engine,
    proof: InWorker,
    toolbox: Arc<Toolbox>,
    badges: Arc<Badges>,
    pid: u32,
}

impl Crew {
    /// Nobody yet.
    pub(super) fn new(proof: InWorker, engine: &'static Engine, most: usize) -> Self {
        Self {
            engine,
            toolbox: Arc::new(Toolbox::new(proof, engine, most)),
            proof,
            badges: Badges::new(most),
            pid: process::id(),
        }
    }

    /// Whether there is somebody, in this process.
    pub(super) fn is_there(&self) -> bool {
        self.pid == process::id() && self.badges.any()
    }

    /// The first thread, unless there is one.
    pub(super) fn start(&self, pool: &Arc<Pool>) -> io::Result<()> {
        if self.badges.any() {
            return Ok(());
        }
        self.hire(pool)
    }

    /// One more thread, unless there are enough.
    fn hire(&self, pool: &Arc<Pool>) -> io::Result<()> {
        let Some(badge) = self.badges.hand_out() else {
            return Ok(());
        };
        let thread = thread::Builder::new()
            .name(format!("nol-lookup-{}", badge.number()))
            .stack_size(STACK);
        let member = Member {
            badge,
            engine: self.engine,
            proof: self.proof,
            toolbox: Arc::clone(&self.toolbox),
            pool: Arc::clone(pool),
        };
        // The server's signals are for the server's own thread. If there can be no thread, the member is dropped.
        let spawned = signals::while_blocked(|| thread.spawn(move || member.work()));
        spawned.map(drop)
    }
}

/// One of them.
struct Member {
    badge: Badge,
    engine: &'static Engine,
    proof: InWorker,
    toolbox: Arc<Toolbox>,
    pool: Arc<Pool>,
}

impl Member {
    fn work(self) {
        loop {
            let worker = Worker::sharing(
                Arc::clone(&self.toolbox),
                self.proof,
                self.engine,
                &self.pool.lines,
            );
            let Err(place) = panics::caught(|| self.look_up(worker)) else {
                return;
            };
            let line = format!("panic at {place}, a bug of numbers_online; the call is allowed");
            self.pool.lines.line(Level::Error, &line);
        }
    }

    fn look_up(&self, mut worker: Worker<'_>) {
        let desk = &self.pool.desk;
        loop {
            let Some(job) = desk.take(self.badge.number(), LONG) else {
                continue;
            };
            let mut pledge = Pledge {
                member: self,
                job,
                finding: Finding::Failed(Failure::Internal),
                tally: Tally::default(),
            };
            // All others are busy. If there can be no more threads, the queue waits for these.
            if !desk.has_idle()
                && let Some(crew) = self.pool.crew.get()
            {
                let _ = crew.hire(&self.pool);
            }
            let started = self.pool.start + Duration::from_nanos(job.started);
            if started.elapsed() + self.pool.timeout.least() < self.pool.timeout.span() {
                (pledge.finding, pledge.tally) = worker.answer(&job.inquiry, started);
            } else {
                (pledge.finding, pledge.tally) = job.inquiry.unanswered(Failure::TimeoutQueue);
            }
        }
    }
}

/// The duty to answer. A panic is an answer too.
struct Pledge<'a> {
    member: &'a Member,
    job: Job,
    finding: Finding,
    tally: Tally,
}

impl Drop for Pledge<'_> {
    fn drop(&mut self) {
        let desk = &self.member.pool.desk;
        desk.answer(&self.job, &self.finding, self.tally);
    }
}

/// Room for a TLS handshake; of it only what is used costs memory.
const STACK: usize = 512 * 1024;

/// How long a thread sleeps if nothing happens; then it looks once more, and sleeps on.
const LONG: Duration = Duration::from_secs(60);
