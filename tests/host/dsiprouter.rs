// SPDX-License-Identifier: GPL-2.0-or-later
//! The module in dSIPRouter's Kamailio: its template with `kamailio-cfg/dsiprouter` installed by its own installer.
//!
//! dSIPRouter is no part of this project: `DSIPROUTER_SRC` or a `/usr/src/dsiprouter-*` is read. A trial changes a copy of its
//! template so that it runs without `MariaDB`, TLS and rtpengine.
mod calls;
mod database;
mod installation;
mod installer;
mod pbx;
mod refused;
mod switches;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use libtest_mimic::{Completion, Trial};
use testbed::{Build, Kamailio, Product, Result, Server};

use crate::{
    bench::Bench,
    subject::Subject,
    suite::{Needs, Suite},
};

/// The trials below this file, or one that says what is missing.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    if subject.server.product() != Product::Kamailio {
        return Vec::new();
    }
    if let Some(what) = missing(&*subject.server) {
        return vec![lacking(subject, "all trials", what)];
    }
    [
        installer::trials,
        refused::trials,
        calls::trials,
        switches::trials,
    ]
    .iter()
    .flat_map(|trials| trials(suite, subject))
    .collect()
}

fn trial(
    suite: &Arc<Suite>,
    subject: &Subject,
    name: &str,
    body: fn(&Bench) -> Result<()>,
) -> Trial {
    let name = format!("dsiprouter/{name}");
    suite.trial(subject, &name, Needs::default(), body)
}

/// In place of a trial that cannot run.
fn lacking(subject: &Subject, name: &str, what: String) -> Trial {
    let name = format!("{}/dsiprouter/{name}", subject.name());
    Trial::ignorable_test(name, move || {
        Ok(Completion::ignored_with(format!("needs {what}")))
    })
}

/// What is not on this machine.
fn missing(server: &dyn Server) -> Option<String> {
    if let Some(what) = server.missing(Build::Release) {
        return Some(what);
    }
    if source().is_none() {
        return Some("DSIPROUTER_SRC (a source tree of dSIPRouter 0.77 or later)".to_owned());
    }
    let absent = server.absent(&mut MODULES.into_iter());
    if !absent.is_empty() {
        return Some(format!("{}.so of {}", absent.join(".so, "), server.name()));
    }
    let kamailio = server.as_kamailio()?;
    if database::schemas(kamailio).is_none() {
        return Some(format!("the SQLite schemas of {}", server.name()));
    }
    ["sqlite3", "perl"].into_iter().find_map(|program| {
        let ran = Command::new(program).arg("-version").output();
        ran.is_err()
            .then(|| format!("{program} (apt-get install {program})"))
    })
}

/// dSIPRouter's source tree.
fn source() -> Option<PathBuf> {
    let is_tree = |tree: &PathBuf| tree.join("kamailio/configs/kamailio.cfg").exists();
    if let Some(named) = env::var_os("DSIPROUTER_SRC").filter(|tree| !tree.is_empty()) {
        return Some(PathBuf::from(named)).filter(is_tree);
    }
    let trees = fs::read_dir("/usr/src").into_iter().flatten().flatten();
    let named = trees.filter(|tree| {
        let name = tree.file_name();
        name.to_string_lossy().starts_with("dsiprouter-")
    });
    named.map(|tree| tree.path()).filter(is_tree).max()
}

fn kamailio(bench: &Bench) -> Result<&Kamailio> {
    bench
        .server
        .as_kamailio()
        .ok_or_else(|| "no Kamailio".into())
}

/// A trial's name and what it does.
type Body = (&'static str, fn(&Bench) -> Result<()>);

/// What the project ships for dSIPRouter.
fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("kamailio-cfg/dsiprouter")
        .join(name)
}

/// Modules that the template loads beside those of the testbed, and the database that takes the place of `MySQL`.
const MODULES: [&str; 32] = [
    "tmx",
    "rr",
    "path",
    "maxfwd",
    "usrloc",
    "registrar",
    "textopsx",
    "sanity",
    "cfg_rpc",
    "acc",
    "xhttp",
    "json",
    "jansson",
    "jsonrpcs",
    "http_async_client",
    "uuid",
    "ipops",
    "sdpops",
    "rtimer",
    "sqlops",
    "htable",
    "dialog",
    "auth",
    "auth_db",
    "permissions",
    "uac",
    "uac_redirect",
    "domain",
    "nathelper",
    "drouting",
    "dispatcher",
    "db_sqlite",
];
