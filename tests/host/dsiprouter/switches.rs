// SPDX-License-Identifier: GPL-2.0-or-later
//! What can be changed while Kamailio runs, and what stands beside it.
use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use libtest_mimic::Trial;
use testbed::{
    Api, Host, Plan, Result,
    answer::{decision, ok},
};

use super::{
    Body,
    calls::{call, finish, screening},
    database::accounted,
    installation::{CARRIER, Installation, ON, TENANT_KEY, asks},
    lacking, shipped, trial,
};
use crate::{
    bench::Bench,
    callers,
    calls::SOON,
    expect::{holds, same},
    subject::Subject,
    suite::{LONG, Suite},
};

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trials: [Body; 6] = [
        ("it is switched on and off by RPC", enabled),
        (
            "without enforce a block is logged, and the call goes on",
            enforce,
        ),
        ("a profile decides that a switch names", profile),
        (
            "a profile decides that a route of the operator's own chooses",
            chosen,
        ),
        ("TransNexus verifies the calls that it allows", transnexus),
        (
            "a call that dSIPRouter has no rule for gets dSIPRouter's reply",
            no_rule,
        ),
    ];
    let mut trials: Vec<Trial> = trials
        .into_iter()
        .map(|(name, body)| trial(suite, subject, &format!("switches/{name}"), body))
        .collect();
    let page = "switches/the page in the GUI switches it";
    trials.push(match lacks_python() {
        Some(what) => lacking(subject, page, what),
        None => trial(suite, subject, page, gui),
    });
    trials
}

/// Changes a setting as the GUI does: by JSON-RPC over HTTP, with a string as its value.
fn set(host: &Host, group: &str, name: &str, value: &str) -> Result<()> {
    let body = format!(
        r#"{{"jsonrpc":"2.0","method":"cfg.sets","params":["{group}","{name}","{value}"],"id":1}}"#
    );
    let mut connection = TcpStream::connect(host.address())?;
    connection.set_read_timeout(Some(SOON))?;
    write!(
        connection,
        "POST /api/kamailio HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        host.address(),
        body.len()
    )?;
    let mut status = String::new();
    BufReader::new(connection).read_line(&mut status)?;
    holds(
        &format!("{name} is set: {status}"),
        status.contains(" 200 "),
    )
}

fn enabled(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let machine = Installation::new(bench)?;
    machine.install(&[])?;
    machine.set(&asks(&api, LONG))?;
    let host = machine.start(bench)?;
    for (number, (value, status)) in
        callers::several(3).zip([(None, 200), (Some("1"), 603), (Some("0"), 200)])
    {
        if let Some(value) = value {
            set(&host, "numbersonline", "enabled", value)?;
        }
        let reply = call(&machine, &host, &machine.invite(&number))?;
        same(&format!("reply with {value:?}"), reply.status, status)?;
    }
    same("requests", api.requests().len(), 1)?;
    finish(host)
}

/// Debian's own, which has the packages of Debian.
const PYTHON: &str = "/usr/bin/python3";

/// What the page of the GUI needs and this machine has not.
fn lacks_python() -> Option<String> {
    let packages = Command::new(PYTHON)
        .args(["-c", "import flask, flask_wtf"])
        .output();
    let found = packages.is_ok_and(|output| output.status.success());
    (!found).then(|| "python3-flask and python3-flaskext.wtf (apt-get install)".to_owned())
}

/// Two tenants, one with a key of its own.
const TENANTS: &str = r#"
modparam("numbers_online", "profile", "tenant-a=>api_key=env:TENANT_A_KEY")
modparam("numbers_online", "profile", "tenant-b=>spam_threshold=50")
"#;

fn gui(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let machine = Installation::new(bench)?;
    machine.install(&[])?;
    machine.set(&format!("{}{TENANTS}", asks(&api, LONG)))?;
    let host = machine.start(bench)?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/host/dsiprouter/gui.py");
    let output = Command::new(PYTHON)
        .arg("-B")
        .arg(script)
        .arg(shipped(""))
        .arg(host.address().port().to_string())
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    // It is on now.
    let number = callers::several(1).next().ok_or("no caller")?;
    let reply = call(&machine, &host, &machine.invite(&number))?;
    same("reply", reply.status, 603)?;
    finish(host)
}

