// SPDX-License-Identifier: GPL-2.0-or-later
//! The configuration file of a Kamailio under test.
use std::{fmt::Write, net::SocketAddr, path::Path};

use crate::{
    Form, Result, Setup, Value,
    script::{self, Dialect},
};

/// Modules that the routes use, and those that listen and log.
pub(super) const MODULES: [&str; 10] = [
    "tm", "sl", "pv", "textops", "kex", "corex", "xlog", "siputils", "ctl", "debugger",
];

const DIALECT: Dialect = Dialect {
    main: "request_route",
    pong: "sl_send_reply(\"200\", \"OK\");",
    decide: |form, profile, route| match form {
        Form::Sync => {
            let profile = profile.unwrap_or_default();
            format!("numbers_online_decide({profile}); route({route});")
        }
        // It returns only where the answer is there at once.
        Form::Async => {
            let profile = profile.map_or(String::new(), |profile| format!(", {profile}"));
            format!("numbers_online_decide_async(\"{route}\"{profile}); route({route});")
        }
    },
    returned: |form| match form {
        Form::Sync => "$rc",
        Form::Async => "$avp(nol_rc)",
    },
    reply: |form| match form {
        Form::Sync => "sl_send_reply(\"$avp(nol_code)\", \"$avp(nol_phrase)\");",
        Form::Async => "send_reply(\"$avp(nol_code)\", \"$avp(nol_phrase)\");",
    },
    on_state: "event_route[numbers_online:state]",
    state: "$avp(nol_state)",
};

/// The whole file.
pub(super) fn text(
    setup: &Setup,
    address: SocketAddr,
    modules: &Path,
    module: Option<&Path>,
    socket: &Path,
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
         {globals}\n\
         mpath=\"{modules}/\"\n",
        globals = setup.globals,
        modules = modules.display()
    )?;
    if setup.form == Form::Async {
        writeln!(text, "async_workers={children}")?;
    }
    text.push_str(&script::loaded(setup, MODULES, module));
    // Every line of the module and few of the core: the logs are searched for numbers and secrets.
    let own = [
        ("debugger", "mod_hash_size", Value::from(4)),
        ("debugger", "mod_level_mode", Value::from(1)),
        ("debugger", "mod_level", Value::from("numbers_online=3")),
        (
            "ctl",
            "binrpc",
            Value::from(format!("unix:{}", socket.display())),
        ),
    ];
    text.push_str(&script::text(setup, &own, &DIALECT)?);
    Ok(text)
}
