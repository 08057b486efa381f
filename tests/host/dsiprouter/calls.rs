// SPDX-License-Identifier: GPL-2.0-or-later
//! Calls of a carrier, through the whole of dSIPRouter's routes.
use std::{sync::Arc, time::Duration};

use libtest_mimic::Trial;
use testbed::{
    Api, Host, Plan, Result, Step,
    answer::{decision, ok},
    sip::{Reply, Request},
};

use super::{
    Body,
    database::{CALLED, CARRIER_GROUP, PBX_GROUP, accounted},
    installation::{CARRIER, Installation, ON, PBX, asks},
    trial,
};
use crate::{
    bench::Bench,
    callers,
    calls::SOON,
    expect::{holds, same},
    subject::Subject,
    suite::{LONG, SHORT, Suite},
};

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trials: [Body; 8] = [
        ("a blocked call gets its 603 and a row in acc", blocked),
        (
            "an allowed call reaches the PBX, and its row has both groups",
            allowed,
        ),
        (
            "a calling number without a plus is read in default_country",
            national,
        ),
        ("a silent API lets the call through", silent),
        (
            "a call that is cancelled while it waits does not reach the PBX",
            cancelled,
        ),
        (
            "twenty calls are looked up at a time, by the one process that dSIPRouter has",
            twenty,
        ),
        (
            "calls of a PBX and calls to an emergency number are not looked up",
            not_screened,
        ),
        (
            "a number of a PBX that called an emergency number is called back unscreened",
            called_back,
        ),
    ];
    trials
        .into_iter()
        .map(|(name, body)| trial(suite, subject, &format!("calls/{name}"), body))
        .collect()
}

/// An installed module that is switched on and asks `api`.
pub(super) fn screening(bench: &Bench, api: &Api, timeout: i64) -> Result<(Installation, Host)> {
    let machine = Installation::new(bench)?;
    machine.install(&[])?;
    machine.set(&format!("{ON}{}", asks(api, timeout)))?;
    let host = machine.start(bench)?;
    Ok((machine, host))
}

pub(super) fn finish(mut host: Host) -> Result<()> {
    host.check()?;
    host.stop()
}

/// A call of the carrier, and its reply.
pub(super) fn call(machine: &Installation, host: &Host, request: &Request) -> Result<Reply> {
    let mut client = machine.client(CARRIER)?;
    client
        .call(request)
        .map_err(|e| format!("{e}\n{}", host.log().tail()).into())
}

fn caller() -> Result<String> {
    callers::several(1).next().ok_or_else(|| "no caller".into())
}

fn blocked(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let (machine, host) = screening(bench, &api, LONG)?;
    // The second one is answered from the cache, without a suspension.
    for _ in 0..2 {
        let request = machine.invite(&caller()?);
        let reply = call(&machine, &host, &request)?;
        same(
            "reply",
            (reply.status, reply.phrase.as_str()),
            (603, "Decline"),
        )?;
        same(
            "row",
            accounted(&machine.database(), &request.call_id)?,
            vec![format!("603|{CARRIER_GROUP}||inbound")],
        )?;
    }
    same("requests", api.requests().len(), 1)?;
    same("calls at the PBX", machine.pbx().calls().len(), 0)?;
    finish(host)
}

fn allowed(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("allow", 503))))?;
    let (machine, host) = screening(bench, &api, LONG)?;
    for calls in 1..=2 {
        let request = machine.invite(&caller()?);
        let reply = call(&machine, &host, &request)?;
        same("reply", reply.status, 200)?;
        same("calls at the PBX", machine.pbx().calls().len(), calls)?;
        same(
            "row",
            accounted(&machine.database(), &request.call_id)?,
            vec![format!("200|{CARRIER_GROUP}|{PBX_GROUP}|inbound")],
        )?;
    }
    same("requests", api.requests().len(), 1)?;
    finish(host)
}

/// A server with `default_country`, set as the settings suggest it.
fn in_north_america(bench: &Bench, api: &Api) -> Result<(Installation, Host)> {
    let machine = Installation::new(bench)?;
    machine.install(&[])?;
    machine.change(
        "#modparam(\"numbers_online\", \"default_country\", \"US\")\n",
        "modparam(\"numbers_online\", \"default_country\", \"US\")\n",
    )?;
    machine.set(&format!("{ON}{}", asks(api, LONG)))?;
    let host = machine.start(bench)?;
    Ok((machine, host))
}

