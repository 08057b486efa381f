// SPDX-License-Identifier: GPL-2.0-or-later
//! Faults in HTTP. All bodies say block, so an allowed call proves that the answer was refused.
use std::time::Duration;

use testbed::{
    Step::{self, Close, Cut, Hold, Reset, Send, Wait},
    answer::{chunk, decision, head, ok, response},
};

use super::Fault;

/// The time between the bytes of a slow server.
pub(super) const DRIP: Duration = Duration::from_millis(50);

pub(super) fn faults() -> Vec<Fault> {
    [framed_wrongly(), cut_short(), unusual_but_valid()]
        .into_iter()
        .flatten()
        .collect()
}

fn framed_wrongly() -> Vec<Fault> {
    let block = body();
    let parse = |name: &str, steps| Fault::answer(name, steps, "parse");
    let with_length = |value: &str| response("200 OK", &[("Content-Length", value)], &block);
    let gzip = [("Content-Encoding", "gzip")];
    let other = |headers: &[(&str, &str)]| vec![Send(response("200 OK", headers, &block)), Close];
    vec![
        // The JSON ends in the middle, and the rest is left unread.
        parse(
            "a Content-Length shorter than the body",
            announced(block.len() - 10, Hold),
        ),
        parse("a Content-Length of 0", vec![Send(with_length("0")), Hold]),
        parse(
            "a negative Content-Length",
            vec![Send(with_length("-5")), Close],
        ),
        parse(
            "a Content-Length that is no number",
            vec![Send(with_length("many")), Close],
        ),
        parse(
            "a chunk without a length",
            vec![
                Send(chunked()),
                Send(b"zz\r\nabc\r\n0\r\n\r\n".to_vec()),
                Close,
            ],
        ),
        parse("a chunk whose extension does not end", {
            let extension = Step::Repeat {
                bytes: vec![b'x'; 8 * 1024],
                every: Duration::ZERO,
                times: 32,
            };
            vec![Send(chunked()), Send(b"5;".to_vec()), extension, Hold]
        }),
        parse(
            "a chunk that is longer than it says",
            vec![
                Send(chunked()),
                Send(b"2\r\n{}{}\r\n0\r\n\r\n".to_vec()),
                Close,
            ],
        ),
        parse(
            "a chunk length beyond all numbers",
            vec![
                Send(chunked()),
                Send(b"fffffffffffffffff\r\n{}".to_vec()),
                Close,
            ],
        ),
        parse(
            "gzip where none was asked for",
            vec![Send(response("200 OK", &gzip, GZIP)), Close],
        ),
        parse(
            "no status line",
            vec![Send([b"<html>".as_slice(), &block].concat()), Close],
        ),
        parse(
            "a status that is no number",
            vec![Send(b"HTTP/1.1 OK 200\r\n\r\n".to_vec()), Close],
        ),
        parse(
            "HTTP/2 in clear",
            vec![Send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()), Close],
        ),
        parse(
            "a header without a colon",
            vec![
                Send(b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n".to_vec()),
                Close,
            ],
        ),
        parse(
            "a header with a NUL",
            vec![
                Send(b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n".to_vec()),
                Close,
            ],
        ),
        Fault::answer(
            "101 Switching Protocols",
            vec![Send(head("101 Switching Protocols", &[])), Close],
            "http_other",
        ),
        // An attacker who can add a second length can add a second answer.
        parse(
            "two different lengths",
            other(&[("Content-Length", "30"), ("Content-Length", "31")]),
        ),
    ]
}

fn cut_short() -> Vec<Fault> {
    let block = body();
    let whole = response("200 OK", &[], &block);
    let half = |step| vec![Send(whole[..whole.len() / 2].to_vec()), Wait(DRIP), step];
    let headers = |step| vec![Send(whole[..30].to_vec()), Wait(DRIP), step];
    let reset = |name: &str, steps| Fault::answer(name, steps, "reset");
    vec![
        reset("RST in the headers", headers(Reset)),
        reset("FIN in the headers", headers(Cut)),
        reset("RST after half the answer", half(Reset)).everyday(),
        reset("FIN after half the answer", half(Cut)),
        reset("an orderly close after half the answer", half(Close)),
        reset(
            "a Content-Length longer than the body",
            announced(block.len() + 10, Close),
        ),
        reset(
            "a chunked body that ends in a length",
            vec![
                Send(chunked()),
                Send(chunk(&block)),
                Send(b"1".to_vec()),
                Wait(DRIP),
                Close,
            ],
        ),
        reset(
            "a chunked body without its end",
            vec![Send(chunked()), Send(chunk(&block)), Wait(DRIP), Close],
        ),
        // Only the JSON itself shows that the body is incomplete.
        Fault::answer(
            "half a body without a length",
            vec![Send(until_close()), Send(block[..40].to_vec()), Close],
            "parse",
        ),
    ]
}

fn unusual_but_valid() -> Vec<Fault> {
    let block = body();
    let early = [
        head("100 Continue", &[]),
        head("103 Early Hints", &[("Link", "</x>")]),
        response("200 OK", &[], &block),
    ];
    let mut drops: Vec<Step> = Vec::new();
    for part in response("200 OK", &[], &block).chunks(97) {
        drops.extend([Send(part.to_vec()), Wait(Duration::from_millis(1))]);
    }
    let mut chunks = vec![Send(chunked())];
    chunks.extend(block.chunks(50).map(|part| Send(chunk(part))));
    chunks.push(Send(b"0\r\n\r\n".to_vec()));
    let old = [b"HTTP/1.0 200 OK\r\n\r\n".as_slice(), &block].concat();
    vec![
        Fault::tolerated("100 and 103 before the answer", vec![Send(early.concat())]),
        Fault::tolerated("an answer in many pieces", drops),
        Fault::tolerated("an answer in chunks", chunks),
        Fault::tolerated(
            "an answer that ends with the connection",
            vec![Send(until_close()), Send(block.clone()), Close],
        ),
        Fault::tolerated("HTTP/1.0", vec![Send(old), Close]),
        Fault::tolerated(
            "another Content-Type",
            vec![Send(response(
                "200 OK",
                &[("Content-Type", "text/html")],
                &block,
            ))],
        ),
        Fault::tolerated(
            "an empty reason phrase",
            vec![Send(response("200 ", &[], &block))],
        ),
        Fault::tolerated("more bytes than the answer has", {
            let mut steps = ok(&decision("block", 603));
            steps.extend([
                Send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_vec()),
                Hold,
            ]);
            steps
        }),
    ]
}

pub(super) fn body() -> Vec<u8> {
    decision("block", 603).to_string().into_bytes()
}

pub(super) fn length(bytes: usize) -> [(&'static str, &'static str); 1] {
    // A handful of tests leaks a handful of bytes.
    [("Content-Length", bytes.to_string().leak())]
}

/// The body with another length announced, then a last step.
pub(super) fn announced(bytes: usize, last: Step) -> Vec<Step> {
    let mut all = head("200 OK", &length(bytes));
    all.extend(body());
    vec![Send(all), Wait(DRIP), last]
}

pub(super) fn chunked() -> Vec<u8> {
    head("200 OK", &[("Transfer-Encoding", "chunked")])
}

pub(super) fn until_close() -> Vec<u8> {
    head("200 OK", &[("Connection", "close")])
}

/// `{"decision":"block","sip":{"code":603}}` under gzip.
const GZIP: &[u8] = &[
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 74, 73, 77, 206, 44, 206, 204, 207, 83, 178, 82, 74,
    202, 201, 79, 206, 86, 210, 81, 42, 206, 44, 80, 178, 170, 86, 74, 206, 79, 73, 85, 178, 50,
    51, 48, 174, 173, 5, 0, 201, 200, 253, 62, 39, 0, 0, 0,
];
