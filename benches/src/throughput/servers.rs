// SPDX-License-Identifier: GPL-2.0-or-later
//! The servers that are compared.

use testbed::{Result, Setup, interface};

use super::WORKERS;
use crate::by_hand::{kept_alive, query, script};
use crate::invite::Callers;
use crate::rig::{Rig, make_lean, say};
use crate::stub::Stub;

/// One of them.
pub(super) struct Contestant {
    /// Heads its row.
    pub(super) name: &'static str,
    /// Heads its column of ratios.
    pub(super) short: &'static str,
    /// Who calls it.
    pub(super) callers: Callers,
    /// How it is started.
    pub(super) setup: Setup,
}

/// All that this machine has, for an API over plain HTTP.
pub(super) fn all(rig: &Rig, stub: &Stub) -> Result<Vec<Contestant>> {
    let new = |name, short, callers, setup| Contestant {
        name,
        short,
        callers: Callers::Numbers(callers),
        setup,
    };
    let bare = script("sl_send_reply(\"603\", \"Decline\");");
    let mut all = vec![new(
        "sl_send_reply alone",
        "bare",
        MANY,
        rig.lean("bare", WORKERS, &bare),
    )];
    let known = interface::parameters()?;
    if known.iter().any(|name| name == "cache_ttl") {
        let cached = || asking(rig, "cached", stub).param("cache_ttl", 600);
        all.push(new("decide, cached", "cached", FEW, cached()));
        if known.iter().any(|name| name == "avps") {
            let core = cached().param("avps", "core");
            all.push(new("decide, cached, avps=core", "core", FEW, core));
            let reply = cached().param("avps", "nol_code nol_phrase");
            all.push(new("decide, cached, the reply's AVPs", "reply", FEW, reply));
        }
    }
    all.extend(uncached(rig, stub));
    if has_http_client(rig) {
        let cached = cached_by_hand(rig, stub);
        all.push(new("htable before httpcon, cached", "htable", FEW, cached));
    } else {
        say("http_client: skipped, needs kamailio-utils-modules and kamailio-extra-modules");
    }
    Ok(all)
}

/// Those that ask for every call.
pub(super) fn uncached(rig: &Rig, stub: &Stub) -> Vec<Contestant> {
    let new = |name, short, setup| Contestant {
        name,
        short,
        callers: Callers::Numbers(MANY),
        setup,
    };
    let reply = asking(rig, "asked", stub).param("avps", "nol_code nol_phrase");
    let mut all = vec![
        new("decide, not cached", "decide", asking(rig, "decide", stub)),
        new("decide, not cached, the reply's AVPs", "asked", reply),
    ];
    if has_http_client(rig) {
        let (kept, query) = (kept_alive(rig, stub, WORKERS), query(rig, stub, WORKERS));
        all.push(new("httpcon kept alive, jansson", "httpcon", kept));
        all.push(new("http_client_query, jansson", "query", query));
    }
    all
}

fn has_http_client(rig: &Rig) -> bool {
    ["http_client", "jansson"]
        .iter()
        .all(|name| rig.has_module(name))
}

fn asking(rig: &Rig, name: &str, stub: &Stub) -> Setup {
    let mut setup = rig.with_module(name, WORKERS, &stub.url());
    if let Some(authority) = stub.authority() {
        setup = setup.param("ca_file", authority.display().to_string());
    }
    let routes = script(
        "numbers_online_decide();\n\tsl_send_reply(\"$avp(nol_code)\", \"$avp(nol_phrase)\");",
    );
    make_lean(&mut setup, &routes);
    setup
}

/// The same, with the answers in a table that all workers share.
fn cached_by_hand(rig: &Rig, stub: &Stub) -> Setup {
    let mut setup = kept_alive(rig, stub, WORKERS);
    let ask = setup.routes.take().unwrap_or_default();
    let kept = "\tif ($sht(nol=>$fU) != $null) {\n\t\tsl_send_reply(\"$sht(nol=>$fU)\", \"$sht(phrase=>$fU)\");\n\t\texit;\n\t}\n\
                \t$var(body) = ";
    let keep = "\t$sht(nol=>$fU) = $var(code);\n\t$sht(phrase=>$fU) = $var(phrase);\n\tsl_send_reply(\"$var(code)\"";
    let routes = ask.replacen("\t$var(body) = ", kept, 1).replacen(
        "\tsl_send_reply(\"$var(code)\"",
        keep,
        1,
    );
    setup.routes = Some(routes);
    setup.modules.push("htable".to_owned());
    for table in ["nol", "phrase"] {
        let table = format!("{table}=>size=12;autoexpire=600;");
        setup
            .foreign
            .push(("htable".to_owned(), "htable".to_owned(), table.into()));
    }
    setup
}

/// So many numbers that each calls once in a few seconds.
const MANY: u32 = 70_000;

/// So few that all are cached after the first fraction of a second.
const FEW: u32 = 500;
