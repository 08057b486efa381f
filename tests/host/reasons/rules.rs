// SPDX-License-Identifier: GPL-2.0-or-later
//! The rules of docs/regulation.md. Each trial is named after its rule.
use std::fs;

use serde_json::json;
use testbed::{
    Plan, Result,
    answer::{self, RECEIPT},
    sip::{Client, Request, Transport},
};

use super::{REDRESS, US, api, blocking, invite, network_blocked, routes, sent, setup, start};
use crate::{bench::Bench, callers, expect::same};

pub(super) fn analytics(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = start(bench, &api, &[REDRESS, US])?;
    for reason in [
        "dnc_listed",
        "reassigned",
        "risk_over_flag_threshold",
        "new",
    ] {
        let mut body = answer::decision("block", 603);
        body["reason"] = json!(reason);
        api.play(Plan::always(answer::ok(&body)));
        for transport in Transport::ALL {
            let reply = server.call(transport, &invite().header("Feature-Caps", "*;+sip.608"))?;
            let wanted = network_blocked();
            same(
                reason,
                sent(&reply),
                (603, "Network Blocked", vec![&*wanted]),
            )?;
            same("nol_code", reply.avp("code"), "603")?;
            same("nol_phrase", reply.avp("phrase"), "Network Blocked")?;
            same("nol_reply_reason", reply.avp("reply_reason"), &*wanted)?;
        }
    }
    server.finish()
}

pub(super) fn invalid(bench: &Bench) -> Result<()> {
    let mut body = answer::decision("block", 603);
    body["reason"] = json!("invalid_number");
    body["valid"] = json!(false);
    let api = api(&body)?;
    let explained = |code: u16| {
        format!("SIP;cause={code};text=\"decision=block;reason=invalid_number;id={RECEIPT}\"")
    };
    for (block_reply, code, phrase) in [
        ("", 603, "Decline"),
        ("invalid=404", 404, "Not Found"),
        (
            "invalid=484 'No Such Number' list=607",
            484,
            "No Such Number",
        ),
    ] {
        let server = start(bench, &api, &[REDRESS, US, &[("block_reply", block_reply)]])?;
        let reply = server.call(Transport::Udp, &invite())?;
        let reason = explained(code);
        same(block_reply, sent(&reply), (code, phrase, vec![&*reason]))?;
        server.finish()?;
    }
    Ok(())
}

pub(super) fn rejected(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = start(bench, &api, &[REDRESS, &[("block_reply", "608")]])?;
    for (caps, code, phrase) in [
        (vec!["*;+sip.608"], 608, "Rejected"),
        (
            vec!["*;+x", "*;+g.3gpp.icsi=\"a,b\";+SIP.608"],
            608,
            "Rejected",
        ),
        (vec![], 603, "Network Blocked"),
        (vec!["*;+sip.6080"], 603, "Network Blocked"),
    ] {
        let mut request = invite();
        for body in &caps {
            request = request.header("Feature-Caps", body);
        }
        let reply = server.call(Transport::Udp, &request)?;
        same(
            "reply",
            (reply.status, reply.phrase.as_str()),
            (code, phrase),
        )?;
        same("Reason headers", reply.all("Reason").len(), 1)?;
        same("Call-Info", reply.header("Call-Info"), None)?;
    }
    server.finish()
}

pub(super) fn one(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let mut setup = setup(bench, &api, &[REDRESS, US]);
    setup.routes = Some(routes(
        bench,
        "\tif ($hdr(X-Test) == \"transaction\") { t_newtran(); }\n\
         \tif ($hdr(X-Test) == \"own\") { append_to_reply(\"X-A: b\\r\\nREASON : SIP;cause=603;text=\\\"own\\\"\\r\\n\"); }\n\
         \tif ($hdr(X-Test) == \"other\") { append_to_reply(\"X-Reason: x\\r\\nReasonable: y\\r\\n\"); }\n\
         \tif ($hdr(X-Test) == \"failed\") { $avp(nol_code) = 99; numbers_online_reply(); $avp(nol_code) = 603; }\n\
         \tnumbers_online_reply();\n\
         \tnumbers_online_reply();",
    ));
    let server = bench.start(&setup)?;
    let wanted = network_blocked();
    for (test, reason) in [
        ("none", &*wanted),
        ("transaction", &wanted),
        ("other", &wanted),
        ("failed", &wanted),
        ("own", "SIP;cause=603;text=\"own\""),
    ] {
        let mut client = Client::connect(Transport::Udp, server.host.address())?;
        let request = invite().header("X-Test", test);
        let reply = client.call(&request)?;
        same(test, reply.all("Reason"), vec![reason])?;
        same(test, reply.phrase.as_str(), "Network Blocked")?;
    }
    server.finish()
}

