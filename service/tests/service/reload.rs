// SPDX-License-Identifier: GPL-2.0-or-later

//! SIGHUP reads keys, lists and certificate again; SIGTERM ends within a bounded time.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use numbers_online_service::certificate::SelfSigned;
use numbers_online_service::signing_key::SigningKey;
use tempfile::TempDir;

use crate::binary::{Process, text};
use crate::peer::{INBOUND, KEY, PATH, agent, post, public_key};
use crate::signatures::verifies;

const OLD: &str = "nol_old";
const NEW: &str = "nol_new";
// printf %s nol_old | sha256sum
const OLD_LINE: &str =
    "97f8165eeadaa52b7f923990040154a5bfa33e083e3770d4c0375505b6a0314c,old,sbc_redirect";
// printf %s nol_new | sha256sum
const NEW_LINE: &str =
    "437144f2011b6d28188a0242c6b18a9b9a5202de85ebf03a8e574ad811a61950,new,sbc_redirect";
const BODY: &str = r#"{"number":"+14155550101"}"#;

/// A service with files that the test changes.
struct Files {
    directory: TempDir,
    process: Process,
    http: String,
    https: String,
}

impl Files {
    fn start(more: &[&str]) -> Self {
        let directory = TempDir::new().expect("a directory");
        let path = |name: &str| directory.path().join(name);
        fs::create_dir(path("lists")).expect("a directory");
        fs::write(path("lists/dnc.csv"), "number\n").expect("a list");
        fs::write(path("keys.csv"), keys(OLD_LINE)).expect("keys");
        replace_certificate(directory.path());
        let (keys, lists) = (path("keys.csv"), path("lists"));
        let (certificate, key) = (path("server.pem"), path("server.key"));
        let arguments = [
            &[
                "--listen-https",
                "127.0.0.1:0",
                "--listen-http",
                "127.0.0.1:0",
            ][..],
            &["--keys", text(&keys), "--data", text(&lists)],
            &["--tls-cert", text(&certificate), "--tls-key", text(&key)],
            more,
        ]
        .concat();
        let mut process = Process::start(&arguments);
        let (https, http) = (process.listening("https"), process.listening("http"));
        Self {
            directory,
            process,
            http,
            https,
        }
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.directory.path().join(name), content).expect("a file");
    }

    /// Sends SIGHUP and waits until all three kinds were read, which is `time` for this service.
    fn reload(&self, time: usize) {
        self.process.signal("HUP");
        self.process.wait_for_log("reloaded", 3 * time);
    }

    /// Status and reason.
    fn ask(&self, key: &str) -> (u16, String) {
        let url = format!("http://{}{PATH}", self.http);
        let reply = post(&agent(None), &url, &[("X-API-Key", key)], BODY).expect("a reply");
        let reason = reply.json["reason"].as_str().unwrap_or_default().to_owned();
        (reply.status, reason)
    }

    /// Whether the certificate is of the authority in the directory now.
    fn shows_current_certificate(&self) -> bool {
        let ca = fs::read(self.directory.path().join("ca.pem")).expect("the authority");
        let url = format!("https://{}{PATH}", self.https);
        post(&agent(Some(&ca)), &url, &[("X-API-Key", OLD)], BODY).is_ok()
    }
}

fn keys(lines: &str) -> String {
    format!("sha256,name,use_cases\n{lines}\n")
}

/// Makes a new authority and a new certificate.
fn replace_certificate(directory: &Path) {
    for name in ["ca.pem", "ca.key", "server.pem", "server.key"] {
        // The first time there is none.
        let _ = fs::remove_file(directory.join(name));
    }
    SelfSigned::ensure(directory, &[]).expect("certificates");
}

#[test]
fn sighup_reads_keys_lists_and_certificate_again() {
    let service = Files::start(&[]);
    assert_eq!(service.ask(OLD), (200, "no_actionable_signal".to_owned()));
    assert_eq!(service.ask(NEW).0, 401);
    assert!(service.shows_current_certificate());
    service.write("keys.csv", &keys(NEW_LINE));
    service.write("lists/dnc.csv", "number\n+14155550101\n");
    replace_certificate(service.directory.path());
    assert!(!service.shows_current_certificate());
    service.reload(1);
    assert_eq!(service.ask(OLD).0, 401);
    assert_eq!(service.ask(NEW), (200, "dnc_listed".to_owned()));
    assert!(service.shows_current_certificate());
}

#[test]
fn a_bad_file_keeps_the_old_content_and_is_named_in_one_line() {
    let service = Files::start(&[]);
    let bad_key = keys(&format!("{OLD_LINE}\nxyz,new,lookup"));
    let (junk, good) = ("junk", "number\n+14155550101\n");
    for (time, file, bad, line) in [
        (
            1,
            "keys.csv",
            &bad_key[..],
            "keys not reloaded, the old ones stay in force: DIRECTORY/keys.csv: line 3, column 1 (sha256): ",
        ),
        (
            2,
            "keys.csv",
            "sha256,name,use_cases\n",
            "keys not reloaded, the old ones stay in force: no API key",
        ),
        (
            3,
            "lists/dnc.csv",
            "number\n\n5550101\n",
            "lists not reloaded, the old ones stay in force: DIRECTORY/lists/dnc.csv: line 3, column 1 (number): \
             \"5550101\"; allowed: ",
        ),
        (
            4,
            "server.pem",
            junk,
            "certificate not reloaded, the old one stays in force: DIRECTORY/server.pem: no PEM certificate",
        ),
    ] {
        let path = service.directory.path().join(file);
        let before = fs::read_to_string(&path).expect("a file");
        service.write(file, bad);
        service.reload(time);
        let log = service.process.log();
        let line = line.replace("DIRECTORY", text(service.directory.path()));
        let found: Vec<&str> = log.lines().filter(|found| found.contains(&line)).collect();
        assert_eq!(found.len(), 1, "{line}: {log}");
        assert!(found[0].contains("ERROR"), "{}", found[0]);
        assert_eq!(log.matches("ERROR").count(), time, "{log}");
        assert_eq!(service.ask(OLD), (200, "no_actionable_signal".to_owned()));
        assert!(service.shows_current_certificate() || file == "server.pem");
        service.write(file, &before);
    }
    // A list that is gone is not an empty one.
    fs::remove_file(service.directory.path().join("lists/dnc.csv")).expect("a file");
    service.reload(5);
    service.process.wait_for_log("dnc.csv: the file is gone", 1);
    // One bad file does not keep the others from being read.
    service.write("lists/dnc.csv", good);
    service.write("keys.csv", "");
    service.reload(6);
    assert_eq!(service.ask(OLD), (200, "dnc_listed".to_owned()));
}

