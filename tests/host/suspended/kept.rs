// SPDX-License-Identifier: GPL-2.0-or-later
//! State that the request route set and the resumed route reads, in Kamailio.
use std::{fs, sync::Arc, time::Duration};

use libtest_mimic::Trial;
use testbed::{
    Api, Result,
    sip::{Client, Reply, Request, Transport},
};

use super::{after, invite, timed};
use crate::{
    bench::{Bench, Running},
    expect::{holds, same},
    subject::Subject,
    suite::{Needs, Suite},
};

/// Each script sets all state in the request route, and reports it in the resumed route.
///
/// A request whose `X-Test` header is `transaction` has its transaction created before anything is set. One with `other` sets
/// something in the resumed route, where the process could keep it for the next call.
const SCRIPT: &str = r#"async_workers=1
request_route {
	if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
	if (is_method("ACK")) { t_check_trans(); exit; }
	if ($hdr(X-Test) == "other") { numbers_online_decide_async("OTHER"); exit; }
	if ($hdr(X-Test) == "nothing") { numbers_online_decide_async("SEEN"); exit; }
	if ($hdr(X-Test) == "transaction") { t_newtran(); }
	setflag(1);
	setxflag(40);
	setbflag(5);
	$avp(y) = "avp";
	$xavp(x=>y) = "xavp";
	$xavu(u) = "xavu";
	$ru = "sip:target@127.0.0.1";
	$du = "sip:127.0.0.1:9";
	$fs = "udp:" + $Ri + ":" + $Rp;
	append_branch("sip:other@127.0.0.1");
	$(branch(flags)[0]) = 8;
	append_to_reply("X-NOL-lump: kept\r\n");
	numbers_online_decide_async("SEEN");
}
route[OTHER] {
	setbflag(9);
	append_branch("sip:forgotten@127.0.0.1");
	t_reply("480", "Temporarily Unavailable");
}
route[SEEN] {
	if (isxflagset(40)) { $avp(x) = "set"; } else { $avp(x) = "not set"; }
	append_to_reply("X-NOL-bf: $bf\r\n");
	append_to_reply("X-NOL-mf: $mf\r\n");
	append_to_reply("X-NOL-xflag: $avp(x)\r\n");
	append_to_reply("X-NOL-avp: $avp(y)\r\n");
	append_to_reply("X-NOL-xavp: $xavp(x=>y)\r\n");
	append_to_reply("X-NOL-xavu: $xavu(u)\r\n");
	append_to_reply("X-NOL-ru: $ru\r\n");
	append_to_reply("X-NOL-du: $du\r\n");
	append_to_reply("X-NOL-branches: $branch(count) $(branch(uri)[0]) $(branch(flags)[0])\r\n");
	append_to_reply("X-NOL-socket: $fs\r\n");
	t_reply("486", "Busy Here");
}
"#;

/// The same of what a script in Lua can set.
const LUA: &str = r#"
function seen(...)
	local lines = "X-NOL-arguments: " .. select('#', ...) .. "\r\n"
	lines = lines .. "X-NOL-bf: " .. KSR.pv.get("$bf") .. "\r\n"
	lines = lines .. "X-NOL-mf: " .. KSR.pv.get("$mf") .. "\r\n"
	lines = lines .. "X-NOL-branches: " .. KSR.pv.get("$branch(count)") .. "\r\n"
	lines = lines .. "X-NOL-du: " .. KSR.pv.get("$du") .. "\r\n"
	KSR.hdr.append_to_reply(lines)
	KSR.tm.t_reply(486, "Busy Here")
end

function ksr_request_route()
	if KSR.is_ACK() then KSR.tm.t_check_trans() return end
	if not KSR.is_INVITE() then KSR.sl.sl_send_reply(200, "OK") return end
	KSR.tm.t_newtran()
	KSR.setflag(1)
	KSR.setbflag(5)
	KSR.pv.sets("$du", "sip:127.0.0.1:9")
	KSR.corex.append_branch_uri("sip:other@127.0.0.1")
	KSR.numbers_online.decide_async("seen", "")
end
"#;

const PYTHON: &str = r#"
import KSR

def mod_init():
    return Script()

class Script:
    def child_init(self, rank):
        return 0

    def seen(self, msg, *more):
        lines = "X-NOL-arguments: %d\r\n" % len(more)
        for name, variable in [("bf", "$bf"), ("mf", "$mf"), ("branches", "$branch(count)"), ("du", "$du")]:
            lines += "X-NOL-%s: %s\r\n" % (name, KSR.pv.get(variable))
        KSR.hdr.append_to_reply(lines)
        KSR.tm.t_reply(486, "Busy Here")
        return 1

    def ksr_request_route(self, msg):
        if KSR.is_ACK():
            KSR.tm.t_check_trans()
            return 1
        if not KSR.is_INVITE():
            KSR.sl.sl_send_reply(200, "OK")
            return 1
        KSR.tm.t_newtran()
        KSR.setflag(1)
        KSR.setbflag(5)
        KSR.pv.sets("$du", "sip:127.0.0.1:9")
        KSR.corex.append_branch_uri("sip:other@127.0.0.1")
        KSR.numbers_online.decide_async("seen", "")
        return 1
"#;

