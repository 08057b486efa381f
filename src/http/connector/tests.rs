// SPDX-License-Identifier: GPL-2.0-or-later

use std::fs::File;
use std::net::{TcpListener, UdpSocket};
use std::process::Command;
use std::time::{Duration, Instant};

use super::Connector;
use crate::cause::Cause;
use crate::config::Roots;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::http::timings::Timings;
use crate::resolver::Resolver;

fn soon() -> Deadline {
    Deadline::after(Instant::now(), Duration::from_millis(500))
}

/// Set in the environment of the child.
const CHILD: &str = "NOL_TEST_WITHOUT_DESCRIPTORS";

/// Part of the test runs in a child process, because the limit applies to a whole process.
#[test]
fn a_lack_of_descriptors_says_nothing_about_the_api() {
    let program = std::env::current_exe().expect("this test");
    let child = "http::connector::tests::child_without_descriptors";
    let status = Command::new("sh")
        .env(CHILD, "yes")
        .args([
            "-c",
            "ulimit -n 40 && exec \"$0\" --exact \"$1\" --ignored --test-threads 1",
        ])
        .arg(program)
        .arg(child)
        .output()
        .expect("sh(1)");
    let said = String::from_utf8_lossy(&status.stdout);
    assert!(
        status.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

#[test]
#[ignore = "run by a_lack_of_descriptors_says_nothing_about_the_api"]
fn child_without_descriptors() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let api = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = |host: &str| {
        let port = api.local_addr().expect("bound").port();
        format!("http://{host}:{port}/").parse().expect("a URL")
    };
    let connector = Connector::new(Roots::BuiltIn, None);
    let connect = |host| connector.connect(&url(host), soon(), &mut Timings::started());
    // Load before the limit what needs a descriptor at first use.
    assert!(connect("127.0.0.1").is_ok());
    assert!(connect("localhost").is_ok());
    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    assert!(UdpSocket::bind("127.0.0.1:0").is_err());
    let error = connect("127.0.0.1").expect_err("no socket");
    assert_eq!(
        (error.failure, error.cause),
        (Failure::Shed, Some(Cause::NoDescriptor))
    );
    // The known address is used.
    let error = connect("localhost").expect_err("no socket");
    assert_eq!(error.failure, Failure::Shed);
    assert!(connector.failed().is_empty(), "no address failed");
    assert_eq!(
        Resolver::default().resolve("api.nol.test", soon()),
        Err(Failure::Shed)
    );
    // One descriptor: the files can be read and one socket made, but not a second one.
    taken.pop();
    assert!(connect("127.0.0.1").is_ok());
}
