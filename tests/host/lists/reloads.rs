// SPDX-License-Identifier: GPL-2.0-or-later
//! Lists are replaced while the server runs.
use std::{
    fmt::Write,
    fs,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use testbed::{
    Result, Setup,
    sip::{Client, Request, Transport},
};

use super::{allowing, denied, path, setup, write};
use crate::{
    bench::{Bench, Running},
    callers,
    expect::{Expected, holds, same},
    operator::shows,
};

pub(super) fn replaced(bench: &Bench) -> Result<()> {
    let api = allowing()?;
    let setup = setup(bench, &api.url(), &[("deny_list", "+1202*\n")])?;
    let server = bench.start(&Setup {
        children: 4,
        ..setup
    })?;
    server.expect(callers::CALLER, &denied(callers::CALLER, "deny_list"))?;
    // By another file of the same name, as most programs write it.
    let fresh = write(bench, "fresh", "+4477*\n+1415*\n")?;
    fs::rename(fresh, path(bench, "deny_list"))?;
    shows(&server, "reload", &["reloads: 1", "deny_list_entries: 2"])?;
    for _ in 0..8 {
        server.expect(callers::CALLER, &Expected::api(503, 1, "allow"))?;
        server.expect(callers::BRITISH, &denied(callers::BRITISH, "deny_list"))?;
    }
    server.finish()
}

pub(super) fn refused(bench: &Bench) -> Result<()> {
    let api = allowing()?;
    let lists = [("deny_list", "+1202*\n"), ("dno_list", "+1900*\n")];
    let server = bench.start(&setup(bench, &api.url(), &lists)?)?;
    let reload = || {
        let answer = server.host.command("reload", &[]);
        answer.unwrap_or_else(|e| e.to_string())
    };
    for (text, why) in [
        ("+4477*\n12025550123\n", "line 2: a number begins with +"),
        ("+4477*", ""),
    ] {
        write(bench, "dno_list", text)?;
        write(bench, "deny_list", "+4477*\n")?;
        let answer = reload();
        if why.is_empty() {
            holds(&answer, answer.contains("deny_list_entries: 1"))?;
            continue;
        }
        let file = path(bench, "dno_list");
        let wanted = format!("parameter dno_list: {} {why}", file.display());
        let stays = "everything stays as it is";
        holds(&answer, answer.contains(&wanted) && answer.contains(stays))?;
        // Neither that list nor the other one was replaced.
        server.expect(callers::CALLER, &denied(callers::CALLER, "deny_list"))?;
        server.expect("+19005550123", &denied("+19005550123", "dno"))?;
        server.expect(callers::BRITISH, &Expected::api(503, 1, "allow"))?;
        shows(&server, "status", &["reloads: 0"])?;
    }
    fs::remove_file(path(bench, "deny_list"))?;
    let answer = reload();
    holds(&answer, answer.contains("No such file or directory"))?;
    server.expect(callers::BRITISH, &denied(callers::BRITISH, "deny_list"))?;
    server.finish()
}

/// Calls while the lists are replaced again and again. Each call gets one reply, and by one of the lists or none.
pub(super) fn under_load(bench: &Bench) -> Result<()> {
    let api = allowing()?;
    let many = |prefix: &str| {
        let mut text = format!("{prefix}*\n");
        for n in 0..50_000 {
            let _ = writeln!(text, "+1310555{n:05}");
        }
        text
    };
    let lists = [("deny_list", &*many("+1202")), ("dno_list", "+44*\n")];
    let setup = setup(bench, &api.url(), &lists)?;
    let server = bench.start(&Setup {
        // A transaction takes shared memory for seconds after its reply, and there are many in one second.
        options: ["-m", "512"].map(str::to_owned).into(),
        ..setup
    })?;
    let (address, stop) = (server.host.address(), AtomicBool::new(false));
    let calls = || -> std::result::Result<usize, String> {
        let mut calls = 0;
        let trouble = |e: testbed::Trouble| e.to_string();
        while !stop.load(Ordering::SeqCst) || calls == 0 {
            let request = Request::invite(&callers::sip(callers::BRITISH));
            let mut client = Client::connect(Transport::Udp, address).map_err(trouble)?;
            let reply = client.call(&request).map_err(trouble)?;
            // This list is the same in all of them.
            denied(callers::BRITISH, "dno")
                .check(&reply)
                .map_err(trouble)?;
            let request = Request::invite(&callers::sip(callers::CALLER));
            let reply = client.call(&request).map_err(trouble)?;
            if ![503, 603].contains(&reply.status) {
                return Err(format!("{reply:?}"));
            }
            calls += 2;
            thread::sleep(Duration::from_millis(1));
        }
        Ok(calls)
    };
    let calls = thread::scope(|scope| -> Result<usize> {
        let caller = scope.spawn(calls);
        let outcome = reload_often(bench, &server, &many);
        stop.store(true, Ordering::SeqCst);
        let calls = caller.join().map_err(|_| "the caller panicked")?;
        outcome?;
        Ok(calls?)
    })?;
    holds(&format!("{calls} calls"), calls > 10)?;
    same(
        "lines about a failure",
        server.host.log().text().matches("reload:").count(),
        0,
    )?;
    server.finish()
}

fn reload_often(bench: &Bench, server: &Running, many: &impl Fn(&str) -> String) -> Result<()> {
    for round in 0..10 {
        write(bench, "deny_list", &many(["+1415", "+1202"][round % 2]))?;
        shows(server, "reload", &["deny_list_entries: 50001"])?;
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Half of them numbers, the rest prefixes and ranges.
pub(super) fn million(bench: &Bench) -> Result<()> {
    let api = allowing()?;
    let mut text = String::new();
    for n in 0..500_000 {
        let _ = writeln!(text, "+1{:010}", 2_000_000_000_u64 + 7919 * n);
    }
    for n in 0..400_000 {
        let _ = writeln!(text, "+44{:07}*", 1_000_000 + 17 * n);
    }
    for n in 0..100_000 {
        let _ = writeln!(text, "+49{0:06}00..+49{0:06}59", 100_000 + 7 * n);
    }
    // Most of these numbers cannot exist.
    let setup = setup(bench, &api.url(), &[("deny_list", &text)])?.param("local_check", 0);
    let server = bench.start(&Setup {
        children: 8,
        patience: Duration::from_secs(60),
        ..setup
    })?;
    let check = || -> Result<()> {
        shows(&server, "status", &["deny_list_entries: 1000000"])?;
        for number in [
            "+12000000000",
            "+12003959500",
            "+4477999830",
            "+49799993595",
        ] {
            server.expect(number, &denied(number, "deny_list"))?;
        }
        for number in ["+12000000001", "+4410000010", "+491000006012"] {
            server.expect(number, &Expected::api(503, 1, "allow"))?;
        }
        Ok(())
    };
    check()?;
    shows(&server, "reload", &["deny_list_entries: 1000000"])?;
    check()?;
    server.finish()
}
