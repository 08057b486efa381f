// SPDX-License-Identifier: GPL-2.0-or-later
//! The project's redirect servers as servers under test: their routes, with the ports and limits of a test.
use testbed::{Api, Form, Product, Result, Setup};

use crate::{bench::Bench, package, suite::Needs};

/// What their trials need.
pub(crate) fn needs() -> Needs {
    Needs::shipped()
}

/// The redirect server of the bench's form, in front of an API. An allowed call gets 404.
pub(crate) fn setup(bench: &Bench, api: &Api) -> Result<Setup> {
    let mut setup = bench.setup(&api.url()).param("allow_code", 404);
    setup.modules.push("maxfwd".to_owned());
    if bench.server.product() == Product::Kamailio {
        setup.modules.push("sanity".to_owned());
    }
    setup.routes = Some(routes(bench)?);
    Ok(setup)
}

/// The routes of the shipped file in one of its forms: a route at its beginning, and its end.
fn routes(bench: &Bench) -> Result<String> {
    let text = package::redirect_server(bench, bench.form)?;
    let (settings, routes) = text
        .split_once("####### Routing #######\n")
        .ok_or("the file has no routes")?;
    let is_async = bench.form == Form::Async;
    Ok(match bench.server.product() {
        Product::Kamailio if is_async => {
            format!("#!define WITH_ASYNC\nasync_workers=2\n{routes}")
        }
        Product::Kamailio => routes.to_owned(),
        Product::OpenSips => {
            let (_, choice) = settings
                .split_once("route[NUMBERS_ONLINE] {")
                .ok_or("the file does not choose a form")?;
            let (choice, _) = choice.split_once("\n}").ok_or("a route without an end")?;
            format!("route[NUMBERS_ONLINE] {{{choice}\n}}\n{routes}")
        }
    })
}
