// SPDX-License-Identifier: GPL-2.0-or-later
//! The installed files: two libraries and two configurations.
use std::{fs, path::Path, process::Command, sync::Arc};

use libtest_mimic::Trial;
use testbed::{Build, Form, Product, Result};

use crate::{
    bench::Bench,
    expect::same,
    subject::Subject,
    suite::{Needs, Suite},
};

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        suite.trial(subject, &format!("package/{name}"), Needs::shipped(), body)
    };
    vec![
        trial("the library exports one symbol", exports),
        trial(
            "the server accepts the redirect server's configuration",
            |bench| accepts(bench, Form::Sync),
        ),
        trial(
            "the server accepts the redirect server's configuration, asynchronous",
            |bench| accepts(bench, Form::Async),
        ),
        trial("the server accepts the configuration to include", include),
        trial("the server accepts the other files to include", others),
    ]
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
    let directory = match bench.server.product() {
        Product::Kamailio => "kamailio-cfg",
        Product::OpenSips => "opensips-cfg",
    };
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(directory)
        .join(name);
    let text = fs::read_to_string(file)?;
    let own = "loadmodule \"numbers_online.so\"";
    same("lines that load the module", text.matches(own).count(), 1)?;
    Ok(text.replace(own, &format!("loadmodule \"{}\"", module.display())))
}

fn accepts(bench: &Bench, form: Form) -> Result<()> {
    let text = redirect_server(bench, form)?;
    bench.server.parse(&text).map(drop)
}

/// The redirect server in one of its forms.
pub(crate) fn redirect_server(bench: &Bench, form: Form) -> Result<String> {
    let text = configuration(bench, "numbers_online_sbc.cfg")?;
    let (asynchronous, synchronous, shipped) = match bench.server.product() {
        Product::Kamailio => (
            "\n#!define WITH_ASYNC\n",
            "\n##!define WITH_ASYNC\n",
            Form::Sync,
        ),
        Product::OpenSips => (
            "\n\tasync(numbers_online_decide(), NUMBERS_ONLINE_REPLY);\n\
             \t#numbers_online_decide(); route(NUMBERS_ONLINE_REPLY);\n",
            "\n\t#async(numbers_online_decide(), NUMBERS_ONLINE_REPLY);\n\
             \tnumbers_online_decide(); route(NUMBERS_ONLINE_REPLY);\n",
            Form::Async,
        ),
    };
    let (from, to) = match shipped {
        Form::Sync => (synchronous, asynchronous),
        Form::Async => (asynchronous, synchronous),
    };
    same("places of the form", text.matches(from).count(), 1)?;
    Ok(if form == shipped {
        text
    } else {
        text.replace(from, to)
    })
}

/// What is included after the module is loaded.
fn others(bench: &Bench) -> Result<()> {
    let module = bench.server.module(Build::Release).ok_or("no module")?;
    let (directory, start, modules, main): (_, _, &[&str], _) = match bench.server.product() {
        Product::Kamailio => (
            "kamailio-cfg",
            "#!KAMAILIO",
            &["tm", "sl", "pv", "xlog", "textops", "siputils"],
            "request_route {\n\troute(NUMBERS_ONLINE_LABEL);\n}\n",
        ),
        Product::OpenSips => (
            "opensips-cfg",
            "socket=udp:127.0.0.1:5060",
            &["proto_udp", "tm", "sl", "signaling", "sipmsgops"],
            "route {\n\troute(NUMBERS_ONLINE_LABEL);\n}\n",
        ),
    };
    let load = |module: &&str| format!("loadmodule \"{module}.so\"\n");
    let loads: String = modules.iter().map(load).collect();
    let mut text = format!("{start}\n{loads}loadmodule \"{}\"\n", module.display());
    for name in ["numbers_online_labels.cfg", "numbers_online_passed_on.cfg"] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(directory)
            .join(name);
        text.push_str(&fs::read_to_string(file)?);
    }
    let failure = "failure_route[NEXT] {\n\troute(NUMBERS_ONLINE_PASSED_ON);\n}\n";
    bench
        .server
        .parse(&format!("{text}{main}{failure}"))
        .map(drop)
}

fn include(bench: &Bench) -> Result<()> {
    let included = configuration(bench, "numbers_online.cfg")?;
    let (start, modules, main): (_, &[&str], _) = match bench.server.product() {
        Product::Kamailio => ("#!KAMAILIO", &["sl", "pv", "xlog"], "request_route"),
        Product::OpenSips => (
            "socket=udp:127.0.0.1:5060",
            &["proto_udp", "sl", "signaling"],
            "route",
        ),
    };
    let load = |module: &&str| format!("loadmodule \"{module}.so\"\n");
    let loads: String = modules.iter().map(load).collect();
    let route = format!("{main} {{\n\troute(NUMBERS_ONLINE_CHECK);\n}}\n");
    bench
        .server
        .parse(&format!("{start}\n{loads}{included}{route}"))
        .map(drop)
}
