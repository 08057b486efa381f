// SPDX-License-Identifier: GPL-2.0-or-later
//! What the script writes over a decision before `numbers_online_reply()`: it is sent, or if it cannot be sent, the decision's own reply.
use std::{fmt::Write, sync::Arc};

use libtest_mimic::Trial;
use testbed::{
    Api, Form, Plan, Product, Result, answer,
    sip::{Client, Peer, Reply, Request, Transport},
};

use crate::{
    bench::{Bench, Running},
    callers,
    calls::SOON,
    expect::{holds, same},
    subject::Subject,
    suite::{Needs, Suite},
};

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    [
        (
            "what the script wrote is sent",
            sent as fn(&Bench) -> Result<()>,
        ),
        (
            "what cannot be sent is one line, and the decision's own reply is sent",
            refused,
        ),
        ("in a failure route", failed),
    ]
    .map(|(name, body)| {
        suite.trial(
            subject,
            &format!("overrides/{name}"),
            Needs::default(),
            body,
        )
    })
    .into()
}

const CONTACT: &str = "sip:ivr@192.0.2.10";

/// A word for the X-Test header of a call, and what the script writes for it.
type Case = (&'static str, &'static str);

const GOOD: [Case; 6] = [
    ("code", "$avp(nol_code) = 480;"),
    (
        "both",
        "$avp(nol_code) = 480; $avp(nol_phrase) = \"Not Now\";",
    ),
    (
        "contact",
        "$avp(nol_contact) = \"sip:other@192.0.2.11;lr\";",
    ),
    (
        "redirect",
        "$avp(nol_code) = 302; $avp(nol_phrase) = \"Moved\"; $avp(nol_contact) = \"tel:+442079460958\";",
    ),
    (
        "decline",
        "$avp(nol_code) = 603; $avp(nol_phrase) = \"Decline\";",
    ),
    ("last", "$avp(nol_code) = 699; $avp(nol_phrase) = \"Last\";"),
];

/// A case, and the AVP that the line names.
const BAD: [(Case, &str); 12] = [
    (("200", "$avp(nol_code) = 200;"), "nol_code"),
    (("183", "$avp(nol_code) = 183;"), "nol_code"),
    (("700", "$avp(nol_code) = 700;"), "nol_code"),
    (("minus", "$avp(nol_code) = -1;"), "nol_code"),
    (("text", "$avp(nol_code) = \"busy\";"), "nol_code"),
    (("empty phrase", "$avp(nol_phrase) = \"\";"), "nol_phrase"),
    (
        ("phrase", "$avp(nol_phrase) = \"No\\r\\nX-Injected: yes\";"),
        "nol_phrase",
    ),
    (
        ("302", "$avp(nol_code) = 302; $avp(nol_contact) = \"\";"),
        "nol_contact",
    ),
    (
        (
            "crlf",
            "$avp(nol_code) = 302; $avp(nol_contact) = \"sip:a@b\\r\\nX-Injected: yes\";",
        ),
        "nol_contact",
    ),
    (
        (
            "angle",
            "$avp(nol_code) = 302; $avp(nol_contact) = \"sip:a@b>,<sip:c@d\";",
        ),
        "nol_contact",
    ),
    (
        (
            "http",
            "$avp(nol_code) = 302; $avp(nol_contact) = \"http://ivr.example\";",
        ),
        "nol_contact",
    ),
    (
        ("word", "$avp(nol_code) = 302; $avp(nol_contact) = \"ivr\";"),
        "nol_contact",
    ),
];

/// Where the reply is sent.
#[derive(Clone, Copy)]
enum Place<'a> {
    /// In the route of the decision.
    Route,
    /// In a failure route, after this peer refused the call.
    FailureRoute(&'a Peer),
}

