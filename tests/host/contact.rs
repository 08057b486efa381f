// SPDX-License-Identifier: GPL-2.0-or-later
//! A redirection to a Contact that names the called user: nothing that a caller writes ends the URI or the header.
use std::sync::Arc;

use libtest_mimic::Trial;
use testbed::{
    Api, Form, Plan, Product, Result, Setup, answer,
    sip::{Request, Transport},
};

use crate::{
    bench::{Bench, Running},
    callers,
    expect::{Expected, same},
    subject::Subject,
    suite::{Needs, Suite},
};

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    [
        (
            "the called user stands in the Contact, escaped",
            escaped as fn(&Bench) -> Result<()>,
        ),
        (
            "a call to nobody is allowed, because its Contact would name nobody",
            nobody,
        ),
        ("the called user is the one that the script wrote", written),
        (
            "a profile without its name has the same Contact for all",
            by_profile,
        ),
    ]
    .map(|(name, body)| suite.trial(subject, &format!("contact/{name}"), Needs::default(), body))
    .into()
}

fn redirect() -> Result<Api> {
    Api::http(Plan::always(answer::ok(&answer::decision("redirect", 302))))
}

fn setup(bench: &Bench, api: &Api) -> Setup {
    let mut setup = bench
        .setup(&api.url())
        .param("redirect_threshold", 90)
        .param(
            "redirect_contact",
            "<sip:x-{called}@192.0.2.20;transport=tcp>",
        );
    setup.replies = true;
    setup
}

fn to(uri: &str) -> Request {
    Request::invite(&callers::sip(callers::CALLER)).uri(uri)
}

fn expect(server: &Running, uri: &str, contact: &str) -> Result<()> {
    let reply = server.call(Transport::Udp, &to(uri))?;
    let found = (
        reply.status,
        reply.header("Contact"),
        reply.header("X-Injected"),
    );
    same(
        uri,
        found,
        (302, Some(format!("<{contact}>").as_str()), None),
    )?;
    same(uri, reply.avp("contact"), contact)
}

fn escaped(bench: &Bench) -> Result<()> {
    let api = redirect()?;
    let server = bench.start(&setup(bench, &api))?;
    let longest = "a".repeat(64);
    let with_separators = format!("+44{}2079460958", "-".repeat(100));
    let with_parameters = format!("+442079460958;x={}", "a".repeat(800));
    for (user, written) in [
        ("+442079460958", "+442079460958"),
        ("+44-20-7946-0958", "+442079460958"),
        (with_separators.as_str(), "+442079460958"),
        ("+442079460958;npdi;rn=+442079460001", "+442079460958"),
        (with_parameters.as_str(), "+442079460958"),
        ("bob:password", "bob"),
        ("%62ob", "bob"),
        ("*31#", "%2A31%23"),
        ("a%0d%0aX-Injected%3A%20yes", "a%0D%0AX-Injected%3A%20yes"),
        ("a%3E%2C%3Csip%3Aevil%40h", "a%3E%2C%3Csip%3Aevil%40h"),
        ("a%3Btransport%3Dudp", "a%3Btransport%3Dudp"),
        ("a%22b%27c%5Cd%00e", "a%22b%27c%5Cd%00e"),
        ("100%25", "100%25"),
        ("%2525", "%2525"),
        ("caf%C3%A9", "caf%C3%A9"),
        ("%7Bcalled%7D%24rU", "%7Bcalled%7D%24rU"),
        ("a&b=c+d$e,f?g/h", "a%26b%3Dc+d%24e%2Cf%3Fg%2Fh"),
        (longest.as_str(), longest.as_str()),
    ] {
        let contact = format!("sip:x-{written}@192.0.2.20;transport=tcp");
        expect(
            &server,
            &format!("sip:{user}@tenant.example;user=phone"),
            &contact,
        )?;
    }
    expect(
        &server,
        "tel:+442079460958;x=y",
        "sip:x-+442079460958@192.0.2.20;transport=tcp",
    )?;
    server.finish()
}

fn nobody(bench: &Bench) -> Result<()> {
    let api = redirect()?;
    let server = bench.start(&setup(bench, &api))?;
    let long = format!("sip:{}@tenant.example", "a".repeat(65));
    for uri in ["sip:192.0.2.1", "sip:tenant.example;x=y", &long] {
        let reply = server.call(Transport::Udp, &to(uri))?;
        Expected::api(503, 1, "allow")
            .and("would", "redirect")
            .and("failure", "no_contact")
            .and("contact", "")
            .check(&reply)
            .map_err(|e| format!("{uri}: {e}"))?;
        same(uri, reply.header("Contact"), None)?;
    }
    server.finish()
}

/// The script changes the request URI before the decision.
fn written(bench: &Bench) -> Result<()> {
    let api = redirect()?;
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
    let mut setup = setup(bench, &api);
    setup.form = Form::Sync;
    setup.routes = Some(format!(
        "{globals}{main} {{\n\
         \tif (is_method(\"OPTIONS\")) {{ {pong} exit; }}\n\
         \tif (is_method(\"ACK\")) {{ t_check_trans(); exit; }}\n\
         \t$rU = \"written\";\n\
         \t{decide}\n\
         }}\n\
         route[RESULT] {{ numbers_online_reply(); }}\n"
    ));
    let server = bench.start(&setup)?;
    let mut client = testbed::sip::Client::connect(Transport::Udp, server.host.address())?;
    let reply = client.call(&to("sip:+442079460958@tenant.example"))?;
    let contact = "<sip:x-written@192.0.2.20;transport=tcp>";
    same(
        "reply",
        (reply.status, reply.header("Contact")),
        (302, Some(contact)),
    )?;
    server.finish()
}

fn by_profile(bench: &Bench) -> Result<()> {
    let api = redirect()?;
    let mut setup = setup(bench, &api)
        .profile("fixed=>redirect_contact=sip:ivr@192.0.2.30")
        .profile("other=>redirect_contact=sips:{called}@ivr.example");
    setup.profile = Some("$hdr(X-Profile)".to_owned());
    let server = bench.start(&setup)?;
    for (profile, contact) in [
        ("fixed", "sip:ivr@192.0.2.30"),
        ("other", "sips:bob@ivr.example"),
    ] {
        let request = to("sip:bob@tenant.example").header("X-Profile", profile);
        let reply = server.call(Transport::Udp, &request)?;
        let contact = format!("<{contact}>");
        same(
            profile,
            (reply.status, reply.header("Contact")),
            (302, Some(contact.as_str())),
        )?;
    }
    server.finish()
}