fn enforce(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let (machine, host) = screening(bench, &api, LONG)?;
    set(&host, "numbersonline", "enforce", "0")?;
    let numbers: Vec<String> = callers::several(2).collect();
    // With a lookup, and from the cache.
    let first = machine.invite(&numbers[0]);
    let mut again = first.clone();
    again.call_id.push_str("-again");
    again.branch.push_str("again");
    for request in [&first, &again] {
        same("reply", call(&machine, &host, request)?.status, 200)?;
        same(
            "rows",
            accounted(&machine.database(), &request.call_id)?.len(),
            1,
        )?;
        let line = format!("numbers_online block call={}", request.call_id);
        holds("it is logged", host.log().text().contains(&line))?;
    }
    same("requests", api.requests().len(), 1)?;
    set(&host, "numbersonline", "enforce", "1")?;
    same(
        "reply",
        call(&machine, &host, &machine.invite(&numbers[1]))?.status,
        603,
    )?;
    finish(host)
}

/// The key that the API got with a call's lookup.
fn key(machine: &Installation, host: &Host, api: &Api, number: &str) -> Result<String> {
    let reply = call(machine, host, &machine.invite(number))?;
    same("reply", reply.status, 603)?;
    let last = api.requests().pop().ok_or("no request")?;
    Ok(last.header("Authorization").unwrap_or_default().to_owned())
}

fn profile(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let machine = Installation::new(bench)?;
    machine.install(&[])?;
    machine.set(&format!("{ON}{}{TENANTS}", asks(&api, LONG)))?;
    let host = machine.start(bench)?;
    for (number, (name, wanted)) in callers::several(3).zip([
        ("", callers::KEY),
        ("tenant-a", TENANT_KEY),
        ("", callers::KEY),
    ]) {
        set(&host, "numbersonline", "profile", name)?;
        same(
            &format!("key of the profile {name:?}"),
            key(&machine, &host, &api, &number)?,
            format!("Bearer {wanted}"),
        )?;
    }
    finish(host)
}

fn chosen(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let machine = Installation::new(bench)?;
    machine.install(&[])?;
    // The example in the settings chooses tenant-a for the number that is called.
    machine.change(
        "##!define NUMBERSONLINE_CHOOSES_PROFILE\n",
        "#!define NUMBERSONLINE_CHOOSES_PROFILE\n",
    )?;
    machine.set(&format!("{ON}{}{TENANTS}", asks(&api, LONG)))?;
    let host = machine.start(bench)?;
    let number = callers::several(1).next().ok_or("no caller")?;
    same(
        "key",
        key(&machine, &host, &api, &number)?,
        format!("Bearer {TENANT_KEY}"),
    )?;
    finish(host)
}

fn transnexus(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("allow", 503))))?;
    let (machine, host) = screening(bench, &api, LONG)?;
    let service = TcpListener::bind("127.0.0.1:0")?;
    let address = service.local_addr()?.to_string();
    set(&host, "transnexus", "verifyservice_host", &address)?;
    set(&host, "transnexus", "verifyservice_enabled", "1")?;
    let number = callers::several(1).next().ok_or("no caller")?;
    let mut client = machine.client(CARRIER)?;
    client.send(&machine.invite(&number))?;
    service.set_nonblocking(true)?;
    let end = Instant::now() + SOON;
    let connection = loop {
        match service.accept() {
            Ok((connection, _)) => break connection,
            Err(_) if Instant::now() < end => thread::sleep(Duration::from_millis(10)),
            Err(trouble) => return Err(trouble.into()),
        }
    };
    connection.set_nonblocking(false)?;
    connection.set_read_timeout(Some(SOON))?;
    let mut line = String::new();
    BufReader::new(connection).read_line(&mut line)?;
    holds(
        &format!("it goes to TransNexus: {line}"),
        line.starts_with("INVITE ") && line.contains(&address),
    )?;
    same("requests", api.requests().len(), 1)?;
    same("calls at the PBX", machine.pbx().calls().len(), 0)?;
    finish(host)
}

fn no_rule(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("allow", 503))))?;
    let (machine, host) = screening(bench, &api, LONG)?;
    let number = callers::several(1).next().ok_or("no caller")?;
    // With a lookup, and from the cache.
    for _ in 0..2 {
        let mut request = machine.invite(&number);
        request.uri = request.uri.replace(super::database::CALLED, "12125550199");
        let reply = call(&machine, &host, &request)?;
        same(
            "reply",
            (reply.status, reply.phrase.as_str()),
            (500, "No rules defined for number"),
        )?;
    }
    finish(host)
}