const JAVASCRIPT: &str = r#"
function seen() {
	var lines = "X-NOL-arguments: " + arguments.length + "\r\n";
	lines += "X-NOL-bf: " + KSR.pv.get("$bf") + "\r\n";
	lines += "X-NOL-mf: " + KSR.pv.get("$mf") + "\r\n";
	lines += "X-NOL-branches: " + KSR.pv.get("$branch(count)") + "\r\n";
	lines += "X-NOL-du: " + KSR.pv.get("$du") + "\r\n";
	KSR.hdr.append_to_reply(lines);
	KSR.tm.t_reply(486, "Busy Here");
}

function ksr_request_route() {
	if (KSR.is_ACK()) { KSR.tm.t_check_trans(); return; }
	if (!KSR.is_INVITE()) { KSR.sl.sl_send_reply(200, "OK"); return; }
	KSR.tm.t_newtran();
	KSR.setflag(1);
	KSR.setbflag(5);
	KSR.pv.sets("$du", "sip:127.0.0.1:9");
	KSR.corex.append_branch_uri("sip:other@127.0.0.1");
	KSR.numbers_online.decide_async("seen", "");
}
"#;

/// A language of KEMI: module, engine, file and script.
const LANGUAGES: [[&str; 4]; 3] = [
    ["app_lua", "lua", "kept.lua", LUA],
    ["app_python3", "python", "kept.py", PYTHON],
    ["app_jsdt", "jsdt", "kept.js", JAVASCRIPT],
];

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body| super::trial(suite, subject, name, body);
    let mut trials = vec![
        trial("the resumed route sees what the request route set", kept),
        trial(
            "and what it set after it created the transaction",
            kept_with_transaction,
        ),
        trial(
            "and nothing of the call that was resumed before",
            nothing_of_others,
        ),
    ];
    trials.extend(LANGUAGES.map(|language| {
        let [module, engine, ..] = language;
        let needs = Needs {
            module: Some(module),
            ..Needs::default()
        };
        let name =
            format!("suspended/a function in {engine} sees what was set, and gets no argument");
        suite.trial(subject, &name, needs, move |bench| kemi(bench, language))
    }));
    trials
}

fn start(bench: &Bench) -> Result<(Api, Running)> {
    let api = Api::http(after(Duration::from_millis(20)))?;
    let mut setup = bench.setup(&api.url());
    setup.modules.push("textopsx".to_owned());
    setup.routes = Some(SCRIPT.to_owned());
    let server = bench.start(&setup)?;
    Ok((api, server))
}

const SEEN: [(&str, &str); 11] = [
    ("bf", "32"),
    ("mf", "2"),
    ("xflag", "set"),
    ("avp", "avp"),
    ("xavp", "xavp"),
    ("xavu", "xavu"),
    ("ru", "sip:target@127.0.0.1"),
    ("du", "sip:127.0.0.1:9"),
    ("branches", "1 sip:other@127.0.0.1 8"),
    ("lump", "kept"),
    ("socket", "udp:127.0.0.1:PORT"),
];

fn check(reply: &Reply, server: &Running) -> Result<()> {
    same("reply", reply.status, 486)?;
    let port = server.host.address().port().to_string();
    SEEN.iter().try_for_each(|(name, wanted)| {
        same(
            name,
            reply.avp(name),
            wanted.replace("PORT", &port).as_str(),
        )
    })
}

fn kept(bench: &Bench) -> Result<()> {
    let (_api, server) = start(bench)?;
    check(&timed(&server, &invite())?.0, &server)?;
    server.finish()
}

fn kept_with_transaction(bench: &Bench) -> Result<()> {
    let (_api, server) = start(bench)?;
    let request = invite().header("X-Test", "transaction");
    check(&timed(&server, &request)?.0, &server)?;
    server.finish()
}

fn nothing_of_others(bench: &Bench) -> Result<()> {
    let (_api, server) = start(bench)?;
    timed(&server, &invite().header("X-Test", "other"))?;
    let (reply, _) = timed(&server, &invite().header("X-Test", "nothing"))?;
    same(
        "flags, target and branches",
        ["bf", "mf", "xflag", "du", "branches"].map(|name| reply.avp(name)),
        ["0", "0", "not set", "<null>", "<null> <null> <null>"],
    )?;
    server.finish()
}

fn kemi(bench: &Bench, [module, engine, file, script]: [&str; 4]) -> Result<()> {
    let api = Api::http(after(Duration::from_millis(20)))?;
    let path = bench.suite.file(file);
    fs::write(&path, script)?;
    let mut setup = bench.setup(&api.url());
    setup.modules.push(module.to_owned());
    let load = path.display().to_string();
    setup
        .foreign
        .push((module.to_owned(), "load".to_owned(), load.into()));
    setup.routes = Some(format!("async_workers=1\ncfgengine \"{engine}\"\n"));
    let server = bench.start(&setup)?;
    let request: Request = invite();
    let reply = Client::connect(Transport::Udp, server.host.address())?.call(&request)?;
    same("reply", reply.status, 486)?;
    same(
        "arguments, flags, target and branches",
        ["arguments", "bf", "mf", "du", "branches"].map(|name| reply.avp(name)),
        ["0", "32", "2", "sip:127.0.0.1:9", "1"],
    )?;
    holds("one request", api.requests().len() == 1)?;
    server.finish()
}
