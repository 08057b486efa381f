// SPDX-License-Identifier: GPL-2.0-or-later
//! The configuration file of an `OpenSIPS` under test.
use std::{fmt::Write, net::SocketAddr, path::Path};

use super::mi::Mi;
use crate::{
    Form, Result, Setup, Value,
    script::{self, Dialect},
};

/// Modules that the routes use, and those that listen.
pub(super) const MODULES: [&str; 7] = [
    "proto_udp",
    "proto_tcp",
    "signaling",
    "sl",
    "tm",
    "sipmsgops",
    "mi_fifo",
];

/// Those of them that have no file, but must be loaded too.
pub(super) const IN_THE_CORE: [&str; 2] = ["proto_udp", "proto_tcp"];

/// Modules that only the configurations of the project load.
pub(super) const SHIPPED: [&str; 1] = ["maxfwd"];

/// Runs event routes; since 3.6 they need no module.
pub(super) const EVENT_ROUTES: &str = "event_route";

const DIALECT: Dialect = Dialect {
    main: "route",
    pong: "sl_send_reply(200, \"OK\");",
    decide: |form, profile, route| {
        let profile = profile.unwrap_or_default();
        match form {
            Form::Sync => format!("numbers_online_decide({profile}); route({route});"),
            Form::Async => format!("async(numbers_online_decide({profile}), {route});"),
        }
    },
    returned: |_| "$rc",
    reply: |form| match form {
        Form::Sync => "sl_send_reply($avp(nol_code), $avp(nol_phrase));",
        Form::Async => "t_reply($avp(nol_code), $avp(nol_phrase));",
    },
    on_state: "event_route[E_NUMBERS_ONLINE_STATE]",
    state: "$param(state)",
};

/// The lines that load modules.
pub(super) fn modules(setup: &Setup, module: Option<&Path>, has_event_routes: bool) -> String {
    let events = (setup.hears_state && has_event_routes).then_some(EVENT_ROUTES);
    script::loaded(setup, MODULES.into_iter().chain(events), module)
}

/// The whole file. With `loses_replies`, tm sends no 100 unless the trial asks for it: the server may lose the reply behind it over TCP.
pub(super) fn text(
    setup: &Setup,
    address: SocketAddr,
    modules: &Path,
    loaded: &str,
    mi: &Mi,
    loses_replies: bool,
) -> Result<String> {
    let mut text = String::new();
    let children = setup.children;
    // At 3 (INFO) the core logs little about a call, and the module logs everything. There is no level for a single module.
    write!(
        text,
        "log_level=3\n\
         xlog_level=3\n\
         stderror_enabled=yes\n\
         syslog_enabled=no\n\
         udp_workers={children}\n\
         tcp_workers={children}\n\
         tcp_connection_lifetime=30\n\
         auto_aliases=no\n\
         socket=udp:{address}\n\
         socket=tcp:{address}\n\
         {globals}\n\
         mpath=\"{modules}/\"\n\
         {loaded}",
        globals = setup.globals,
        modules = modules.display()
    )?;
    let mut own = vec![
        (
            "mi_fifo",
            "fifo_name",
            Value::from(mi.fifo().display().to_string()),
        ),
        // Names are put behind it as they are.
        (
            "mi_fifo",
            "reply_dir",
            Value::from(format!("{}/", mi.replies().display())),
        ),
    ];
    if loses_replies {
        own.push(("tm", "auto_100trying", 0.into()));
    }
    text.push_str(&script::text(setup, &own, &DIALECT)?);
    Ok(text)
}
