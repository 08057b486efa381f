// SPDX-License-Identifier: GPL-2.0-or-later
//! Checks that the API server follows its plans. Otherwise the trials with rude peers would prove nothing.
use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    sync::Arc,
    time::{Duration, Instant},
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use testbed::{Api, Authority, Flaw, Greeting, Plan, Step, answer};

const ASK: &[u8] = b"POST /api HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\nContent-Length: 8\r\n\r\n{\"n\": 1}";

fn connect(api: &Api) -> TcpStream {
    let stream = TcpStream::connect(api.address()).expect("a connection");
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .expect("a timeout");
    stream
}

/// Sends a request and reads to the end of the connection.
fn ask(api: &Api) -> (String, Option<ErrorKind>) {
    let mut stream = connect(api);
    stream.write_all(ASK).expect("a request");
    read_all(&mut stream)
}

fn read_all(stream: &mut impl Read) -> (String, Option<ErrorKind>) {
    let mut bytes = Vec::new();
    let error = stream.read_to_end(&mut bytes).err().map(|e| e.kind());
    (String::from_utf8_lossy(&bytes).into_owned(), error)
}

#[test]
fn a_request_is_recorded_whole() {
    let mut reply = answer::ok(&answer::decision("allow", 503));
    reply.push(Step::Close);
    let api = Api::http(Plan::always(reply)).expect("an api");
    let (text, error) = ask(&api);
    assert!(
        text.starts_with("HTTP/1.1 200 OK\r\n") && text.ends_with('}'),
        "{text}"
    );
    assert_eq!(error, None);
    let requests = api.requests();
    assert_eq!(
        (requests[0].method.as_str(), requests[0].path.as_str()),
        ("POST", "/api")
    );
    assert_eq!(
        (
            requests[0].header("authorization"),
            &requests[0].json()["n"]
        ),
        (Some("Bearer k"), &1.into())
    );
}

#[test]
fn a_connection_is_kept_and_answers_come_in_turn() {
    let reply = |text: &str| vec![Step::Send(text.as_bytes().to_vec())];
    let api = Api::http(Plan::in_turn(vec![
        reply("one"),
        reply("two"),
        vec![Step::Cut],
    ]))
    .expect("an api");
    let mut stream = connect(&api);
    let mut three = [0; 3];
    for expected in ["one", "two"] {
        stream.write_all(ASK).expect("a request");
        stream.read_exact(&mut three).expect("an answer");
        assert_eq!(three, expected.as_bytes());
    }
    stream.write_all(ASK).expect("a request");
    assert_eq!(read_all(&mut stream), (String::new(), None));
    assert_eq!((api.requests().len(), api.connections()), (3, 1));
}

#[test]
fn a_reset_is_a_reset() {
    let half = vec![
        Step::Send(b"HTTP/1.1 200 OK\r\n".to_vec()),
        Step::Wait(Duration::from_millis(50)),
        Step::Reset,
    ];
    let api = Api::http(Plan::always(half)).expect("an api");
    let (text, error) = ask(&api);
    assert_eq!(
        (text.as_str(), error),
        ("HTTP/1.1 200 OK\r\n", Some(ErrorKind::ConnectionReset))
    );
    let api = Api::http(Plan::greeting(Greeting::Reset)).expect("an api");
    let mut stream = connect(&api);
    assert_eq!(read_all(&mut stream).1, Some(ErrorKind::ConnectionReset));
}

#[test]
fn a_slow_answer_comes_byte_by_byte() {
    let drip = vec![
        Step::Drip(b"abcd".to_vec(), Duration::from_millis(30)),
        Step::Close,
    ];
    let api = Api::http(Plan::always(drip)).expect("an api");
    let start = Instant::now();
    assert_eq!(ask(&api).0, "abcd");
    assert!(start.elapsed() > Duration::from_millis(100));
}

#[test]
fn a_silent_server_ends_with_its_guard() {
    let api = Api::http(Plan::greeting(Greeting::Silence)).expect("an api");
    let mut stream = connect(&api);
    stream
        .set_read_timeout(Some(Duration::from_millis(50)))
        .expect("a timeout");
    assert_eq!(read_all(&mut stream).1, Some(ErrorKind::WouldBlock));
    drop(api);
    assert!(matches!(
        read_all(&mut stream).1,
        None | Some(ErrorKind::ConnectionReset)
    ));
}

/// What a client that trusts the authority reads, or the error that it meets.
fn ask_tls(flaw: Flaw, greeting: Greeting, reply: Vec<Step>) -> Result<String, String> {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("ca.pem");
    let authority = Authority::new().expect("an authority");
    authority.write(&file).expect("a file");
    let identity = authority
        .identity(&["localhost"], flaw)
        .expect("an identity");
    let plan = Plan {
        greeting,
        replies: vec![reply],
        ..Plan::always(Vec::new())
    };
    let api = Api::https(identity, plan).expect("an api");

    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(&file).expect("a certificate"))
        .expect("a root");
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    let client = ClientConnection::new(Arc::new(config), name).expect("a client");
    let socket = connect(&api);
    socket
        .set_read_timeout(Some(Duration::from_millis(500)))
        .expect("a timeout");
    let mut stream = StreamOwned::new(client, socket);
    stream.write_all(ASK).map_err(|e| e.to_string())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn hello() -> Vec<Step> {
    vec![Step::Send(b"hello".to_vec()), Step::Close]
}

#[test]
fn a_correct_certificate_is_accepted() {
    assert_eq!(
        ask_tls(Flaw::None, Greeting::Serve, hello()),
        Ok("hello".to_owned())
    );
}

#[test]
fn each_flaw_of_a_certificate_is_the_one_it_is_called() {
    let cases = [
        (Flaw::WrongName, "not valid for name"),
        (Flaw::Expired, "certificate expired"),
        (Flaw::NotYetValid, "not valid yet"),
        (Flaw::SelfSigned, "UnknownIssuer"),
        (Flaw::UnknownAuthority, "UnknownIssuer"),
    ];
    for (flaw, complaint) in cases {
        let error = ask_tls(flaw, Greeting::Serve, hello()).expect_err("no trust");
        assert!(error.contains(complaint), "{flaw:?}: {error}");
    }
}

#[test]
fn a_truncation_differs_from_a_close() {
    let cut = vec![Step::Send(b"hello".to_vec()), Step::Cut];
    let error = ask_tls(Flaw::None, Greeting::Serve, cut).expect_err("a cut");
    assert!(error.contains("close_notify"), "{error}");
}

#[test]
fn a_handshake_is_spoilt_in_every_way() {
    let alert = ask_tls(Flaw::None, Greeting::Alert, hello()).expect_err("an alert");
    assert!(alert.contains("HandshakeFailure"), "{alert}");
    let reset = ask_tls(Flaw::None, Greeting::ResetInHandshake, hello()).expect_err("a reset");
    assert!(reset.contains("reset"), "{reset}");
    let stall = ask_tls(Flaw::None, Greeting::StallInHandshake, hello()).expect_err("a stall");
    assert!(stall.contains("temporarily unavailable"), "{stall}");
}
