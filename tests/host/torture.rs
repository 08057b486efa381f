// SPDX-License-Identifier: GPL-2.0-or-later
//! The messages of RFC 4475 at the redirect servers: nothing crashes, every well-formed INVITE gets its final reply, and the API is
//! asked about the one telephone number among the callers, and about nothing else.
use std::{
    fs,
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use libtest_mimic::Trial;
use testbed::{
    Api, Plan, Port, Result, answer,
    sip::{Client, Request, Transport},
};

use crate::{
    bench::{Bench, Running},
    callers,
    expect::{holds, same},
    redirect_server::{self, needs},
    subject::Subject,
    suite::Suite,
};

/// A message.
struct Message {
    name: &'static str,
    section: &'static str,
    /// The final reply of a redirect server to the message as a datagram, and in a stream, if it must be answered.
    expected: [Option<u16>; 2],
}

const fn any(name: &'static str, section: &'static str) -> Message {
    Message {
        name,
        section,
        expected: [None, None],
    }
}

const fn answered(name: &'static str, section: &'static str) -> Message {
    Message {
        name,
        section,
        expected: [Some(404), Some(404)],
    }
}

/// An OPTIONS, which is answered as a check of the server's health.
const fn options(name: &'static str, section: &'static str) -> Message {
    Message {
        name,
        section,
        expected: [Some(200), Some(200)],
    }
}

const MESSAGES: [Message; 50] = [
    // The cores of both servers drop it, because they cannot parse a folded CSeq.
    any("wsinv", "3.1.1.1"),
    // The same with a CSeq in one line, and outside of a dialog.
    answered(UNFOLDED, "3.1.1.1"),
    any("intmeth", "3.1.1.2"),
    answered("esc01", "3.1.1.3"),
    any("escnull", "3.1.1.4"),
    any("esc02", "3.1.1.5"),
    options("lwsdisp", "3.1.1.6"),
    answered("longreq", "3.1.1.7"),
    any("dblreq", "3.1.1.8"),
    options("semiuri", "3.1.1.9"),
    options("transports", "3.1.1.10"),
    // A MESSAGE, which a redirect server does not allow.
    Message {
        name: "mpart01",
        section: "3.1.1.11",
        expected: [Some(405), Some(405)],
    },
    any("unreason", "3.1.1.12"),
    any("noreason", "3.1.1.13"),
    any("badinv01", "3.1.2.1"),
    any("clerr", "3.1.2.2"),
    any("ncl", "3.1.2.3"),
    any("scalar02", "3.1.2.4"),
    any("scalarlg", "3.1.2.5"),
    any("quotbal", "3.1.2.6"),
    any("ltgtruri", "3.1.2.7"),
    any("lwsruri", "3.1.2.8"),
    any("lwsstart", "3.1.2.9"),
    any("trws", "3.1.2.10"),
    any("escruri", "3.1.2.11"),
    // Only its Date is not of the form that RFC 3261 wants: the RFC lets a server ignore that.
    answered("baddate", "3.1.2.12"),
    any("regbadct", "3.1.2.13"),
    any("badaspec", "3.1.2.14"),
    any("baddn", "3.1.2.15"),
    any("badvers", "3.1.2.16"),
    any("mismatch01", "3.1.2.17"),
    any("mismatch02", "3.1.2.18"),
    any("bigcode", "3.1.2.19"),
    any("badbranch", "3.2.1"),
    any("insuf", "3.3.1"),
    any("unkscm", "3.3.2"),
    any("novelsc", "3.3.3"),
    any("unksm2", "3.3.4"),
    any("bext01", "3.3.5"),
    // Well-formed: a redirect server does not read bodies.
    answered("invut", "3.3.6"),
    any("regaut01", "3.3.7"),
    any("multi01", "3.3.8"),
    any("mcl01", "3.3.9"),
    any("bcast", "3.3.10"),
    any("zeromf", "3.3.11"),
    any("cparam01", "3.3.12"),
    any("cparam02", "3.3.13"),
    any("regescrt", "3.3.14"),
    answered("sdp01", "3.3.15"),
    // Its caller has a number, which the API blocks. Without Content-Length it has no end in a stream.
    Message {
        name: "inv2543",
        section: "3.4.1",
        expected: [Some(603), None],
    },
];

/// See above.
const UNFOLDED: &str = "wsinv, unfolded";

/// The caller of inv2543.
const NUMBER: &str = "+13035551111";

/// The largest datagram.
const MOST: usize = 65536;

/// How long a final reply may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        suite.trial(subject, &format!("torture/{name}"), needs(), body)
    };
    vec![
        trial("the messages of RFC 4475 as datagrams", datagrams),
        trial("the messages of RFC 4475 in streams", streams),
    ]
}

impl Message {
    fn bytes(&self) -> Result<Vec<u8>> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/rfc4475");
        if self.name != UNFOLDED {
            return Ok(fs::read(directory.join(format!("{}.dat", self.name)))?);
        }
        let text = fs::read_to_string(directory.join("wsinv.dat"))?;
        let unfolded = text
            .replacen("0009\r\n  INVITE", "0009 INVITE", 1)
            .replacen(" ;   tag    = 1918181833n", "", 1);
        Ok(unfolded.into_bytes())
    }

    /// What is wrong with the final reply, as a line for the error.
    fn fault(&self, expected: Option<u16>, found: Option<u16>) -> Option<String> {
        let Self { name, section, .. } = self;
        let is_right = expected.is_none() || found == expected;
        (!is_right).then(|| format!("{name} ({section}): wanted {expected:?}, found {found:?}"))
    }
}

