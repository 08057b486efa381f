// SPDX-License-Identifier: GPL-2.0-or-later
//! The script function in Lua and Python (Kamailio's KEMI).
use std::{fs, path::Path, sync::Arc};

use libtest_mimic::Trial;
use testbed::{
    Api, Plan, Product, Result, Value,
    answer::{decision, ok},
    sip::{Client, Peer, Request, Transport},
};

use crate::{
    bench::Bench,
    callers,
    calls::SOON,
    expect::{holds, same},
    subject::Subject,
    suite::{Needs, Suite},
};

/// A routing script in one language.
struct Language {
    name: &'static str,
    module: &'static str,
    file: &'static str,
    script: &'static str,
}

const LANGUAGES: [Language; 2] = [
    Language {
        name: "lua",
        module: "app_lua",
        file: "decide.lua",
        script: include_str!("kemi/decide.lua"),
    },
    Language {
        name: "python",
        module: "app_python3",
        file: "decide.py",
        script: include_str!("kemi/decide.py"),
    },
];

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    if subject.server.product() != Product::Kamailio {
        return Vec::new();
    }
    let mut trials: Vec<Trial> = LANGUAGES
        .iter()
        .map(|language| {
            let needs = Needs {
                parameter: Some("cache_ttl"),
                module: Some(language.module),
                ..Needs::default()
            };
            let name = format!("kemi/a script in {} decides and replies", language.name);
            suite.trial(subject, &name, needs, move |bench| decides(bench, language))
        })
        .collect();
    let needs = Needs {
        module: Some("app_lua"),
        ..Needs::default()
    };
    let name = "kemi/a script recognises a 603+ of a network further on";
    trials.push(suite.trial(subject, name, needs, recognises));
    trials
}

fn recognises(bench: &Bench) -> Result<()> {
    let line = "Reason: SIP;cause=603;text=\"v=analytics1;url=https://a.example/;id=x-1\"";
    let peer = Peer::new("603 Network Blocked", &[line])?;
    let file = bench.suite.file("blocked.lua");
    let script = include_str!("kemi/blocked.lua").replace("PEER", &peer.address().to_string());
    fs::write(&file, script)?;
    let mut setup = bench.setup("http://127.0.0.1:1");
    setup.modules.push("app_lua".to_owned());
    setup
        .foreign
        .push(("app_lua".to_owned(), "load".to_owned(), path(&file)));
    setup.routes = Some("cfgengine \"lua\"\n".to_owned());
    let server = bench.start(&setup)?;
    let request = Request::invite(&callers::sip(callers::CALLER));
    let reply = Client::connect(Transport::Udp, server.host.address())?.call(&request)?;
    same("reply", (reply.status, reply.all("Reason").len()), (603, 1))?;
    for line in ["failure rc=1 url=https://a.example/.", "reply rc=1 id=x-1."] {
        holds(line, server.host.log().wait_for(line, SOON).is_some())?;
    }
    server.finish()
}

fn decides(bench: &Bench, language: &Language) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let file = bench.suite.file(language.file);
    fs::write(&file, language.script)?;
    let mut setup = bench
        .setup(&api.url())
        .env("TENANT_KEY", callers::FILE_KEY)
        .profile("tenant=>api_key=env:TENANT_KEY");
    setup.modules.push(language.module.to_owned());
    setup
        .foreign
        .push((language.module.to_owned(), "load".to_owned(), path(&file)));
    setup.routes = Some(format!("cfgengine \"{}\"\n", language.name));
    let server = bench.start(&setup)?;
    let request = Request::invite(&callers::sip(callers::CALLER));
    let reply = Client::connect(Transport::Udp, server.host.address())?.call(&request)?;
    same(
        "reply",
        (reply.status, reply.phrase.as_str()),
        (603, "Decline"),
    )?;
    same("what the function returned", reply.avp("ret"), "-1")?;
    same("requests", api.requests().len(), 1)?;
    // A name of a profile is known only when the function runs.
    for (profile, status, requests, key) in [
        ("tenant", 603, 2, callers::FILE_KEY),
        ("nobody", 503, 2, callers::FILE_KEY),
        ("", 603, 3, callers::KEY),
    ] {
        let request = Request::invite(&callers::sip(callers::CALLER)).header("X-Profile", profile);
        let reply = Client::connect(Transport::Udp, server.host.address())?.call(&request)?;
        same(profile, reply.status, status)?;
        same("requests", api.requests().len(), requests)?;
        let last = api.requests().pop().ok_or("no request")?;
        let wanted = format!("Bearer {key}");
        same("key", last.header("authorization"), Some(wanted.as_str()))?;
    }
    server.finish()
}

fn path(file: &Path) -> Value {
    Value::from(file.display().to_string())
}
