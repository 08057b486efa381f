// SPDX-License-Identifier: GPL-2.0-or-later

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, ServerConfig, ServerConnection, StreamOwned};
use testbed::{Authority, Flaw, Identity};

use super::super::connection::Connection;
use super::super::error::HttpError;
use super::client;
use crate::cause::Cause;
use crate::config::Roots;
use crate::deadline::Deadline;
use crate::failure::Failure;

/// A handshake with a server that runs this function on its end of the connection.
fn handshake(
    roots: &Roots,
    server: impl FnOnce(TcpStream) + Send + 'static,
) -> Result<Connection, HttpError> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let stream = TcpStream::connect(listener.local_addr().expect("bound")).expect("connected");
    let (peer, _) = listener.accept().expect("accepted");
    peer.set_read_timeout(Some(Duration::from_secs(5)))
        .expect("a socket");
    let server = thread::spawn(move || server(peer));
    let deadline = Deadline::after(Instant::now(), Duration::from_secs(5));
    let connection = Connection::plain(stream, deadline).expect("a connection");
    let name = ServerName::try_from("api.nol.test").expect("a name");
    let tls = ClientConnection::new(client(roots).expect("settings"), name).expect("a client");
    let outcome = connection.secure(tls);
    server.join().expect("the server");
    outcome
}

/// A server that speaks TLS and greets.
fn tls_server(config: Arc<ServerConfig>) -> impl FnOnce(TcpStream) + Send + 'static {
    move |peer| {
        let connection = ServerConnection::new(config).expect("settings");
        let mut stream = StreamOwned::new(connection, peer);
        // A client that refuses the certificate ends the connection.
        let _ = stream.write_all(b"hello").and_then(|()| stream.flush());
        // Unread bytes would turn the end into a reset.
        let _ = stream.sock.shutdown(std::net::Shutdown::Write);
        let _ = stream
            .sock
            .set_read_timeout(Some(Duration::from_millis(100)));
        let _ = stream.sock.read(&mut [0; 4096]);
    }
}

fn refusal(outcome: Result<Connection, HttpError>) -> (Failure, Option<Cause>) {
    let error = outcome.expect_err("no handshake");
    (error.failure, error.cause)
}

fn vector(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/vectors/tls", name]
        .iter()
        .collect()
}

fn roots_at(path: &std::path::Path) -> Roots {
    Roots::new(&path.display().to_string(), false).expect("usable")
}

fn chain(name: &str) -> Result<Connection, HttpError> {
    let file = |end| vector(&format!("{name}{end}"));
    let identity = Identity::read(&file(".pem"), &file(".key")).expect("a vector");
    handshake(&roots_at(&file("-ca.pem")), tls_server(identity.config()))
}

#[test]
fn rsa_with_sha512_and_p384_with_sha384_are_verified() {
    for name in ["rsa-sha512", "p384-sha384"] {
        assert!(
            chain(name).is_ok_and(|connection| connection.is_tls()),
            "{name}"
        );
    }
}

#[test]
fn a_signature_that_cannot_be_verified_is_called_so() {
    let unsupported = (Failure::Tls, Some(Cause::UnsupportedSignature));
    for name in ["p384-sha512", "p521-between"] {
        assert_eq!(refusal(chain(name)), unsupported, "{name}");
    }
}

#[test]
fn what_is_wrong_with_a_certificate_is_the_cause() {
    let authority = Authority::new().expect("an authority");
    let file = tempfile::NamedTempFile::new().expect("a file");
    authority.write(file.path()).expect("written");
    let roots = roots_at(file.path());
    for (flaw, cause) in [
        (Flaw::WrongName, Cause::NameMismatch),
        (Flaw::Expired, Cause::CertificateExpired),
        (Flaw::NotYetValid, Cause::CertificateNotYetValid),
        (Flaw::SelfSigned, Cause::UnknownIssuer),
        (Flaw::UnknownAuthority, Cause::UnknownIssuer),
    ] {
        let identity = authority
            .identity(&["api.nol.test"], flaw)
            .expect("an identity");
        let outcome = handshake(&roots, tls_server(identity.config()));
        assert_eq!(refusal(outcome), (Failure::Tls, Some(cause)), "{flaw:?}");
    }
    let identity = authority
        .identity(&["api.nol.test"], Flaw::None)
        .expect("an identity");
    assert!(handshake(&roots, tls_server(identity.config())).is_ok());
}

#[test]
fn a_server_that_wants_a_certificate_of_the_client_is_known() {
    let authority = Authority::new().expect("an authority");
    let file = tempfile::NamedTempFile::new().expect("a file");
    authority.write(file.path()).expect("written");
    let roots = roots_at(file.path());
    let identity = authority.identity(&["api.nol.test"], Flaw::ClientWanted);
    let identity = identity.expect("an identity");
    let wanted = Some(Cause::ClientCertificateWanted);
    // TLS 1.3: the handshake ends for the client before the server sends the alert.
    let outcome = handshake(&roots, tls_server(identity.config()));
    let mut connection = outcome.expect("a handshake");
    let error = connection.send_and_receive().err();
    assert!(error.is_some());
    assert_eq!(connection.cause(error.as_ref()), wanted);
    // TLS 1.2: within the handshake.
    let identity = identity.with_tls12().expect("settings");
    let outcome = handshake(&roots, tls_server(identity.config()));
    assert_eq!(refusal(outcome), (Failure::Tls, wanted));
    // The next server in this thread requests none.
    let outcome = handshake(&roots, |peer| drop((&peer).write_all(&ALERT)));
    assert_eq!(
        refusal(outcome),
        (Failure::Tls, Some(Cause::HandshakeRefused))
    );
}

#[test]
fn a_server_that_speaks_no_tls_is_known() {
    for (said, cause) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], Cause::NotTls),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Cause::NotTls),
        (b"220 mail.example ESMTP\r\n", Cause::NotTls),
        (&ALERT, Cause::HandshakeRefused),
        (b"", Cause::ClosedInHandshake),
    ] {
        let outcome = handshake(&Roots::BuiltIn, move |peer| {
            (&peer).write_all(said).expect("sent");
            peer.shutdown(std::net::Shutdown::Write).expect("connected");
            let mut end = &peer;
            while end.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {}
        });
        assert_eq!(refusal(outcome), (Failure::Tls, Some(cause)), "{said:?}");
    }
}

/// The fatal alert `handshake_failure`, in a record of TLS 1.2.
const ALERT: [u8; 7] = [21, 3, 3, 0, 2, 2, 40];

#[test]
fn session_tickets_are_quiet_but_not_without_end() {
    let authority = Authority::new().expect("an authority");
    let file = tempfile::NamedTempFile::new().expect("a file");
    authority.write(file.path()).expect("written");
    let roots = roots_at(file.path());
    let identity = authority
        .identity(&["api.nol.test"], Flaw::None)
        .expect("an identity");
    for (tickets, quiet) in [(2, true), (500, false)] {
        let mut config = (*identity.config()).clone();
        config.send_tls13_tickets = tickets;
        let (sent, all_sent) = std::sync::mpsc::channel();
        let server = move |mut peer: TcpStream| {
            let mut tls = ServerConnection::new(Arc::new(config)).expect("settings");
            while tls.is_handshaking() || tls.wants_write() {
                tls.complete_io(&mut peer).expect("a handshake");
            }
            sent.send(peer).expect("the test");
        };
        let mut connection = handshake(&roots, server).expect("a handshake");
        let _peer = all_sent.recv().expect("the server");
        assert_eq!(connection.is_quiet(), quiet, "{tickets}");
    }
}
