// SPDX-License-Identifier: GPL-2.0-or-later
//! Faults in speed and size.
use std::time::Duration;

use testbed::{
    Step::{self, Close, Drip, Hold, Repeat, Send, Wait},
    answer::{chunk, head, raw_ok, response},
};

use super::{
    Fault,
    http::{DRIP, announced, body, chunked, length, until_close},
};

/// As fast as the client reads.
const FLOOD: Duration = Duration::ZERO;

pub(super) fn faults() -> Vec<Fault> {
    [slow(), large()].into_iter().flatten().collect()
}

fn slow() -> Vec<Fault> {
    let block = body();
    let whole = response("200 OK", &[], &block);
    let start = head("200 OK", &length(block.len()));
    let late = |span: u64| vec![Wait(Duration::from_millis(span)), Send(whole.clone())];
    let timeout = |name: &str, steps| Fault::answer(name, steps, "timeout_response");
    vec![
        timeout("drips its headers", vec![Drip(whole.clone(), DRIP)]).everyday(),
        timeout(
            "drips its body",
            vec![Send(start.clone()), Drip(block.clone(), DRIP)],
        )
        .everyday(),
        timeout("answers after the deadline", late(450)).everyday(),
        timeout(
            "stops in its headers",
            vec![Send(whole[..20].to_vec()), Hold],
        ),
        timeout(
            "stops in its body",
            vec![Send(whole[..whole.len() - 1].to_vec()), Hold],
        ),
        timeout(
            "stops between two chunks",
            vec![Send(chunked()), Send(chunk(&block[..9])), Hold],
        ),
        timeout(
            "a body longer than it comes, kept open",
            announced(block.len() + 10, Hold),
        ),
        // Each one is complete, so no limit of size applies.
        timeout(
            "a slow flood of 100 Continue",
            vec![repeat(
                head("100 Continue", &[]),
                Duration::from_millis(20),
                400,
            )],
        ),
        timeout(
            "a flood of 100 Continue",
            vec![repeat(head("100 Continue", &[]), FLOOD, 1_000_000)],
        ),
        Fault::tolerated("answers after a while", late(150)),
    ]
}

fn large() -> Vec<Fault> {
    let large = |name: &str, steps| Fault::answer(name, steps, "too_large");
    let endless = |bytes: Vec<u8>| repeat(bytes, FLOOD, 1_000_000);
    let header =
        b"X-More: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".to_vec();
    let spaces = vec![b' '; 65536];
    let ten_megabytes = [
        Send(head("200 OK", &length(10 << 20))),
        repeat(spaces.clone(), FLOOD, 160),
        Close,
    ];
    // JSON may start with any amount of white space, so only the limit ends this body.
    let just_over = [vec![b' '; 65537 - body().len()], body()].concat();
    vec![
        large(
            "endless headers",
            vec![Send(b"HTTP/1.1 200 OK\r\n".to_vec()), endless(header)],
        ),
        large(
            "an endless header line",
            vec![
                Send(b"HTTP/1.1 200 OK\r\nX-More: ".to_vec()),
                endless(vec![b'a'; 1024]),
            ],
        ),
        large(
            "an endless status line",
            vec![Send(b"HTTP/1.1 200 ".to_vec()), endless(vec![b'a'; 1024])],
        ),
        large("a body of 10 MB", ten_megabytes.to_vec()).everyday(),
        large("a body of 64 KiB and a byte", raw_ok(&just_over)),
        large(
            "an endless chunked body",
            vec![Send(chunked()), endless(chunk(&spaces[..4096]))],
        ),
        large(
            "an endless chunk",
            vec![
                Send(chunked()),
                Send(b"fffffffffffff\r\n".to_vec()),
                endless(spaces.clone()),
            ],
        ),
        large(
            "an endless body without a length",
            vec![Send(until_close()), endless(spaces)],
        ),
        Fault::tolerated("a body of 64 KiB", raw_ok(&just_over[1..])),
        Fault::tolerated(
            "40 KiB in one header",
            vec![Send(response(
                "200 OK",
                &[("X-More", &"a".repeat(40_000))],
                &body(),
            ))],
        ),
    ]
}

fn repeat(bytes: Vec<u8>, every: Duration, times: usize) -> Step {
    Repeat {
        bytes,
        every,
        times,
    }
}