#[test]
fn sighup_reads_identities_and_the_signing_key_again() {
    let directory = TempDir::new().expect("a directory");
    let (path, other) = (
        directory.path().join("signing.pem"),
        directory.path().join("other.pem"),
    );
    let first = SigningKey::ensure(&path).expect("a key").public_key_pem();
    let second = SigningKey::ensure(&other).expect("a key").public_key_pem();
    let service = Files::start(&["--signing-key", text(&path), "--key-env", "TEST_KEY"]);
    let base = format!("http://{}", service.http);
    let label = |key: &str| {
        let body = r#"{"number":"+14155550101"}"#;
        let url = format!("{base}{INBOUND}");
        let answer = post(&agent(None), &url, &[("X-API-Key", KEY)], body)
            .expect("a reply")
            .json;
        assert!(verifies(&answer, key), "{answer}");
        answer["display_label"].clone()
    };
    assert_eq!(public_key(&base), first);
    assert_eq!(label(&first), "");

    let header = "number,identity_type,display_label,profile_url\n";
    service.write(
        "lists/identities.csv",
        &format!("{header}+14155550101,verified_business,Acme,\n"),
    );
    fs::rename(&other, &path).expect("another key");
    service.process.signal("HUP");
    service.process.wait_for_log("reloaded", 4);
    assert_eq!(public_key(&base), second);
    assert_eq!(label(&second), "Acme");

    fs::remove_file(&path).expect("a file");
    service.write(
        "lists/identities.csv",
        &format!("{header}+14155550101,verified,Acme,\n"),
    );
    service.process.signal("HUP");
    service.process.wait_for_log("reloaded", 8);
    let log = service.process.log();
    for error in [
        format!(
            "signing key not reloaded, the old one stays in force: {}: No such file",
            path.display()
        ),
        "identities.csv: line 2, column 2 (identity_type): \"verified\"; allowed: ".to_owned(),
    ] {
        assert_eq!(log.matches(&error).count(), 1, "{error}: {log}");
    }
    assert!(!path.exists());
    assert_eq!(public_key(&base), second);
    assert_eq!(label(&second), "Acme");
}

#[test]
fn a_request_in_progress_is_answered_over_a_reload() {
    let service = Files::start(&["--delay-ms", "800"]);
    thread::scope(|scope| {
        let asking = scope.spawn(|| service.ask(OLD));
        service.write("keys.csv", &keys(NEW_LINE));
        thread::sleep(Duration::from_millis(300));
        service.reload(1);
        assert_eq!(asking.join().expect("a thread").0, 200);
    });
    assert_eq!(service.ask(OLD).0, 401);
}

#[test]
fn a_connection_outlives_a_reload() {
    let service = Files::start(&[]);
    let mut stream = TcpStream::connect(&service.http).expect("a connection");
    for time in 1..3 {
        stream
            .write_all(b"GET /api/health HTTP/1.1\r\nHost: a\r\n\r\n")
            .expect("a request");
        let mut bytes = [0; 4096];
        let length = stream.read(&mut bytes).expect("a reply");
        assert!(bytes[..length].starts_with(b"HTTP/1.1 200 "));
        service.reload(time);
    }
}

#[test]
fn sigterm_waits_for_no_idle_peer() {
    let service = Files::start(&[]);
    let _silent: Vec<TcpStream> = [&service.http, &service.https]
        .map(|address| TcpStream::connect(address).expect("a connection"))
        .into();
    let mut idle = TcpStream::connect(&service.http).expect("a connection");
    idle.write_all(b"GET /api/health HTTP/1.1\r\nHost: a\r\n\r\n")
        .expect("a request");
    let _ = idle.read(&mut [0; 4096]).expect("a reply");
    let start = Instant::now();
    service.process.signal("TERM");
    assert_eq!(service.process.end().0, Some(0));
    // Requests in progress would have 6 seconds.
    assert!(
        start.elapsed() < Duration::from_secs(4),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn sigterm_ends_it_although_a_request_and_a_reload_hang() {
    let service = Files::start(&[]);
    // The body does not come.
    let mut stream = TcpStream::connect(&service.http).expect("a connection");
    write!(
        stream,
        "POST {PATH} HTTP/1.1\r\nHost: a\r\nX-API-Key: {OLD}\r\nContent-Length: 30\r\n\r\n{{"
    )
    .expect("half a request");
    let list = service.directory.path().join("lists/spam.csv");
    assert!(
        Command::new("mkfifo")
            .arg(&list)
            .status()
            .expect("mkfifo")
            .success()
    );
    service.process.signal("HUP");
    service.process.wait_for_log("keys reloaded", 1);
    let start = Instant::now();
    service.process.signal("TERM");
    let (code, _, log) = service.process.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(
        start.elapsed() < Duration::from_secs(15),
        "{:?}",
        start.elapsed()
    );
}
