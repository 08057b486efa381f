// SPDX-License-Identifier: GPL-2.0-or-later
//! The redirect server that users get, while it lacks memory, descriptors or threads: every call has one final reply.
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use libtest_mimic::Trial;
use testbed::{
    Api, Form, Plan, Product, Resource, Result, Setup, Step,
    answer::{decision, ok},
    sip::{Client, Reply, Request, Transport},
};

use crate::{
    bench::{Bench, Running},
    callers,
    calls::SOON,
    expect::{holds, same},
    package,
    subject::Subject,
    suite::{LONG, Needs, SHORT, Suite},
};

/// Calls of a trial: with their lookups in flight they need more shared memory than there is.
const CALLS: usize = 800;

/// Bytes that an INVITE has beside what it must have.
const PADDING: usize = 2000;

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        suite.trial(subject, &format!("shortage/{name}"), Needs::default(), body)
    };
    let mut trials = vec![
        trial("of all shared memory", all_shared_memory),
        trial("of all shared memory: one request a call", one_request),
        trial("of shared memory, under load", shared_memory),
        trial("of a process's own memory", private_memory),
        trial("of descriptors", descriptors),
        trial("of address space and threads", address_space),
        trial("of nothing: a keepalive is answered", keepalive),
        trial("of nothing: a From that cannot be parsed", malformed),
    ];
    if subject.server.product() == Product::Kamailio && subject.form == Form::Async {
        trials.push(trial("of shared memory, when a call is resumed", resumed));
    }
    trials
}

