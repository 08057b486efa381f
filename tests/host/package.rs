// SPDX-License-Identifier: GPL-2.0-or-later
//! What users get: two files and two configurations.
use std::{fs, path::Path, process::Command, sync::Arc};

use libtest_mimic::Trial;
use testbed::{Build, Product, Result};

use crate::{
    bench::Bench,
    expect::same,
    subject::Subject,
    suite::{Needs, Suite},
};

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        suite.trial(subject, &format!("package/{name}"), Needs::default(), body)
    };
    let mut trials = vec![trial("the library exports one symbol", exports)];
    if subject.server.product() == Product::Kamailio {
        trials.push(trial(
            "the server accepts the redirect server's configuration",
            redirect_server,
        ));
        trials.push(trial(
            "the server accepts the redirect server's asynchronous configuration",
            asynchronous,
        ));
        trials.push(trial(
            "the server accepts the configuration to include",
            include,
        ));
    }
    trials
}

fn exports(bench: &Bench) -> Result<()> {
    let module = bench.server.module(Build::Release).ok_or("no module")?;
    let library = module.with_file_name("libnumbers_online.so");
    let output = Command::new("nm")
        .args(["-D", "--defined-only"])
        .arg(library)
        .output()?;
    let symbols = String::from_utf8_lossy(&output.stdout).into_owned();
    let names: Vec<_> = symbols
        .lines()
        .filter_map(|line| line.split_whitespace().nth(2))
        .collect();
    same("symbols", names, vec!["numbers_online_api"])
}

/// One of the project's configurations, with the module where it is.
fn configuration(bench: &Bench, name: &str) -> Result<String> {
    let module = bench.server.module(Build::Release).ok_or("no module")?;
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("kamailio-cfg")
        .join(name);
    let text = fs::read_to_string(file)?;
    let own = "loadmodule \"numbers_online.so\"";
    same("lines that load the module", text.matches(own).count(), 1)?;
    Ok(text.replace(own, &format!("loadmodule \"{}\"", module.display())))
}

fn redirect_server(bench: &Bench) -> Result<()> {
    bench
        .server
        .parse(&configuration(bench, "numbers_online_sbc.cfg")?)
        .map(drop)
}

fn asynchronous(bench: &Bench) -> Result<()> {
    bench
        .server
        .parse(&configuration(bench, "numbers_online_sbc_async.cfg")?)
        .map(drop)
}

fn include(bench: &Bench) -> Result<()> {
    let included = configuration(bench, "numbers_online.cfg")?;
    let loads = ["sl", "pv", "xlog"]
        .map(|module| format!("loadmodule \"{module}.so\"\n"))
        .concat();
    let route = "request_route {\n\troute(NUMBERS_ONLINE_CHECK);\n}\n";
    bench
        .server
        .parse(&format!("#!KAMAILIO\n{loads}{included}{route}"))
        .map(drop)
}