/// The port of the topmost Via, to which the reply to a datagram goes.
fn reply_port(message: &[u8]) -> u16 {
    let text = String::from_utf8_lossy(message).replace("\r\n ", " ");
    let is_via = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default().trim();
        name.eq_ignore_ascii_case("via") || name.eq_ignore_ascii_case("v")
    };
    let via = text.lines().find(is_via).unwrap_or_default();
    let sent_by = via.split([';', ',']).next().unwrap_or_default();
    sent_by
        .rsplit_once(':')
        .and_then(|(_, port)| port.trim().parse().ok())
        .unwrap_or(5060)
}

/// The status of a final reply.
fn status(reply: &[u8]) -> Option<u16> {
    let code = reply.strip_prefix(b"SIP/2.0 ")?.get(..3)?;
    let status = std::str::from_utf8(code).ok()?.parse().ok()?;
    (status >= 200).then_some(status)
}

fn start(bench: &Bench) -> Result<(Api, Running)> {
    let api = Api::http(Plan::always(answer::ok(&answer::decision("block", 603))))?;
    let server = bench.start(&redirect_server::setup(bench, &api)?)?;
    Ok((api, server))
}

/// The server still does its work, and the API was asked about these numbers only.
fn finish(api: &Api, mut server: Running, numbers: &[&str]) -> Result<()> {
    server.host.check()?;
    let mut asked: Vec<String> = api
        .requests()
        .iter()
        .map(|request| request.json()["number"].to_string())
        .collect();
    // A message that was sent again is asked about again.
    asked.dedup();
    let wanted: Vec<String> = numbers.iter().map(|number| format!("{number:?}")).collect();
    same("numbers asked about", asked, wanted)?;
    for transport in Transport::ALL {
        let request = Request::invite(&callers::sip(callers::CALLER));
        let mut client = Client::connect(transport, server.host.address())?;
        same("an ordinary call", client.call(&request)?.status, 603)?;
    }
    server.finish()
}

fn datagrams(bench: &Bench) -> Result<()> {
    let (api, server) = start(bench)?;
    // An address of 127.0.0.0/8 for each message, so that each socket can have the port that its Via names. No other trial has the
    // port, from which the addresses are made.
    let port = Port::reserve(Ipv4Addr::LOCALHOST.into())?;
    let [high, low] = port.address().port().to_be_bytes();
    let mut sent = Vec::new();
    for (octet, message) in (64..).zip(&MESSAGES) {
        let bytes = message.bytes()?;
        let local = SocketAddr::from(([127, octet, high, low], reply_port(&bytes)));
        let socket = UdpSocket::bind(local).map_err(|e| format!("{local}: {e}"))?;
        socket.send_to(&bytes, server.host.address())?;
        sent.push((socket, message, bytes));
    }
    let mut faults = Vec::new();
    for (socket, message, bytes) in &sent {
        let [expected, _] = message.expected;
        let found = match expected {
            Some(_) => awaited(socket, bytes, server.host.address())?,
            None => None,
        };
        faults.extend(message.fault(expected, found));
    }
    holds(&faults.join("\n"), faults.is_empty())?;
    finish(&api, server, &[NUMBER])
}

/// The final reply. The message is sent again as a caller does, because a busy machine may drop a datagram.
fn awaited(socket: &UdpSocket, message: &[u8], server: SocketAddr) -> Result<Option<u16>> {
    let end = Instant::now() + PATIENCE;
    let mut buffer = vec![0; MOST];
    socket.set_read_timeout(Some(Duration::from_millis(500)))?;
    while Instant::now() < end {
        match socket.recv(&mut buffer) {
            Ok(read) => {
                if let Some(status) = status(&buffer[..read]) {
                    return Ok(Some(status));
                }
            }
            Err(e) if [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&e.kind()) => {
                socket.send_to(message, server)?;
            }
            Err(e) => return Err(e.into()),
        }
    }
    Ok(None)
}

fn streams(bench: &Bench) -> Result<()> {
    let (api, server) = start(bench)?;
    let mut open = Vec::new();
    for message in &MESSAGES {
        let mut stream = TcpStream::connect_timeout(&server.host.address(), PATIENCE)?;
        // The server may close at once.
        let _ = stream.write_all(&message.bytes()?);
        stream.set_read_timeout(Some(PATIENCE))?;
        open.push((stream, message));
    }
    let mut faults = Vec::new();
    for (stream, message) in &mut open {
        let [_, expected] = message.expected;
        let found = expected.and_then(|_| final_reply(stream));
        faults.extend(message.fault(expected, found));
    }
    holds(&faults.join("\n"), faults.is_empty())?;
    finish(&api, server, &[])
}

fn final_reply(stream: &mut TcpStream) -> Option<u16> {
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(status) = (0..text.len()).find_map(|at| status(&text[at..])) {
            return Some(status);
        }
        match stream.read(&mut buffer) {
            Ok(read) if read > 0 => text.extend_from_slice(&buffer[..read]),
            _ => return None,
        }
    }
}