fn national(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let (machine, host) = in_north_america(bench, &api)?;
    // Usual on trunks in North America: ten digits and eleven.
    for (number, missing) in callers::several(2).zip(["+1", "+"]) {
        let request = machine.invite(number.trim_start_matches(missing));
        same("reply", call(&machine, &host, &request)?.status, 603)?;
        let asked = api.requests().pop().ok_or("no request")?;
        same(
            "number",
            asked.json()["number"].as_str(),
            Some(number.as_str()),
        )?;
    }
    finish(host)
}

fn silent(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(vec![Step::Hold]))?;
    let (machine, host) = screening(bench, &api, SHORT)?;
    let request = machine.invite(&caller()?);
    same("reply", call(&machine, &host, &request)?.status, 200)?;
    same("requests", api.requests().len(), 1)?;
    same("calls", machine.pbx().calls(), vec![request.call_id])?;
    finish(host)
}

fn cancelled(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(vec![Step::Hold]))?;
    let (machine, host) = screening(bench, &api, SHORT)?;
    let invite = machine.invite(&caller()?);
    let mut client = machine.client(CARRIER)?;
    client.send(&invite)?;
    same("reply", client.reply(&invite, SOON)?.status, 100)?;
    let cancel = Request {
        method: "CANCEL".to_owned(),
        ..invite.clone()
    };
    client.send(&cancel)?;
    same("reply", client.final_reply(&invite, SOON)?.status, 487)?;
    // Another call after it has waited for as long: the first one has been resumed, or never will be.
    let later = machine.invite(&caller()?);
    same("reply", call(&machine, &host, &later)?.status, 200)?;
    same("calls", machine.pbx().calls(), vec![later.call_id])?;
    finish(host)
}

fn twenty(bench: &Bench) -> Result<()> {
    // No request is answered, so all that arrive are waiting.
    let api = Api::http(Plan::always(vec![Step::Hold]))?;
    let (machine, host) = screening(bench, &api, LONG)?;
    let requests: Vec<Request> = callers::several(20)
        .map(|number| machine.invite(&number))
        .collect();
    let mut client = machine.client(CARRIER)?;
    for request in &requests {
        client.send(request)?;
    }
    let asked = api.wait_for_requests(20, Duration::from_millis(LONG.unsigned_abs()));
    same("requests at a time", asked.len(), 20)?;
    same("calls at the PBX so far", machine.pbx().calls().len(), 0)?;
    for reply in client.final_replies(&requests, SOON)? {
        same("reply", reply.status, 200)?;
    }
    same("calls at the PBX", machine.pbx().calls().len(), 20)?;
    finish(host)
}

fn called_back(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let (machine, host) = in_north_america(bench, &api)?;
    let back = machine.invite(&caller()?);
    same("before", call(&machine, &host, &back)?.status, 603)?;
    let mut emergency = machine.invite(&format!("+{CALLED}"));
    emergency.uri = emergency.uri.replace(CALLED, "911");
    machine.client(PBX)?.call(&emergency)?;
    let back = machine.invite(&caller()?);
    same("after", call(&machine, &host, &back)?.status, 200)?;
    finish(host)
}

fn not_screened(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let (machine, host) = screening(bench, &api, LONG)?;
    // There is no rule for calls to a carrier.
    let mut client = machine.client(PBX)?;
    let reply = client.call(&machine.invite(&caller()?))?;
    same("reply to the PBX", reply.status, 500)?;
    // 933 is a test number of emergency services: dSIPRouter has it in its own list.
    for number in ["911", "933"] {
        let mut request = machine.invite(&caller()?);
        request.uri = request.uri.replace(CALLED, number);
        let reply = call(&machine, &host, &request)?;
        same(number, reply.status, 500)?;
    }
    let mut other = machine.invite(&caller()?);
    "MESSAGE".clone_into(&mut other.method);
    holds(
        "another method is not blocked",
        call(&machine, &host, &other)?.status != 603,
    )?;
    same("requests", api.requests().len(), 0)?;
    finish(host)
}
