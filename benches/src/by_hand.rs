// SPDX-License-Identifier: GPL-2.0-or-later
//! Scripts without this module: they send the same request, and read the values for the reply from the answer.

use testbed::{Setup, Value};

use crate::installation::{Installation, KEY};
use crate::stub::Stub;

/// With `http_client_query()`, which makes a new connection for each call.
pub(crate) fn query(installation: &Installation, stub: &Stub, workers: usize) -> Setup {
    let url = format!("{}{PATH}", stub.url());
    let headers = format!("Content-Type: application/json\\r\\nAuthorization: Bearer {KEY}");
    let ask =
        format!("http_client_query(\"{url}\", \"$var(body)\", \"{headers}\", \"$var(answer)\");");
    with_http_client(installation.lean("query", workers, &by_hand(&ask)), stub)
}

/// With the fastest way of `http_client`, a persistent connection. It cannot send headers, so there is no key.
pub(crate) fn kept_alive(installation: &Installation, stub: &Stub, workers: usize) -> Setup {
    let ask = &format!(
        "http_connect(\"nol\", \"{PATH}\", \"application/json\", \"$var(body)\", \"$var(answer)\");"
    );
    let mut setup = with_http_client(installation.lean("httpcon", workers, &by_hand(ask)), stub);
    param(&mut setup, "keep_connections", 1);
    param(&mut setup, "httpcon", format!("nol=>{}", stub.url()));
    setup
}

fn with_http_client(mut setup: Setup, stub: &Stub) -> Setup {
    setup
        .modules
        .extend(["http_client", "jansson"].map(str::to_owned));
    if let Some(authority) = stub.authority() {
        param(&mut setup, "cacert", authority.display().to_string());
    }
    setup
}

fn param(setup: &mut Setup, name: &str, value: impl Into<Value>) {
    let module = "http_client".to_owned();
    setup.foreign.push((module, name.to_owned(), value.into()));
}

/// A script that sends the same request and reads the values for the reply from the answer.
fn by_hand(ask: &str) -> String {
    script(&format!(
        "$var(body) = {BODY};\n\
         \t{ask}\n\
         \tif ($rc != 200) {{ sl_send_reply(\"503\", \"Allowed\"); exit; }}\n\
         \tjansson_get(\"sip.code\", \"$var(answer)\", \"$var(code)\");\n\
         \tjansson_get(\"sip.reason\", \"$var(answer)\", \"$var(phrase)\");\n\
         \tsl_send_reply(\"$var(code)\", \"$var(phrase)\");"
    ))
}

/// The routes of a server whose calls come here.
pub(crate) fn script(body: &str) -> String {
    format!(
        "request_route {{\n\
         \tif (is_method(\"ACK\")) exit;\n\
         \tif (is_method(\"OPTIONS\")) {{ sl_send_reply(\"200\", \"OK\"); exit; }}\n\
         \t{body}\n}}\n"
    )
}

/// Where the API decides about a call.
pub(crate) const PATH: &str = "/api/v1/sbc/redirect";

/// The body that the module sends, as an expression of a script.
pub(crate) const BODY: &str = "\"{\\\"number\\\":\\\"\" + $fU + \"\\\",\\\"allow_code\\\":503,\\\"spam_threshold\\\":80,\
     \\\"block_reassigned\\\":false,\\\"block_invalid\\\":true}\"";
