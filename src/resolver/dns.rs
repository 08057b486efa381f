// SPDX-License-Identifier: GPL-2.0-or-later
//! A stub resolver: one question for each address family to the name servers of `/etc/resolv.conf` (RFC 1035).

mod exchange;
mod message;
mod servers;
mod tcp;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use self::exchange::Exchange;
pub(super) use self::message::Family;
use self::message::{Question, Reply};
pub(super) use self::servers::Servers;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::os::{poll, socket};

/// Addresses, and how long they hold.
#[derive(Debug)]
pub(super) struct Found {
    /// Those to which this machine has a route. If there is no such address, all of them.
    pub(super) addresses: Vec<IpAddr>,
    pub(super) lifetime: Duration,
    /// The address family for which there was no answer in time.
    pub(super) unanswered: Option<Family>,
}

/// Tells whether this machine has a route to an address.
type HasRoute = fn(IpAddr) -> bool;

/// Asks the name servers. A name with fewer dots than `ndots` is tried with the search domains first, as resolv.conf(5)
/// describes.
pub(super) fn look_up(
    host: &str,
    servers: &Servers,
    has_route: HasRoute,
    deadline: Deadline,
) -> Result<Found, Failure> {
    let mut outcome = Err(Failure::Dns);
    for name in servers.candidates(host) {
        outcome = ask(&name, &servers.addresses, has_route, deadline);
        if !matches!(outcome, Err(Failure::Dns)) {
            break;
        }
    }
    outcome
}

/// Asks about one name. Each server gets a share of the time before the next one is asked too. Replies of all servers are accepted
/// until the end. If a server fails or cannot be reached, the next one is asked at once.
fn ask(
    name: &str,
    servers: &[SocketAddr],
    has_route: HasRoute,
    deadline: Deadline,
) -> Result<Found, Failure> {
    let [Some(v6), Some(v4)] = Family::ALL.map(|family| message::question(name, family)) else {
        return Err(Failure::Dns);
    };
    let mut lookup = Lookup::new([v6, v4], has_route);
    let (mut first_round, mut second_round) = (servers.iter(), servers.iter());
    let mut exchanges: Vec<Exchange> = Vec::new();
    let share = share(servers.len(), deadline);
    let mut next = deadline;
    let mut end = deadline;
    loop {
        let now = Instant::now();
        if lookup.is_complete() {
            return lookup.conclude(Failure::Dns);
        }
        if end.is_over(now) {
            return lookup.conclude(Failure::TimeoutDns);
        }
        let no_reply_pending = exchanges.iter().all(|exchange| exchange.is_over(&lookup));
        if no_reply_pending || next.is_over(now) {
            next = deadline.or_after(now, share);
            let server = match first_round.next() {
                None if no_reply_pending => return lookup.conclude(Failure::Dns),
                None => second_round.next(),
                server => server,
            };
            match server.map(|server| Exchange::start(*server, &lookup)) {
                Some(Ok(exchange)) => exchanges.push(exchange),
                Some(Err(error)) => lookup.note(&error),
                None => next = deadline,
            }
            continue;
        }
        let mut waiting = Vec::with_capacity(exchanges.len());
        for (index, exchange) in exchanges.iter().enumerate() {
            waiting.extend(
                exchange
                    .sockets()
                    .map(|(part, socket)| (index, part, socket)),
            );
        }
        let sockets: Vec<_> = waiting.iter().map(|(.., socket)| *socket).collect();
        let span = next.min(end).left(now).unwrap_or_default();
        let ready = match poll::wait_any(&sockets, span) {
            Ok(ready) => ready,
            Err(error) if socket::is_shortage(&error) => return Err(Failure::Shed),
            Err(_) => return Err(Failure::Internal),
        };
        let ready: Vec<_> = waiting
            .iter()
            .zip(ready)
            .filter_map(|((index, part, _), ready)| ready.then_some((*index, *part)))
            .collect();
        for (index, part) in ready {
            if let Some(exchange) = exchanges.get_mut(index) {
                exchange.receive(part, &mut lookup);
            }
        }
        // With usable addresses of one family, the other one is waited for only briefly.
        if lookup.is_usable() && end == deadline {
            end = deadline.or_after(Instant::now(), SECOND_FAMILY);
        }
    }
}

