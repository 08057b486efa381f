// SPDX-License-Identifier: GPL-2.0-or-later
//! The configuration file of a Kamailio under test.
use std::{fmt::Write, net::SocketAddr, path::Path};

use crate::{Result, Setup, Value, interface};

/// Modules that the routes below use.
const MODULES: [&str; 9] = [
    "tm", "sl", "pv", "textops", "kex", "corex", "xlog", "siputils", "ctl",
];

/// The whole file.
pub(super) fn text(
    setup: &Setup,
    address: SocketAddr,
    modules: &Path,
    module: Option<&Path>,
    home: &Path,
) -> Result<String> {
    let mut text = String::new();
    let children = setup.children;
    write!(
        text,
        "#!KAMAILIO\n\
         debug=1\n\
         log_stderror=yes\n\
         children={children}\n\
         tcp_children={children}\n\
         tcp_connection_lifetime=30\n\
         auto_aliases=no\n\
         server_header=\"Server: testbed\"\n\
         listen=udp:{address}\n\
         listen=tcp:{address}\n\
         mpath=\"{}/\"\n",
        modules.display()
    )?;
    let extra = setup.modules.iter().map(String::as_str);
    for name in MODULES.into_iter().chain(["debugger"]).chain(extra) {
        writeln!(text, "loadmodule \"{name}.so\"")?;
    }
    if let Some(module) = module {
        writeln!(text, "loadmodule \"{}\"", module.display())?;
    }
    // Every line of our module and few of the core: the logs are searched for what must not be in them.
    let own = [
        ("debugger", "mod_hash_size", Value::from(4)),
        ("debugger", "mod_level_mode", Value::from(1)),
        ("debugger", "mod_level", Value::from("numbers_online=3")),
        (
            "ctl",
            "binrpc",
            Value::from(format!("unix:{}/ctl.sock", home.display())),
        ),
    ];
    for (module, name, value) in &own {
        modparam(&mut text, module, name, value)?;
    }
    for (module, name, value) in &setup.foreign {
        modparam(&mut text, module, name, value)?;
    }
    for (name, value) in &setup.params {
        modparam(&mut text, "numbers_online", name, value)?;
    }
    match &setup.routes {
        Some(routes) => text.push_str(routes),
        None => routes(&mut text, &setup.decide)?,
    }
    Ok(text)
}

fn modparam(text: &mut String, module: &str, name: &str, value: &Value) -> Result<()> {
    match value {
        Value::Number(number) => writeln!(text, "modparam(\"{module}\", \"{name}\", {number})")?,
        Value::Text(value) => writeln!(
            text,
            "modparam(\"{module}\", \"{name}\", {})",
            quoted(value)
        )?,
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Answers every request with the AVPs in headers, so that a test sees everything through SIP.
///
/// What a request wants beyond that stands in its `X-Test` header: `twice` calls the function a second time, `stale` fills
/// the AVPs with rubbish before.
fn routes(text: &mut String, decide: &str) -> Result<()> {
    let avps = interface::avps()?;
    text.push_str(
        "request_route {\n\
         \tif (is_method(\"OPTIONS\") && $rU == \"ping\") { sl_send_reply(\"200\", \"OK\"); exit; }\n\
         \tif ($hdr(X-Test) == \"stale\") {\n",
    );
    for avp in &avps {
        writeln!(text, "\t\t$avp(s:nol_{avp}) = \"stale\";")?;
    }
    write!(
        text,
        "\t}}\n\
         \t$var(ret) = 0;\n\
         \t{decide}\n\
         \t$var(ret) = $rc;\n\
         \tif ($hdr(X-Test) == \"twice\") {{\n\
         \t\tappend_to_reply(\"X-NOL-first: $var(ret) $avp(s:nol_decision) $avp(s:nol_receipt)\\r\\n\");\n\
         \t\t{decide}\n\
         \t\t$var(ret) = $rc;\n\
         \t}}\n\
         \tif (is_method(\"ACK\")) {{\n\
         \t\txlog(\"L_NOTICE\", \"ACK $ci: ret=$var(ret) source=$avp(s:nol_source) failure=$avp(s:nol_failure)\\n\");\n\
         \t\texit;\n\
         \t}}\n\
         \tappend_to_reply(\"X-NOL-ret: $var(ret)\\r\\n\");\n\
         \tappend_to_reply(\"X-NOL-codes: $(avp(s:nol_code)[*])\\r\\n\");\n",
    )?;
    for avp in &avps {
        writeln!(
            text,
            "\tappend_to_reply(\"X-NOL-{avp}: $avp(s:nol_{avp})\\r\\n\");"
        )?;
    }
    text.push_str("\tsl_send_reply(\"$avp(s:nol_code)\", \"$avp(s:nol_phrase)\");\n}\n");
    // For scripts that stand in for the module: the only way to another $rc.
    text.push_str("route[MINUS_ONE] { return -1; }\n");
    Ok(())
}
