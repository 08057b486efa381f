// SPDX-License-Identifier: GPL-2.0-or-later
//! The routes of the redirect server, and routes that take memory.
use testbed::{Api, Form, Product, Result, Setup};

use crate::{bench::Bench, expect::same, package, suite::SHORT};

/// The routes of the redirect server, in this trial's form.
pub(super) fn setup(bench: &Bench, api: &Api) -> Result<Setup> {
    let text = package::redirect_server(bench, bench.form)?;
    let (top, routes) = text
        .split_once("####### Routing #######")
        .ok_or("the redirect server has no routing section")?;
    let mut setup = bench
        .setup(&api.url())
        .param("timeout", SHORT)
        .param("async_lookups", 256);
    setup.modules.push("maxfwd".to_owned());
    match bench.server.product() {
        Product::Kamailio => {
            setup.modules.push("sanity".to_owned());
            setup.globals.push_str("#!define NOL_ALLOW_CODE 503\n");
            if bench.form == Form::Async {
                setup.globals.push_str("#!define WITH_ASYNC\n");
            }
            setup.routes = Some(routes.to_owned());
        }
        Product::OpenSips => {
            let form = top
                .lines()
                .skip_while(|line| !line.starts_with("route[NUMBERS_ONLINE]"))
                .take_while(|line| !line.is_empty());
            let form: String = form.flat_map(|line| [line, "\n"]).collect();
            setup.routes = Some(format!("{form}{routes}"));
        }
    }
    Ok(setup)
}

pub(super) fn options(setup: &mut Setup, words: [&str; 2]) {
    setup.options.extend(words.map(str::to_owned));
}

/// Lets the script begin with a route that takes memory.
pub(super) fn fill(bench: &Bench, setup: &mut Setup, route: &str) -> Result<()> {
    let main = match bench.server.product() {
        Product::Kamailio => "request_route {",
        Product::OpenSips => "route {",
    };
    if bench.server.product() == Product::Kamailio {
        setup.globals.push_str("max_while_loops=100000\n");
    }
    let filled = format!("{main}\n\tif(is_method(\"INVITE\")) {{ route(FILL); }}\n");
    let routes = setup.routes.take().unwrap_or_default();
    same("main routes", routes.matches(main).count(), 1)?;
    setup.routes = Some(routes.replace(main, &filled) + route);
    Ok(())
}

/// Takes shared memory in large pieces, then in small ones: an AVP keeps the values that it had.
pub(super) const FILL_SHARED: &str = r#"
route[FILL] {
	$var(small) = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
	$var(large) = $var(small);
	$var(i) = 0;
	while($var(i) < 7) {
		$var(large) = $var(large) + $var(large);
		$var(i) = $var(i) + 1;
	}
	$var(i) = 0;
	while($var(i) < 2100) {
		$avp(large) = $var(large);
		$var(i) = $var(i) + 1;
	}
	$var(i) = 0;
	while($var(i) < 200) {
		$avp(small) = $var(small);
		$var(i) = $var(i) + 1;
	}
}
"#;
