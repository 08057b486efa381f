// SPDX-License-Identifier: GPL-2.0-or-later
//! The circuit breaker.
use std::{thread, time::Duration};

use testbed::{Api, Plan, Refused, Result, Step, answer};

use super::{Row, block, breaker, calls, checks, error, lines, out_of_order, page, start};
use crate::{
    bench::Bench,
    callers,
    expect::{Expected, same},
};

pub(super) const ROWS: &[Row] = &[
    (
        "errors in a row open the breaker, and a trial closes it",
        "breaker_errors",
        opens_and_closes,
    ),
    (
        "errors of a healthy API do not open the breaker",
        "breaker_errors",
        an_api_that_is_well,
    ),
    (
        "pages of an intermediary open the breaker if it answers everything",
        "breaker_errors",
        an_intermediary,
    ),
    (
        "a health endpoint that another program answers for does not keep the breaker open",
        "breaker_errors",
        a_health_of_others,
    ),
    (
        "a health that never reached the API does not open the breaker while calls are answered",
        "breaker_errors",
        a_health_that_never_reached_the_api,
    ),
    (
        "a health that was good and is a page now opens the breaker",
        "breaker_errors",
        a_health_that_was_good,
    ),
    (
        "an answer between errors keeps the breaker closed",
        "breaker_errors",
        no_errors_in_a_row,
    ),
    (
        "a breaker that is off never opens",
        "breaker_errors",
        switched_off,
    ),
    (
        "the backup is asked while the breaker is open",
        "api_url_backup",
        the_backup,
    ),
];

fn opens_and_closes(bench: &Bench) -> Result<()> {
    let api = Api::http(out_of_order())?;
    let server = start(bench, breaker(bench, &api))?;
    let mut numbers = callers::several(40);
    let mut expect = |count: usize, expected: &Expected| {
        numbers
            .by_ref()
            .take(count)
            .try_for_each(|number| server.expect(&number, expected))
    };
    expect(5, &Expected::fail_open("http_5xx"))?;
    expect(10, &Expected::fail_open("breaker_open"))?;
    same("requests", api.requests().len(), 5)?;
    same("checks", checks(&api), 1)?;
    same("lines about it", lines(&server, "breaker open"), 1)?;
    // The trial fails, and the breaker stays open.
    thread::sleep(Duration::from_millis(1100));
    expect(1, &Expected::fail_open("http_5xx"))?;
    expect(4, &Expected::fail_open("breaker_open"))?;
    same("requests", api.requests().len(), 5)?;
    same("checks", checks(&api), 2)?;
    // The trial succeeds.
    api.play(Plan::always(block()));
    thread::sleep(Duration::from_millis(1100));
    expect(5, &Expected::block())?;
    same("lines about its end", lines(&server, "breaker closed"), 1)?;
    server.finish()
}

fn an_api_that_is_well(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(error()))?;
    let server = start(bench, breaker(bench, &api))?;
    calls(&server, 20, &Expected::fail_open("http_5xx"))?;
    same("requests", api.requests().len(), 20)?;
    server.finish()
}

fn an_intermediary(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(page("403 Forbidden")).health(page("403 Forbidden")))?;
    let server = start(bench, breaker(bench, &api))?;
    calls(&server, 5, &Expected::fail_open("http_4xx"))?;
    server.expect(callers::BRITISH, &Expected::fail_open("breaker_open"))?;
    same("lines", lines(&server, "http_4xx (http_intermediary)"), 1)?;
    api.play(Plan::always(block()));
    // No longer than breaker_retry.
    thread::sleep(Duration::from_millis(1100));
    server.expect(callers::BRITISH, &Expected::block())?;
    server.finish()
}

fn a_health_of_others(bench: &Bench) -> Result<()> {
    for health in [page("403 Forbidden"), page("302 Found"), vec![Step::Hold]] {
        let api = Api::http(Plan::always(error()).health(page("403 Forbidden")))?;
        let server = start(bench, breaker(bench, &api))?;
        calls(&server, 5, &Expected::fail_open("http_5xx"))?;
        server.expect(callers::BRITISH, &Expected::fail_open("breaker_open"))?;
        api.play(Plan::always(block()).health(health));
        thread::sleep(Duration::from_millis(1100));
        server.expect(callers::BRITISH, &Expected::block())?;
        same("lines about its end", lines(&server, "breaker closed"), 1)?;
        server.finish()?;
    }
    Ok(())
}

fn a_health_that_never_reached_the_api(bench: &Bench) -> Result<()> {
    for health in [page("403 Forbidden"), page("302 Found"), vec![Step::Hold]] {
        let api = Api::http(Plan::always(block()).health(health.clone()))?;
        let server = start(bench, breaker(bench, &api))?;
        server.expect(callers::BRITISH, &Expected::block())?;
        api.play(Plan::always(error()).health(health.clone()));
        calls(&server, 10, &Expected::fail_open("http_5xx"))?;
        api.play(Plan::always(block()).health(health));
        server.expect(callers::SECOND, &Expected::block())?;
        server.finish()?;
    }
    Ok(())
}

fn a_health_that_was_good(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(block()))?;
    let server = start(bench, breaker(bench, &api))?;
    server.expect(callers::BRITISH, &Expected::block())?;
    same("checks after the first", checks(&api), 0)?;
    api.play(Plan::always(error()).health(page("403 Forbidden")));
    calls(&server, 5, &Expected::fail_open("http_5xx"))?;
    server.expect(callers::SECOND, &Expected::fail_open("breaker_open"))?;
    server.finish()
}

fn no_errors_in_a_row(bench: &Bench) -> Result<()> {
    let replies = (0..16)
        .map(|n| if n % 5 == 4 { block() } else { error() })
        .collect();
    let api = Api::http(Plan::in_turn(replies).health(answer::degraded()))?;
    let server = start(bench, breaker(bench, &api))?;
    for (n, number) in callers::several(15).enumerate() {
        let expected = if n % 5 == 4 {
            Expected::block()
        } else {
            Expected::fail_open("http_5xx")
        };
        server.expect(&number, &expected)?;
    }
    same("requests", api.requests().len(), 15)?;
    server.finish()
}

fn switched_off(bench: &Bench) -> Result<()> {
    let api = Api::http(out_of_order())?;
    let server = start(bench, breaker(bench, &api).param("breaker_errors", 0))?;
    calls(&server, 20, &Expected::fail_open("http_5xx"))?;
    same("requests", api.requests().len(), 20)?;
    server.finish()
}

fn the_backup(bench: &Bench) -> Result<()> {
    let dead = Refused::at(([127, 0, 0, 1], 0).into())?;
    let backup = Api::http(Plan::always(block()))?;
    let setup = bench
        .setup(&format!("http://{}", dead.address()))
        .param("api_url_backup", backup.url())
        .param("breaker_errors", 3)
        .param("breaker_retry", 900);
    let server = start(bench, setup)?;
    calls(&server, 3, &Expected::fail_open("connect"))?;
    calls(&server, 5, &Expected::block())?;
    same("requests to the backup", backup.requests().len(), 5)?;
    backup.play(out_of_order());
    calls(&server, 3, &Expected::fail_open("http_5xx"))?;
    server.expect(callers::BRITISH, &Expected::fail_open("breaker_open"))?;
    same("requests to the backup", backup.requests().len(), 8)?;
    server.finish()
}
