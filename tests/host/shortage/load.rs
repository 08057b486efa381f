// SPDX-License-Identifier: GPL-2.0-or-later
//! Many calls at a time, and the check of each.
use std::{collections::HashMap, time::Duration};

use testbed::{
    Result,
    sip::{Client, Reply, Request, Transport},
};

use crate::{
    bench::Running,
    callers,
    calls::SOON,
    expect::{holds, same},
};

/// Bytes that an INVITE has beside what it must have.
pub(super) const PADDING: usize = 2000;

/// Sends calls as fast as the server takes them off its socket, and checks what becomes of them.
pub(super) fn load(server: &Running, calls: usize) -> Result<()> {
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    let requests: Vec<_> = (0..calls)
        .map(|_| invite().header("X-Padding", &"p".repeat(PADDING)))
        .collect();
    // Both sockets are read meanwhile, or the kernel would drop what no socket has room for.
    let mut replies = Vec::new();
    for some in requests.chunks(8) {
        for request in some {
            client.send(request)?;
        }
        replies.extend(client.further_replies(&requests, Duration::from_millis(4)));
    }
    client.complete(&requests, &mut replies, SOON)?;
    let statuses: HashMap<usize, u16> = replies
        .iter()
        .map(|(call, reply)| (*call, reply.status))
        .collect();
    if statuses.len() < calls {
        server.note_starvation()?;
    }
    same("calls with a final reply", statuses.len(), calls)?;
    holds(
        &format!("only decisions: {statuses:?}"),
        statuses.values().all(|status| [503, 603].contains(status)),
    )?;
    replies.extend(client.further_replies(&requests, Duration::from_millis(100)));
    let is_other = |(call, reply): &&(usize, Reply)| statuses.get(call) != Some(&reply.status);
    let others = replies.iter().filter(is_other).count();
    same("calls with two different replies", others, 0)
}

/// Checks that the server works, the breaker is closed, and there is at most one line per call.
pub(super) fn finish(server: Running, calls: usize) -> Result<()> {
    let text = server.host.log().text();
    holds("the breaker is closed", !text.contains("breaker open"))?;
    few_lines(&server, calls)?;
    server.finish()
}

pub(super) fn few_lines(server: &Running, calls: usize) -> Result<()> {
    let text = server.host.log().text();
    let levels = ["ERROR", "WARNING", "CRITICAL", "ALERT"];
    let is_one = |line: &&str| levels.iter().any(|level| line.contains(level));
    let lines = text.lines().filter(is_one).count();
    let tail = server.host.log().tail();
    holds(
        &format!("{lines} lines for {calls} calls\n{tail}"),
        lines <= calls,
    )
}

pub(super) fn lines_of_ours(server: &Running) -> usize {
    let text = server.host.log().text();
    let is_ours = |line: &&str| line.contains("ERROR") && line.contains("numbers_online");
    text.lines().filter(is_ours).count()
}

/// A call that is asked about.
pub(super) fn invite() -> Request {
    Request::invite(&callers::sip(callers::CALLER))
}
