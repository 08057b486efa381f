// SPDX-License-Identifier: GPL-2.0-or-later
//! The servers that are compared.

use std::fs;

use testbed::{Result, Setup, interface};

use super::WORKERS;
use crate::by_hand::{kept_alive, query, script};
use crate::installation::{Installation, make_lean, say};
use crate::invite::Callers;
use crate::stub::Stub;

/// One of them.
pub(super) struct Candidate {
    /// The heading of its row.
    pub(super) name: &'static str,
    /// The heading of its column of ratios.
    pub(super) short: &'static str,
    /// Its callers.
    pub(super) callers: Callers,
    /// Its configuration.
    pub(super) setup: Setup,
    /// Whether somebody calls an emergency number first, so that calls back are looked for.
    pub(super) has_emergency: bool,
}

/// All candidates whose modules are installed, for an API over plain HTTP.
pub(super) fn all(installation: &Installation, stub: &Stub) -> Result<Vec<Candidate>> {
    let new = |name, short, callers, setup| Candidate {
        name,
        short,
        callers: Callers::Numbers(callers),
        setup,
        has_emergency: short == FULL,
    };
    let bare = script("sl_send_reply(\"603\", \"Decline\");");
    let mut all = vec![new(
        "sl_send_reply alone",
        "bare",
        MANY,
        installation.lean("bare", WORKERS, &bare),
    )];
    let known = interface::parameters()?;
    if known.iter().any(|name| name == "cache_ttl") {
        let cached = || asking(installation, "cached", stub).param("cache_ttl", 600);
        all.push(new("decide, cached", "cached", FEW, cached()));
        if known.iter().any(|name| name == "avps") {
            let core = cached().param("avps", "core");
            all.push(new("decide, cached, avps=core", "core", FEW, core));
            let reply = cached().param("avps", "nol_code nol_phrase");
            all.push(new("decide, cached, the reply's AVPs", "reply", FEW, reply));
        }
        if known.iter().any(|name| name == "default_country") {
            let full = configured(installation, cached())?;
            all.push(new("decide, cached, all configured", FULL, FEW, full));
        }
    }
    all.extend(uncached(installation, stub));
    if has_http_client(installation) {
        let cached = cached_by_hand(installation, stub);
        all.push(new("htable before httpcon, cached", "htable", FEW, cached));
    } else {
        say("http_client: skipped, needs kamailio-utils-modules and kamailio-extra-modules");
    }
    Ok(all)
}

/// The candidates that ask for every call.
pub(super) fn uncached(installation: &Installation, stub: &Stub) -> Vec<Candidate> {
    let new = |name, short, setup| Candidate {
        name,
        short,
        callers: Callers::Numbers(MANY),
        setup,
        has_emergency: false,
    };
    let reply = asking(installation, "asked", stub).param("avps", "nol_code nol_phrase");
    let mut all = vec![
        new(
            "decide, not cached",
            "decide",
            asking(installation, "decide", stub),
        ),
        new("decide, not cached, the reply's AVPs", "asked", reply),
    ];
    if has_http_client(installation) {
        let (kept, query) = (
            kept_alive(installation, stub, WORKERS),
            query(installation, stub, WORKERS),
        );
        all.push(new("httpcon kept alive, jansson", "httpcon", kept));
        all.push(new("http_client_query, jansson", "query", query));
    }
    all
}

fn has_http_client(installation: &Installation) -> bool {
    ["http_client", "jansson"]
        .iter()
        .all(|name| installation.has_module(name))
}

const FULL: &str = "full";

fn asking(installation: &Installation, name: &str, stub: &Stub) -> Setup {
    let mut setup = installation.with_module(name, WORKERS, &stub.url());
    if let Some(authority) = stub.authority() {
        setup = setup.param("ca_file", authority.display().to_string());
    }
    let routes = script(
        "numbers_online_decide();\n\tsl_send_reply(\"$avp(nol_code)\", \"$avp(nol_phrase)\");",
    );
    make_lean(&mut setup, &routes);
    setup
}

/// The same, with a country, lists, a profile that decides, all places of identities, a regulation and replies by reason.
fn configured(installation: &Installation, mut setup: Setup) -> Result<Setup> {
    let routes = setup.routes.take().unwrap_or_default();
    setup.routes = Some(routes.replace(
        "numbers_online_decide()",
        "numbers_online_decide(\"trunk\")",
    ));
    let list = installation.file("list");
    let numbers: Vec<_> = (0..100_000).map(|n| format!("+44207{n:07}\n")).collect();
    fs::write(&list, numbers.concat())?;
    let list = list.display().to_string();
    Ok(setup
        .param("default_country", "US")
        .param("allow_list", list.clone())
        .param("deny_list", list.clone())
        .param("dno_list", list)
        .param("number_source", "pai,ppi,rpid,from")
        .param(
            "verstat_source",
            "number,attestation-info,p-attestation-indicator",
        )
        .param("trusted_sources", "127.0.0.0/8")
        .param("regulation", "us")
        .param("redress_url", "https://example.com/redress")
        .param("block_reply", "dno=603 invalid=404 list=607 anonymous=433")
        .param("redirect_contact", "sip:{called}@192.0.2.20")
        .profile("trunk=>spam_threshold=70"))
}

/// The same, with the answers in a shared hash table.
fn cached_by_hand(installation: &Installation, stub: &Stub) -> Setup {
    let mut setup = kept_alive(installation, stub, WORKERS);
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

/// So many numbers that each one calls only every few seconds.
const MANY: u32 = 70_000;

/// So few numbers that all are cached within a fraction of a second.
const FEW: u32 = 500;
