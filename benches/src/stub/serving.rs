// SPDX-License-Identifier: GPL-2.0-or-later
//! One thread for all connections.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use testbed::Result;

use super::Shared;
use super::connection::Connection;

/// The state of the thread.
pub(super) struct Serving {
    shared: Arc<Shared>,
    connections: HashMap<u64, Connection>,
    /// Delayed answers. All have the same delay, so the first one is always the next.
    due: VecDeque<(Instant, u64)>,
    next_name: u64,
}

impl Serving {
    /// Listens.
    pub(super) fn new(shared: Arc<Shared>) -> Result<Self> {
        epoll::add(
            &shared.epoll,
            &shared.listener,
            epoll::EventData::new_u64(LISTENER),
            epoll::EventFlags::IN,
        )?;
        Ok(Self {
            shared,
            connections: HashMap::new(),
            due: VecDeque::new(),
            next_name: LISTENER + 1,
        })
    }

    /// Serves until the end.
    pub(super) fn run(mut self) {
        let mut events = Vec::with_capacity(256);
        while !self.shared.stop.load(Relaxed) {
            events.clear();
            let patience = self.answer_what_is_due();
            // An interrupted wait is one without an event.
            let _ = epoll::wait(
                &self.shared.epoll,
                spare_capacity(&mut events),
                Some(&patience),
            );
            for event in &events {
                match event.data.u64() {
                    LISTENER => self.accept(),
                    name => self.read(name),
                }
            }
        }
    }

    /// Returns how long there is nothing more to do.
    fn answer_what_is_due(&mut self) -> Timespec {
        let now = Instant::now();
        let mut patience = TRIAL_SPAN;
        while let Some((at, name)) = self.due.front().copied() {
            if at > now {
                patience = patience.min(at - now);
                break;
            }
            self.due.pop_front();
            self.answer(name);
        }
        Timespec {
            tv_sec: 0,
            tv_nsec: patience.subsec_nanos().into(),
        }
    }

    fn answer(&mut self, name: u64) {
        let Some(connection) = self.connections.get_mut(&name) else {
            return;
        };
        let end = Instant::now() + self.shared.processing;
        while Instant::now() < end {
            std::hint::spin_loop();
        }
        match connection.answer(&self.shared.answer) {
            Ok(()) => {
                self.shared.requests.fetch_add(1, Relaxed);
            }
            // The client closed the connection, which is no error.
            Err(_) => drop(self.connections.remove(&name)),
        }
    }

    fn accept(&mut self) {
        while let Ok((stream, _)) = self.shared.listener.accept() {
            let Ok(connection) = Connection::new(stream, self.shared.tls.as_ref()) else {
                continue;
            };
            let data = epoll::EventData::new_u64(self.next_name);
            let stream = connection.stream();
            if epoll::add(&self.shared.epoll, stream, data, epoll::EventFlags::IN).is_ok() {
                self.connections.insert(self.next_name, connection);
                self.next_name += 1;
            }
        }
    }

    fn read(&mut self, name: u64) {
        let Some(connection) = self.connections.get_mut(&name) else {
            return;
        };
        match connection.requests() {
            Ok(_) if self.shared.silent.load(Relaxed) => {}
            Ok(requests) => self.answer_later(name, requests),
            Err(_) => drop(self.connections.remove(&name)),
        }
    }

    fn answer_later(&mut self, name: u64, requests: usize) {
        let delay = Duration::from_micros(self.shared.delay.load(Relaxed));
        for _ in 0..requests {
            if delay.is_zero() {
                self.answer(name);
            } else {
                self.due.push_back((Instant::now() + delay, name));
            }
        }
    }
}

/// The name of the listener; connections have higher ones, each its own.
const LISTENER: u64 = 0;

/// How often the thread checks whether to end. Below a second.
const TRIAL_SPAN: Duration = Duration::from_millis(100);
