// SPDX-License-Identifier: GPL-2.0-or-later
//! Kamailio's lookup process does not use the server's descriptors, signals or log.
use std::{
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket},
    process::{Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use libtest_mimic::Trial;
use testbed::{
    Api, Plan, Result,
    answer::refusal,
    sip::{Client, Request, Transport},
};

use super::{
    after, allowed, blocked,
    helper::Helper,
    invite,
    relaunched::{Relaunched, TO_STDERR},
    setup, timed,
};
use crate::{
    bench::Bench,
    callers,
    calls::SOON,
    expect::{holds, same},
    subject::Subject,
    suite::{Needs, Suite},
};

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body| super::trial(suite, subject, name, body);
    vec![
        suite.trial(
            subject,
            "suspended/no line of the log gets into a connection to the API",
            Needs {
                module: Some("log_custom"),
                ..Needs::default()
            },
            lines,
        ),
        trial(
            "the helper's standard descriptors are its own, and no broken pipe ends it",
            standard_descriptors,
        ),
        trial(
            "a reader of the log that ends does not end the helper",
            reader_ends,
        ),
    ]
}

/// What an API was sent, a connection each.
type Sent = Arc<Mutex<Vec<Vec<u8>>>>;

/// An API that answers each request with 503 after a while.
fn failing_api(listener: &TcpListener, sent: &Sent) {
    for (number, stream) in listener.incoming().flatten().take(200).enumerate() {
        sent.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Vec::new());
        let sent = Arc::clone(sent);
        thread::spawn(move || fail(stream, number, &sent));
    }
}

fn fail(mut stream: TcpStream, number: usize, sent: &Sent) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        let bytes = buffer.get(..read).unwrap_or_default();
        if let Some(all) = sent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_mut(number)
        {
            all.extend_from_slice(bytes);
        }
        thread::sleep(Duration::from_millis(100));
        let answer = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
        if stream.write_all(answer).is_err() {
            return;
        }
    }
}

/// The server logs over UDP, from a descriptor whose number may be a connection's in the process that makes the lookups.
fn lines(bench: &Bench) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let url = format!("http://{}", listener.local_addr()?);
    let sent = Sent::default();
    let for_api = Arc::clone(&sent);
    thread::spawn(move || failing_api(&listener, &for_api));
    let sink = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    sink.set_read_timeout(Some(Duration::from_millis(100)))?;

    let mut setup = bench.setup(&url);
    setup.routes = Some(super::script::SUSPENDS.to_owned());
    setup.globals = format!(
        "log_engine_type=\"udp\"\nlog_engine_data=\"{}\"\n",
        sink.local_addr()?
    );
    setup.modules.push("log_custom".to_owned());
    let server = Relaunched::start(
        bench,
        bench.start(&setup)?,
        &[],
        &[TO_STDERR],
        Stdio::null(),
    )?;
    let mut client = Client::connect(Transport::Udp, server.address())?;
    let requests: Vec<_> = (0..40).map(|_| invite()).collect();
    for request in &requests {
        client.send(request)?;
    }
    client.final_replies(&requests, SOON)?;

    let end = Instant::now() + SOON;
    let mut logged = String::new();
    let mut datagram = [0; 4096];
    while !logged.contains("numbers_online") && Instant::now() < end {
        if let Ok(read) = sink.recv(&mut datagram) {
            logged.push_str(&String::from_utf8_lossy(
                datagram.get(..read).unwrap_or_default(),
            ));
        }
    }
    holds(
        &format!("the server logs it: {logged}"),
        logged.contains("http_5xx"),
    )?;
    let sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
    holds("connections", sent.len() > 20)?;
    for bytes in sent.iter().filter(|bytes| !bytes.is_empty()) {
        let text = String::from_utf8_lossy(bytes);
        let is_clean = is_request(&text) && !text.contains("WARNING") && !text.contains("ERROR");
        holds(&format!("nothing but requests: {text}"), is_clean)?;
    }
    Ok(())
}

/// A lookup, or the check of the API's health at the start.
fn is_request(text: &str) -> bool {
    ["POST /api/v1/sbc/redirect ", "GET /api/health "]
        .iter()
        .any(|line| text.starts_with(line))
}

/// `kamailio -DD -E | reader`, where the reader ends.
fn reader_ends(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(refusal(
        "503 Service Unavailable",
        "down",
        &[],
    )))?;
    let setup = setup(bench, &api).param("breaker_errors", 0);
    let mut server = Relaunched::start(bench, bench.start(&setup)?, &[], &[], Stdio::piped())?;
    drop(server.child.stderr.take());
    for number in callers::several(3) {
        let request = Request::invite(&callers::sip(&number));
        let reply = Client::connect(Transport::Udp, server.address())?.call(&request)?;
        allowed(&reply, "http_5xx")?;
        // By then the line has been written.
        thread::sleep(Duration::from_millis(200));
    }
    api.play(after(Duration::ZERO));
    // The number that failed is not asked about again for a while.
    let request = Request::invite(&callers::sip(callers::BRITISH));
    blocked(&Client::connect(Transport::Udp, server.address())?.call(&request)?)
}

fn standard_descriptors(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::ZERO))?;
    let server = bench.start(&setup(bench, &api))?;
    blocked(&timed(&server, &invite())?.0)?;
    let helper = Helper::of(&server.host)?;
    for number in 0..=2 {
        let target = fs::read_link(format!("/proc/{}/fd/{number}", helper.pid()))?;
        same(
            "descriptor",
            target.display().to_string().as_str(),
            "/dev/null",
        )?;
    }
    signal("PIPE", helper.pid())?;
    holds("it lives", !helper.is_gone(Duration::from_millis(200)))?;
    blocked(&timed(&server, &invite())?.0)?;
    same("process", Helper::of(&server.host)?.pid(), helper.pid())?;
    server.finish()
}

fn signal(name: &str, pid: u32) -> Result<()> {
    let (option, pid) = (format!("-{name}"), pid.to_string());
    let done = Command::new("kill").args([&option, &pid]).status()?;
    holds(&format!("{name} to {pid}"), done.success())
}
