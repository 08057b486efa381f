// SPDX-License-Identifier: GPL-2.0-or-later
//! A Kamailio outside the directories of packages, started through a loader like a version of another Debian release.
use std::path::Path;

use testbed::{Build, Kamailio, Server, Setup, sip};

#[test]
#[ignore = "needs kamailio: make test"]
fn a_server_is_started_through_its_own_loader() {
    let loaders = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"];
    let loader = loaders
        .iter()
        .find(|path| Path::new(path).exists())
        .expect("a loader");
    let through = |program: &[String]| [&[(*loader).to_owned()], program].concat();
    let installed = Kamailio::installed(Path::new("/nonexistent"));
    let server = Kamailio {
        name: "loaded".to_owned(),
        program: through(&installed.program),
        kamcmd: through(&installed.kamcmd),
        ..installed
    };
    assert_eq!(server.missing(Build::StandIn), None);
    assert!(
        server.missing(Build::Release).is_some(),
        "there is no module"
    );

    let logs = tempfile::tempdir().expect("a directory");
    let setup = Setup::new("loader", logs.path())
        .stand_in("code", 404)
        .stand_in("phrase", "Not Found");
    let mut host = server.start(&setup).expect("a server");
    let request = sip::Request::invite("sip:+12025550123@carrier.example");
    let mut client =
        sip::Client::connect(sip::Transport::Tcp, host.address()).expect("a connection");
    assert_eq!(client.call(&request).expect("a reply").status, 404);
    assert!(host.version().expect("kamcmd").contains("kamailio"));
    host.check().expect("alive");
    host.stop().expect("an orderly end");
}