/// The routes of the redirect server, in this trial's form.
fn setup(bench: &Bench, api: &Api) -> Result<Setup> {
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

fn options(setup: &mut Setup, words: [&str; 2]) {
    setup.options.extend(words.map(str::to_owned));
}

/// Answers so late that many lookups are in flight.
fn slow() -> Plan {
    let mut steps = vec![Step::Wait(Duration::from_millis(300))];
    steps.extend(ok(&decision("block", 603)));
    Plan::always(steps)
}

/// Closes each connection after its answer, so that each lookup needs another one.
fn closing() -> Plan {
    let mut steps = ok(&decision("block", 603));
    steps.push(Step::Close);
    Plan::always(steps)
}

fn invite() -> Request {
    Request::invite(&callers::sip(callers::CALLER))
}

/// Sends calls as fast as the server takes them off its socket, and checks what becomes of them.
fn load(server: &Running, calls: usize) -> Result<()> {
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    let requests: Vec<_> = (0..calls)
        .map(|_| invite().header("X-Padding", &"p".repeat(PADDING)))
        .collect();
    // Both sockets are read meanwhile, or the kernel would drop what no socket has room for.
    let mut replies = Vec::new();
    for some in requests.chunks(8) {
        for request in some {
            client.send(request)?;
        }
        replies.extend(client.further_replies(&requests, Duration::from_millis(4)));
    }
    let end = Instant::now() + SOON;
    while replies.len() < calls && Instant::now() < end {
        replies.extend(client.further_replies(&requests, Duration::from_millis(50)));
    }
    let statuses: HashMap<usize, u16> = replies
        .iter()
        .map(|(call, reply)| (*call, reply.status))
        .collect();
    if statuses.len() < calls {
        server.note_starvation()?;
    }
    same("calls with a final reply", statuses.len(), calls)?;
    holds(
        &format!("only decisions: {statuses:?}"),
        statuses.values().all(|status| [503, 603].contains(status)),
    )?;
    replies.extend(client.further_replies(&requests, Duration::from_millis(100)));
    let is_other = |(call, reply): &&(usize, Reply)| statuses.get(call) != Some(&reply.status);
    let others = replies.iter().filter(is_other).count();
    same("calls with two different replies", others, 0)
}

/// The server is well, the breaker closed, and there is no more than a line a call.
fn finish(server: Running, calls: usize) -> Result<()> {
    let text = server.host.log().text();
    holds("the breaker is closed", !text.contains("breaker open"))?;
    few_lines(&server, calls)?;
    server.finish()
}

fn few_lines(server: &Running, calls: usize) -> Result<()> {
    let text = server.host.log().text();
    let levels = ["ERROR", "WARNING", "CRITICAL", "ALERT"];
    let is_one = |line: &&str| levels.iter().any(|level| line.contains(level));
    let lines = text.lines().filter(is_one).count();
    let tail = server.host.log().tail();
    holds(
        &format!("{lines} lines for {calls} calls\n{tail}"),
        lines <= calls,
    )
}

/// The script itself takes all there is, for as long as it handles the call.
fn all_shared_memory(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let mut setup = setup(bench, &api)?;
    options(&mut setup, ["-m", "16"]);
    fill(bench, &mut setup, FILL_SHARED)?;
    let server = bench.start(&setup)?;
    for _ in 0..3 {
        load(&server, 1)?;
    }
    let ours = lines_of_ours(&server);
    holds(
        &format!("{ours} lines for 3 calls"),
        (1..=6).contains(&ours),
    )?;
    server.finish()
}

/// Without AVPs a second call of the function knows of the first all the same.
fn one_request(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let mut setup = setup(bench, &api)?.param("timeout", LONG);
    options(&mut setup, ["-m", "16"]);
    let twice = FILL_SHARED.replace("\n}\n", "\n\tnumbers_online_decide();\n}\n");
    fill(bench, &mut setup, &twice)?;
    let server = bench.start(&setup)?;
    for calls in 1..=3 {
        load(&server, 1)?;
        same("requests", api.requests().len(), calls)?;
    }
    server.finish()
}

fn lines_of_ours(server: &Running) -> usize {
    let text = server.host.log().text();
    let is_ours = |line: &&str| line.contains("ERROR") && line.contains("numbers_online");
    text.lines().filter(is_ours).count()
}

/// Lets the script begin with a route that takes memory.
fn fill(bench: &Bench, setup: &mut Setup, route: &str) -> Result<()> {
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

/// Few where processes wait, which take no call off the socket meanwhile.
fn calls(form: Form) -> usize {
    match form {
        Form::Sync => 8,
        Form::Async => CALLS,
    }
}

/// A script in another process takes all shared memory while the call is suspended.
fn resumed(bench: &Bench) -> Result<()> {
    let mut steps = vec![Step::Wait(Duration::from_millis(800))];
    steps.extend(ok(&decision("block", 603)));
    let api = Api::http(Plan::always(steps))?;
    let mut setup = setup(bench, &api)?.param("timeout", LONG);
    options(&mut setup, ["-m", "16"]);
    setup.modules.push("cfgutils".to_owned());
    setup.globals.push_str("max_while_loops=100000\n");
    let main = "request_route {";
    let filled = format!(
        "{main}\n\tif($rU == \"fill\") {{ route(FILL); usleep(\"1500000\"); sl_send_reply(\"200\", \"OK\"); exit; }}\n"
    );
    let routes = setup.routes.take().unwrap_or_default();
    setup.routes = Some(routes.replace(main, &filled) + FILL_SHARED);
    let server = bench.start(&setup)?;
    let request = invite();
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    client.send(&request)?;
    same(
        "requests",
        api.wait_for_requests(1, Duration::from_millis(700)).len(),
        1,
    )?;
    let mut fill = Request::new("MESSAGE", "sip:monitor@127.0.0.1");
    "sip:fill@127.0.0.1".clone_into(&mut fill.uri);
    let mut other = Client::connect(Transport::Udp, server.host.address())?;
    other.send(&fill)?;
    same("reply", client.final_reply(&request, SOON)?.status, 603)?;
    // The route has run, with its AVPs.
    let line = server.host.log().wait_for("decision=block code=603", SOON);
    holds("the script has the decision", line.is_some())?;
    let said = "could not allocate shared memory";
    holds(said, server.host.log().text().contains(said))?;
    same(
        "no other reply",
        client
            .further_replies(&[request], Duration::from_millis(100))
            .len(),
        0,
    )?;
    same("fill", other.final_reply(&fill, SOON)?.status, 200)?;
    server.finish()
}

fn shared_memory(bench: &Bench) -> Result<()> {
    let api = Api::http(slow())?;
    let mut setup = setup(bench, &api)?.param("timeout", LONG);
    if bench.server.product() == Product::Kamailio {
        options(&mut setup, ["-m", "10"]);
    } else {
        options(&mut setup, ["-m", "12"]);
    }
    let calls = calls(bench.form);
    let server = bench.start(&setup)?;
    load(&server, calls)?;
    let lacked = server.host.log().text().contains("out of ");
    same("memory was short", lacked, bench.form == Form::Async)?;
    finish(server, calls)
}

/// Little is left of it when the server has started. Without any, a server can parse no request and build no reply.
fn private_memory(bench: &Bench) -> Result<()> {
    let api = Api::http(slow())?;
    let mut setup = setup(bench, &api)?.param("timeout", LONG);
    options(&mut setup, ["-M", "2"]);
    let calls = calls(bench.form);
    let server = bench.start(&setup)?;
    load(&server, calls)?;
    finish(server, calls)
}

fn descriptors(bench: &Bench) -> Result<()> {
    let api = Api::http(closing())?;
    let server = bench.start(&setup(bench, &api)?.param("timeout", LONG))?;
    server.host.limit(Resource::Descriptors, 0)?;
    load(&server, 100)?;
    few_lines(&server, 100)?;
    server.finish()
}

fn address_space(bench: &Bench) -> Result<()> {
    let api = Api::http(closing())?;
    let server = bench.start(&setup(bench, &api)?.param("timeout", LONG))?;
    // Less than the stack of a thread.
    server.host.limit(Resource::AddressSpace, 256 * 1024)?;
    load(&server, 100)?;
    finish(server, 100)
}

/// Asks whether it lives, as a monitor would that looks at the next hop alone.
fn keepalive(bench: &Bench) -> Result<()> {
    let api = Api::http(slow())?;
    let server = bench.start(&setup(bench, &api)?)?;
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    for (method, status) in [("OPTIONS", 200), ("INVITE", 483)] {
        let mut request = Request::new(method, "sip:monitor@127.0.0.1");
        request.max_forwards = 0;
        same(method, client.call(&request)?.status, status)?;
    }
    server.finish()
}

fn malformed(bench: &Bench) -> Result<()> {
    let api = Api::http(slow())?;
    let server = bench.start(&setup(bench, &api)?)?;
    // The cores write such a From to their logs, where no other number may be found.
    let caller = "sip:+14155550144@192.0.2.1";
    // Kamailio's sanity_check() answers it before the module is asked.
    let wanted = match bench.server.product() {
        Product::Kamailio => 400,
        Product::OpenSips => 503,
    };
    for from in [
        format!("\"\"unknown\"\" <{caller}>"),
        format!("\"unclosed <{caller}>"),
    ] {
        for transport in Transport::ALL {
            let mut client = Client::connect(transport, server.host.address())?;
            let reply = client
                .call(&invite().from(&from))
                .map_err(|e| format!("{from}: {e}\n{}", server.host.log().tail()))?;
            same(&from, reply.status, wanted)?;
        }
    }
    same("requests", api.requests().len(), 0)?;
    server.finish()
}

/// Takes shared memory in large pieces, then in small ones: an AVP keeps the values that it had.
const FILL_SHARED: &str = r#"
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
