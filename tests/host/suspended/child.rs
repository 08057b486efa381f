// SPDX-License-Identifier: GPL-2.0-or-later
//! What the process that makes the lookups of Kamailio's suspended calls has of the server: nothing.
use std::{
    collections::BTreeSet,
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket},
    process::Command,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use libtest_mimic::Trial;
use testbed::{
    Api, Result,
    sip::{Client, Transport},
};

use super::{after, blocked, helper::Helper, invite, setup, timed};
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
    let server = bench.start(&setup)?;
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
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
        logged.contains("api_url"),
    )?;
    let sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
    holds("connections", sent.len() > 20)?;
    for bytes in sent.iter().filter(|bytes| !bytes.is_empty()) {
        let text = String::from_utf8_lossy(bytes);
        let is_clean =
            text.starts_with("POST ") && !text.contains("WARNING") && !text.contains("ERROR");
        holds(&format!("nothing but requests: {text}"), is_clean)?;
    }
    drop(sent);
    server.finish()
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