pub(super) fn no_retry_after(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    for params in [&[][..], US] {
        let server = start(bench, &api, &[REDRESS, params])?;
        let reply = server.call(Transport::Udp, &invite())?;
        same(
            "reply",
            (reply.status, reply.header("Retry-After")),
            (603, None),
        )?;
        server.finish()?;
    }
    Ok(())
}

/// RFC 5079, unless the operator says otherwise.
pub(super) fn anonymous(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    for (block_reply, code, phrase) in [
        ("", 433, "Anonymity Disallowed"),
        ("603", 433, "Anonymity Disallowed"),
        ("anonymous=403", 403, "Forbidden"),
        ("anonymous=433 'No Name'", 433, "No Name"),
    ] {
        let params = [("anonymous", "block"), ("block_reply", block_reply)];
        let server = start(bench, &api, &[&params])?;
        let caller = "sip:anonymous@anonymous.invalid";
        let reply = server.call(Transport::Udp, &Request::invite(caller))?;
        let reason =
            format!("SIP;cause={code};text=\"decision=block;reason=anonymous;failure=anonymous\"");
        same(block_reply, sent(&reply), (code, phrase, vec![&*reason]))?;
        server.finish()?;
    }
    same("requests", api.requests().len(), 0)
}

/// By the numbering plan, without a request.
pub(super) fn impossible(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    for (block_reply, code, phrase) in [
        ("", 603, "Decline"),
        ("invalid=404 'No Such Number'", 404, "No Such Number"),
    ] {
        let server = start(bench, &api, &[REDRESS, US, &[("block_reply", block_reply)]])?;
        let caller = callers::sip("+999123456789");
        let reply = server.call(Transport::Udp, &Request::invite(&caller))?;
        let reason = format!("SIP;cause={code};text=\"decision=block;reason=invalid_number\"");
        same(block_reply, sent(&reply), (code, phrase, vec![&*reason]))?;
        server.finish()?;
    }
    same("requests", api.requests().len(), 0)
}

/// 607 is the called user's own wish (RFC 8197).
pub(super) fn listed(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let name = bench.name.replace('/', "_");
    let file = |list: &str, line: &str| -> Result<String> {
        let path = bench.suite.file(&format!("{name}-{list}"));
        fs::write(&path, format!("{line}\n"))?;
        Ok(path.display().to_string())
    };
    let deny = file("deny", callers::CALLER)?;
    let dno = file("dno", callers::BRITISH)?;
    let lists = [("deny_list", deny.as_str()), ("dno_list", dno.as_str())];
    let blocks = [("block_reply", "dno=403 list=607")];
    let server = start(bench, &api, &[REDRESS, US, &lists, &blocks])?;
    let listed = |code: u16, reason: &str| {
        format!("SIP;cause={code};text=\"decision=block;reason={reason}\"")
    };
    for (number, code, phrase, reason) in [
        (callers::CALLER, 607, "Unwanted", listed(607, "deny_list")),
        (callers::BRITISH, 403, "Forbidden", listed(403, "dno")),
    ] {
        let request = Request::invite(&callers::sip(number));
        let reply = server.call(Transport::Udp, &request)?;
        same(number, sent(&reply), (code, phrase, vec![&*reason]))?;
    }
    same("requests", api.requests().len(), 0)?;
    server.finish()
}
