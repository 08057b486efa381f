// SPDX-License-Identifier: GPL-2.0-or-later
//! Sends calls over UDP and counts the replies. One thread, prepared messages, and one system call for up to 64 of them, so that the
//! server is measured and not the sender.

use std::net::{SocketAddr, UdpSocket};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use testbed::Result;

use crate::invite::{Callers, Templates};
use crate::mmsg::{BATCH, Batch};
use crate::report::{Report, TICK_MICROS};

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Where to.
    pub(crate) server: SocketAddr,
    /// How fast.
    pub(crate) pace: Pace,
    /// How long.
    pub(crate) span: Duration,
    /// From whom.
    pub(crate) callers: Callers,
    /// Whether final replies are acknowledged, as SIP requires.
    pub(crate) ack: bool,
}

/// How fast calls are sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// As fast as replies come, with this many open calls.
    Closed(u32),
    /// This many calls a second, independent of the replies.
    Open(u32),
}

impl Load {
    /// A closed loop with a window that keeps a few workers busy and fits into a socket's buffer.
    pub(crate) fn closed(server: SocketAddr, span: Duration) -> Self {
        Self {
            server,
            pace: Pace::Closed(BURST),
            span,
            callers: Callers::Numbers(70_000),
            ack: true,
        }
    }

    /// Runs the load in this thread.
    pub(crate) fn run(&self) -> Result<Report> {
        let socket = UdpSocket::bind((
            if self.server.is_ipv4() {
                "0.0.0.0"
            } else {
                "::"
            },
            0,
        ))?;
        socket.connect(self.server)?;
        // The kernel reduces it to the allowed size.
        rustix::net::sockopt::set_socket_recv_buffer_size(&socket, 4 << 20)?;
        // The identifiers differ from those of earlier runs, so the server has no state for them.
        let clock = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let run = u64::try_from(clock.as_nanos())?;
        let templates = Templates::new(socket.local_addr()?, self.server, run, self.callers);
        Sender::new(self, socket, templates).run()
    }
}

/// A running load.
struct Sender<'a> {
    load: &'a Load,
    socket: UdpSocket,
    templates: Templates,
    /// When each call was sent, by the end of its number; 0 once it is answered or given up.
    open: Vec<Open>,
    outgoing: Batch,
    incoming: Batch,
    next: u32,
    /// No older call is open.
    oldest: u32,
    in_flight: u32,
    /// Microseconds after the start.
    last_sent: u32,
    report: Report,
}

#[derive(Clone, Copy, Default)]
struct Open {
    call: u32,
    /// Microseconds after the start, plus 1.
    sent: u32,
}

impl<'a> Sender<'a> {
    fn new(load: &'a Load, socket: UdpSocket, templates: Templates) -> Self {
        Self {
            load,
            socket,
            templates,
            open: vec![Open::default(); OPEN],
            outgoing: Batch::new(),
            incoming: Batch::new(),
            next: 0,
            oldest: 0,
            in_flight: 0,
            last_sent: 0,
            report: Report::new(load.span, PATIENCE),
        }
    }

    fn run(mut self) -> Result<Report> {
        let mut nap = NAP;
        loop {
            let now = micros(self.report.started.elapsed());
            self.give_up(now);
            let sending = now < micros(self.load.span);
            if !sending && self.in_flight == 0 {
                break;
            }
            let moved = self.receive()? + if sending { self.send(now)? } else { 0 };
            nap = match self.load.pace {
                Pace::Closed(window) => nap_for(nap, moved, window),
                Pace::Open(_) => NAP,
            };
            if moved < BATCH {
                thread::sleep(nap);
            }
        }
        self.report.latencies.sort_unstable();
        Ok(self.report)
    }

