// SPDX-License-Identifier: GPL-2.0-or-later
//! What the process that makes the lookups of Kamailio's suspended calls has of the server: nothing.
use std::{
    collections::BTreeSet,
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
    sip::{Client, Transport},
};

use super::{
    after, allowed, blocked,
    helper::Helper,
    invite,
    relaunched::{Relaunched, TO_STDERR},
    setup, timed,
};
use crate::{
    bench::{Bench, Running},
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
            "the helper has no descriptor of the server's without close_range either",
            without_close_range,
        ),
        trial(
            "the helper may have as many descriptors as are allowed",
            limit,
        ),
        trial(
            "a reader of the log that ends does not end the helper",
            reader_ends,
        ),
        trial(
            "lookups have the descriptors that are allowed, not those of the server",
            wide_limit,
        ),
        trial(
            "a start says that lookups may run out of descriptors",
            narrow_limit,
        ),
    ]
}

/// What an API was sent, a connection each.
type Sent = Arc<Mutex<Vec<Vec<u8>>>>;

/// An API that answers each request with 503 after a while.
fn failing_api(listener: TcpListener, sent: Sent) {
    for (number, stream) in listener.incoming().flatten().take(200).enumerate() {
        sent.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Vec::new());
        let sent = Arc::clone(&sent);
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
    thread::spawn(move || failing_api(listener, for_api));
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
        let is_clean =
            text.starts_with("POST ") && !text.contains("WARNING") && !text.contains("ERROR");
        holds(&format!("nothing but requests: {text}"), is_clean)?;
    }
    Ok(())
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
    for _ in 0..3 {
        let reply = Client::connect(Transport::Udp, server.address())?.call(&invite())?;
        allowed(&reply, "http_5xx")?;
        // By then the line has been written.
        thread::sleep(Duration::from_millis(200));
    }
    api.play(after(Duration::ZERO));
    blocked(&Client::connect(Transport::Udp, server.address())?.call(&invite())?)
}

/// The server may have few descriptors, but more are allowed. Each lookup wants one.
fn wide_limit(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::from_millis(500)))?;
    let setup = setup(bench, &api)
        .param("timeout", 5000)
        .param("async_lookups", 300);
    let limits = ["prlimit", "--nofile=100:20000", "--"];
    let server = Relaunched::start(bench, bench.start(&setup)?, &limits, &[], Stdio::null())?;
    let mut client = Client::connect(Transport::Udp, server.address())?;
    let requests: Vec<_> = (0..300).map(|_| invite()).collect();
    for request in &requests {
        client.send(request)?;
        thread::sleep(Duration::from_micros(500));
    }
    for reply in client.final_replies(&requests, 2 * SOON)? {
        same(
            "reply and failure",
            (reply.status, reply.avp("failure")),
            (603, "none"),
        )?;
    }
    Ok(())
}

/// Less than what the lookups want is said at start.
fn narrow_limit(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::ZERO))?;
    let setup = setup(bench, &api).param("async_lookups", 300);
    let limits = ["prlimit", "--nofile=500:500", "--"];
    let mut server = Relaunched::start(bench, bench.start(&setup)?, &limits, &[], Stdio::piped())?;
    let mut said = server.child.stderr.take().ok_or("no standard error")?;
    blocked(&Client::connect(Transport::Udp, server.address())?.call(&invite())?)?;
    drop(server);
    let mut text = String::new();
    said.read_to_string(&mut text)?;
    let line = "async_lookups=300 may need 932 descriptors and the limit is 500: raise it";
    holds(&text, text.matches(line).count() == 1)
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

fn without_close_range(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::ZERO))?;
    for preloaded in [false, true] {
        let mut setup = setup(bench, &api);
        if preloaded {
            setup = setup.env("LD_PRELOAD", &no_close_range(bench)?);
        }
        let server = bench.start(&setup)?;
        blocked(&timed(&server, &invite())?.0)?;
        let helper = Helper::of(&server.host)?;
        let shared: Vec<String> = descriptors(helper.pid())?
            .intersection(&descriptors(parent(helper.pid())?)?)
            .filter(|name| *name != "/dev/null" && !name.starts_with("anon_inode"))
            .cloned()
            .collect();
        // The parent's end of the pipe for its lines is of the same pipe.
        same("descriptors of the server's", shared.len(), 1)?;
        holds(
            "a pipe",
            shared.iter().all(|name| name.starts_with("pipe:")),
        )?;
        works_after_all(&server)?;
    }
    Ok(())
}

fn works_after_all(server: &Running) -> Result<()> {
    blocked(&timed(server, &invite())?.0)
}

fn limit(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::ZERO))?;
    let server = bench.start(&setup(bench, &api))?;
    let helper = Helper::of(&server.host)?;
    let parent = parent(helper.pid())?.to_string();
    // One that is replaced at once has lived for two seconds.
    thread::sleep(Duration::from_secs(2));
    let lowered = Command::new("prlimit")
        .args(["--pid", &parent, "--nofile=300:"])
        .status()?;
    holds("prlimit", lowered.success())?;
    helper.kill()?;
    let successor = helper.successor(&server.host)?;
    blocked(&timed(&server, &invite())?.0)?;
    let limits = fs::read_to_string(format!("/proc/{}/limits", successor.pid()))?;
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let words: Vec<&str> = line.unwrap_or_default().split_whitespace().collect();
    same("soft and hard limit", words.get(3), words.get(4))?;
    server.finish()
}

fn signal(name: &str, pid: u32) -> Result<()> {
    let (option, pid) = (format!("-{name}"), pid.to_string());
    let done = Command::new("kill").args([&option, &pid]).status()?;
    holds(&format!("{name} to {pid}"), done.success())
}

/// What the descriptors of a process are.
fn descriptors(pid: u32) -> Result<BTreeSet<String>> {
    let open = fs::read_dir(format!("/proc/{pid}/fd"))?.flatten();
    let targets = open.flat_map(|entry| fs::read_link(entry.path()));
    Ok(targets.map(|target| target.display().to_string()).collect())
}

fn parent(pid: u32) -> Result<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
    Ok(parent.ok_or("no parent")?.trim().parse()?)
}

/// A library that takes close_range(2) away.
fn no_close_range(bench: &Bench) -> Result<String> {
    let source = bench.suite.file("no_close_range.c");
    let library = bench.suite.file("no_close_range.so").display().to_string();
    fs::write(&source, include_str!("no_close_range.c"))?;
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o", &library])
        .arg(&source)
        .arg("-ldl")
        .status()?;
    holds("cc", built.success())?;
    Ok(library)
}
