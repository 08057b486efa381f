// SPDX-License-Identifier: GPL-2.0-or-later

//! The HTTPS listener.

use std::fs;
use std::io::Write;
use std::net::TcpStream;

use numbers_online_service::certificate::SelfSigned;
use numbers_online_service::config::{Https, Scheme};
use numbers_online_service::tls;
use tempfile::TempDir;

use crate::peer::{KEY, PATH, Peer, agent, loopback, post};

const BODY: &str = r#"{"number":"+14155550101"}"#;

fn https(directory: &TempDir) -> (Peer, Vec<u8>) {
    let files = SelfSigned::ensure(directory.path(), &[]).expect("certificates");
    let tls = tls::server(&files.certificate, &files.key).expect("a TLS server");
    let address = loopback();
    let peer = Peer::start(|config| config.https = Some(Https { address, tls }));
    (peer, fs::read(files.ca).expect("the authority"))
}

#[test]
fn a_client_that_trusts_the_authority_is_answered() {
    let directory = TempDir::new().expect("a directory");
    let (peer, ca) = https(&directory);
    let [(Scheme::Https, https), (Scheme::Http, http)] = peer.service.listening() else {
        panic!("{:?}", peer.service.listening())
    };
    let client = agent(Some(&ca));
    for url in [
        format!("https://127.0.0.1:{}{PATH}", https.port()),
        format!("https://localhost:{}{PATH}", https.port()),
        format!("http://{http}{PATH}"),
    ] {
        let reply = post(&client, &url, &[("X-API-Key", KEY)], BODY).expect(&url);
        assert_eq!(reply.json["reason"], "dnc_listed", "{url}");
    }
}

#[test]
fn a_client_that_trusts_nobody_or_expects_another_name_is_not() {
    let directory = TempDir::new().expect("a directory");
    let (peer, ca) = https(&directory);
    let port = peer.address().port();
    let trusting_nobody = post(
        &agent(None),
        &format!("https://127.0.0.1:{port}{PATH}"),
        &[],
        BODY,
    );
    assert!(trusting_nobody.is_err());
    let another_name = post(
        &agent(Some(&ca)),
        &format!("https://127.0.0.2:{port}{PATH}"),
        &[],
        BODY,
    );
    assert!(another_name.is_err());
}

#[test]
fn a_peer_that_stalls_or_speaks_no_tls_keeps_nobody_waiting() {
    let directory = TempDir::new().expect("a directory");
    let (peer, ca) = https(&directory);
    let _silent = TcpStream::connect(peer.address()).expect("a connection");
    let mut plain = TcpStream::connect(peer.address()).expect("a connection");
    plain
        .write_all(b"GET /api/health HTTP/1.1\r\nHost: a\r\n\r\n")
        .expect("a request");
    let url = format!("https://{}{PATH}", peer.address());
    let reply = post(&agent(Some(&ca)), &url, &[("X-API-Key", KEY)], BODY).expect("a reply");
    assert_eq!(reply.status, 200);
}
