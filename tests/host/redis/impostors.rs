// SPDX-License-Identifier: GPL-2.0-or-later
//! Servers at the address of Redis that are no Redis.
use std::{
    io::Write,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    thread,
    time::Duration,
};

use testbed::Result;

use super::{blocking, start, statistics};
use crate::{
    bench::Bench,
    callers,
    expect::{Expected, same},
    suite::SHORT,
};

type Body = fn(&Bench) -> Result<()>;

/// The trials of this file.
pub(super) fn bodies() -> [(&'static str, Body); 3] {
    [
        (
            "a Redis that never answers does not keep a call waiting",
            silent,
        ),
        ("a Redis that lies is not believed", lying),
        ("a Redis that drips does not keep a call waiting", dripping),
    ]
}

fn silent(bench: &Bench) -> Result<()> {
    // Only the kernel accepts.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    decided_without(bench, listener.local_addr()?)
}

fn lying(bench: &Bench) -> Result<()> {
    for lie in [
        "*1000000000\r\n",
        "$900000000\r\nO",
        "HTTP/1.1 400 Bad Request\r\n\r\n",
    ] {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        thread::spawn(move || {
            let mut open = Vec::new();
            for mut stream in listener.incoming().flatten() {
                // The client may have closed already.
                let _ = stream.write_all(lie.as_bytes());
                open.push(stream);
            }
        });
        decided_without(bench, address).map_err(|e| format!("{lie:?}: {e}"))?;
    }
    Ok(())
}

fn dripping(bench: &Bench) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                // Each byte comes before any patience with a single read is over, and the line has no end.
                let mut next = "+".bytes().chain(std::iter::repeat(b'O'));
                while let Some(byte) = next.next()
                    && stream.write_all(&[byte]).is_ok()
                {
                    thread::sleep(Duration::from_millis(2));
                }
            });
        }
    });
    decided_without(bench, address)
}

/// The API decides, within the deadline, and each call counts as one in which Redis failed.
fn decided_without(bench: &Bench, redis: SocketAddr) -> Result<()> {
    let api = blocking()?;
    let server = start(bench, &api, &format!("redis://{redis}"), Some(SHORT))?;
    let numbers = [callers::CALLER, callers::BRITISH, callers::SECOND];
    for number in numbers {
        server.expect(number, &Expected::block())?;
    }
    same("requests", api.requests().len(), numbers.len())?;
    statistics(&server, &[("redis_hit", 0), ("redis_fail", 3)])?;
    server.finish()
}