    /// Sends the calls that are due.
    fn send(&mut self, now: u32) -> Result<usize> {
        let due = match self.load.pace {
            Pace::Closed(window) => window.saturating_sub(self.in_flight),
            Pace::Open(rate) => {
                let by_now = u64::from(now) * u64::from(rate) / 1_000_000;
                u32::try_from(by_now.saturating_sub(self.report.sent)).unwrap_or(u32::MAX)
            }
        };
        // No more than fits between two checks for replies, and no more open calls than there is memory for. Beyond that, an open
        // loop falls behind.
        let due = due
            .min(self.most_at_once(now))
            .min(4 * u32::try_from(BATCH)?);
        let due = due.min(u32::try_from(OPEN)? - 1 - (self.next - self.oldest));
        for _ in 0..due {
            self.outgoing.push(&[self.templates.invite(self.next)]);
            self.open[self.next as usize % OPEN] = Open {
                call: self.next,
                sent: now + 1,
            };
            self.next = self.next.wrapping_add(1);
            if self.outgoing.is_full() {
                self.outgoing.send(&self.socket)?;
            }
        }
        self.outgoing.send(&self.socket)?;
        self.in_flight += due;
        self.report.sent += u64::from(due);
        Ok(due as usize)
    }

    /// A window that is larger than a socket's buffer is opened bit by bit.
    fn most_at_once(&mut self, now: u32) -> u32 {
        let Pace::Closed(window) = self.load.pace else {
            return u32::MAX;
        };
        if window <= BURST {
            return u32::MAX;
        }
        let since = now.saturating_sub(self.last_sent);
        self.last_sent = now;
        since
            .saturating_mul(BURST)
            .div_ceil(BURST_MICROS)
            .min(BURST)
    }

    /// Reads and acknowledges replies.
    fn receive(&mut self) -> Result<usize> {
        let mut total = 0;
        loop {
            self.incoming.receive(&self.socket)?;
            let now = micros(self.report.started.elapsed());
            for message in self.incoming.iter() {
                let Some(reply) = self
                    .templates
                    .read(message)
                    .filter(|reply| reply.status >= 200)
                else {
                    continue;
                };
                let open = &mut self.open[reply.call as usize % OPEN];
                if open.sent == 0 || open.call != reply.call {
                    continue;
                }
                self.report
                    .latencies
                    .push((now + 1).saturating_sub(open.sent));
                open.sent = 0;
                self.in_flight -= 1;
                *self.report.statuses.entry(reply.status).or_default() += 1;
                if let Some(tick) = self.report.ticks.get_mut((now / TICK_MICROS) as usize) {
                    *tick += 1;
                }
                if self.load.ack {
                    self.outgoing.push(&self.templates.ack(&reply));
                }
            }
            self.outgoing.send(&self.socket)?;
            total += self.incoming.len();
            if !self.incoming.is_full() {
                return Ok(total);
            }
        }
    }

    /// Counts calls as lost that have waited too long.
    fn give_up(&mut self, now: u32) {
        while self.oldest != self.next {
            let open = &mut self.open[self.oldest as usize % OPEN];
            if open.sent != 0 {
                if now.saturating_sub(open.sent) < micros(PATIENCE) {
                    return;
                }
                open.sent = 0;
                self.in_flight -= 1;
                self.report.lost += 1;
            }
            self.oldest = self.oldest.wrapping_add(1);
        }
    }
}

/// The next sleep of a closed loop: as long as possible without leaving the server idle. So between an eighth and a quarter of the
/// window, or of a socket buffer, moves at a time.
fn nap_for(last: Duration, moved: usize, window: u32) -> Duration {
    let window = window.min(BURST) as usize;
    if moved * 4 > window {
        (last / 2).max(NAP)
    } else if moved * 8 < window {
        (last * 5 / 4).min(LONGEST_NAP)
    } else {
        last
    }
}

/// A load lasts below an hour.
fn micros(span: Duration) -> u32 {
    u32::try_from(span.as_micros()).unwrap_or(u32::MAX)
}

/// After so long a call counts as lost.
pub(crate) const PATIENCE: Duration = Duration::from_millis(1500);

/// How long the sender sleeps when there was little to do. Otherwise it would use processor time that the server needs.
pub(crate) const NAP: Duration = Duration::from_micros(50);
/// In a closed loop with a slow server.
const LONGEST_NAP: Duration = Duration::from_millis(1);

/// Datagrams that fit into a socket's buffer at once, and the time in which the server takes them from there.
const BURST: u32 = 128;
const BURST_MICROS: u32 = 2_000;

/// Calls that may be open at once; a power of two.
const OPEN: usize = 1 << 19;