fn start(bench: &Bench, api: &Api, place: Place<'_>) -> Result<Running> {
    let (main, pong) = match bench.server.product() {
        Product::Kamailio => ("request_route", "sl_send_reply(\"200\", \"OK\");"),
        Product::OpenSips => ("route", "sl_send_reply(200, \"OK\");"),
    };
    let (globals, decide) = match (bench.form, bench.server.product()) {
        (Form::Sync, _) => ("", "numbers_online_decide(); route(RESULT);"),
        (Form::Async, Product::Kamailio) => (
            "async_workers=2\n",
            "numbers_online_decide_async(\"RESULT\"); route(RESULT);",
        ),
        (Form::Async, Product::OpenSips) => ("", "async(numbers_online_decide(), RESULT);"),
    };
    let mut script = format!(
        "{globals}{main} {{\n\
         \tif (is_method(\"OPTIONS\")) {{ {pong} exit; }}\n\
         \tif (is_method(\"ACK\")) {{ t_check_trans(); exit; }}\n\
         \t{decide}\n\
         }}\n\
         route[RESULT] {{\n"
    );
    if let Place::FailureRoute(peer) = place {
        writeln!(
            script,
            "\t$du = \"sip:{}\";\n\tt_on_failure(\"FAILED\");\n\tt_relay();\n\texit;\n}}\nfailure_route[FAILED] {{",
            peer.address()
        )?;
    }
    for (test, statements) in GOOD.into_iter().chain(BAD.map(|(case, _)| case)) {
        writeln!(
            script,
            "\tif ($hdr(X-Test) == \"{test}\") {{ {statements} }}"
        )?;
    }
    script.push_str("\tnumbers_online_reply();\n}\n");
    let mut setup = bench
        .setup(&api.url())
        .param("redirect_contact", CONTACT)
        .param("redirect_threshold", 90);
    // The script is the same for both, but for the call of the function.
    setup.form = Form::Sync;
    setup.routes = Some(script);
    bench.start(&setup)
}

fn call(server: &Running, test: &str) -> Result<Reply> {
    let request = Request::invite(&callers::sip(callers::CALLER)).header("X-Test", test);
    Client::connect(Transport::Udp, server.host.address())?.call(&request)
}

fn play(api: &Api, decision: &str, code: u16) {
    api.play(Plan::always(answer::ok(&answer::decision(decision, code))));
}

fn sent(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(answer::ok(&answer::decision("block", 603))))?;
    let server = start(bench, &api, Place::Route)?;
    sends(&server, &api)?;
    server.finish()
}

fn failed(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(answer::ok(&answer::decision("block", 603))))?;
    let peer = Peer::new("486 Busy Here", &[])?;
    let server = start(bench, &api, Place::FailureRoute(&peer))?;
    sends(&server, &api)?;
    server.finish()
}

fn sends(server: &Running, api: &Api) -> Result<()> {
    for (decision, code, phrase) in [
        ("block", 603, "Decline"),
        ("redirect", 302, "Moved Temporarily"),
        ("allow", 503, "Service Unavailable"),
    ] {
        play(api, decision, code);
        let own = (code == 302).then_some(CONTACT);
        let other = (code == 302).then_some("sip:other@192.0.2.11;lr");
        for (test, code, phrase, contact) in [
            ("none", code, phrase, own),
            ("code", 480, phrase, None),
            ("both", 480, "Not Now", None),
            ("contact", code, phrase, other),
            ("redirect", 302, "Moved", Some("tel:+442079460958")),
            ("decline", 603, "Decline", None),
            ("last", 699, "Last", None),
        ] {
            let reply = call(server, test)?;
            let contact = contact.map(|contact| format!("<{contact}>"));
            same(
                &format!("{decision}, {test}"),
                (reply.status, reply.phrase.as_str(), reply.header("Contact")),
                (code, phrase, contact.as_deref()),
            )?;
        }
    }
    holds(
        &format!("nothing is short: {}", server.host.log().tail()),
        !server.host.log().text().contains("out of memory"),
    )
}

fn refused(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(answer::ok(&answer::decision("block", 603))))?;
    let server = start(bench, &api, Place::Route)?;
    let mut expected = [("nol_code", 0), ("nol_phrase", 0), ("nol_contact", 0)];
    for (decision, code, phrase) in [
        ("block", 603, "Decline"),
        ("redirect", 302, "Moved Temporarily"),
        ("allow", 503, "Service Unavailable"),
    ] {
        play(&api, decision, code);
        let own = (code == 302).then(|| format!("<{CONTACT}>"));
        for ((test, _), avp) in BAD {
            let reply = call(&server, test)?;
            same(
                &format!("{decision}, {test}"),
                (
                    reply.status,
                    reply.phrase.as_str(),
                    reply.header("Contact"),
                    reply.header("X-Injected"),
                ),
                (code, phrase, own.as_deref(), None),
            )?;
            for (name, count) in &mut expected {
                *count += usize::from(*name == avp);
            }
        }
    }
    for (avp, count) in expected {
        let is_one = |line: &str| {
            line.contains(&format!("numbers_online_reply(): $avp({avp})"))
                && line.contains("the reply of the decision is sent")
        };
        same(
            avp,
            server.host.log().wait_for_lines(count, SOON, is_one),
            count,
        )?;
    }
    holds(
        "no line is broken",
        !server.host.log().text().contains("\nX-Injected"),
    )?;
    server.finish()
}