/// The questions about one name, and the best reply to each so far.
struct Lookup {
    parts: [Part; 2],
    has_route: HasRoute,
    /// A socket could not be made because of a shortage of this machine.
    shortage: bool,
}

/// One address family of a lookup.
struct Part {
    family: Family,
    question: Question,
    reply: Option<Reply>,
    /// One of the reply's addresses can be reached.
    usable: bool,
}

impl Lookup {
    fn new(questions: [Question; 2], has_route: HasRoute) -> Self {
        let mut families = Family::ALL.into_iter();
        let parts = questions.map(|question| Part {
            family: families.next().unwrap_or(Family::V4),
            question,
            reply: None,
            usable: false,
        });
        Self {
            parts,
            has_route,
            shortage: false,
        }
    }

    /// Takes a reply, unless there is a better one. The failure of one server must not replace the answer of another, nor a truncated
    /// answer a complete one.
    fn take(&mut self, part: usize, reply: Reply) {
        let has_route = self.has_route;
        let Some(part) = self.parts.get_mut(part) else {
            return;
        };
        if part
            .reply
            .as_ref()
            .is_none_or(|old| old.rank() < reply.rank())
        {
            part.usable = reply.addresses.iter().any(|address| has_route(*address));
            part.reply = Some(reply);
        }
    }

    fn note(&mut self, error: &io::Error) {
        self.shortage |= socket::is_shortage(error);
    }

    /// Whether no better reply can come for this part.
    fn is_answered(&self, part: usize) -> bool {
        self.parts.get(part).is_none_or(Part::is_answered)
    }

    fn is_complete(&self) -> bool {
        self.parts.iter().all(Part::is_answered)
    }

    fn is_usable(&self) -> bool {
        self.parts.iter().any(|part| part.usable)
    }

    /// The result; `otherwise` if nothing was found and the name may have addresses.
    fn conclude(self, otherwise: Failure) -> Result<Found, Failure> {
        let (complete, usable) = (self.is_complete(), self.is_usable());
        let mut found = Found {
            addresses: Vec::new(),
            lifetime: Duration::MAX,
            unanswered: None,
        };
        for part in self.parts {
            if !part.is_answered() {
                found.unanswered = Some(part.family);
            }
            for reply in part.reply.into_iter().filter(Reply::has_addresses) {
                found.lifetime = found.lifetime.min(reply.lifetime);
                found.addresses.extend(reply.addresses);
            }
        }
        if usable {
            found.addresses.retain(|address| (self.has_route)(*address));
            return Ok(found);
        }
        match (found.addresses.is_empty(), complete) {
            (false, true) => Ok(found),
            (true, true) => Err(Failure::Dns),
            (_, false) if self.shortage => Err(Failure::Shed),
            (_, false) => Err(otherwise),
        }
    }
}

impl Part {
    fn is_answered(&self) -> bool {
        let whole = |reply: &Reply| reply.is_answer() && !reply.truncated;
        self.reply.as_ref().is_some_and(whole)
    }
}

fn share(servers: usize, deadline: Deadline) -> Duration {
    let left = deadline.left(Instant::now()).unwrap_or_default();
    let rounds = u32::try_from(servers)
        .unwrap_or(u32::MAX)
        .saturating_mul(2)
        .saturating_add(1);
    (left / rounds).clamp(Duration::from_millis(5), Duration::from_secs(1))
}

/// How long the second address family is waited for once there are usable addresses of the first (RFC 8305 section 3: 50 ms).
const SECOND_FAMILY: Duration = Duration::from_millis(50);

#[cfg(test)]
pub(super) mod tests;
