// SPDX-License-Identifier: GPL-2.0-or-later

//! A running service.

use std::error::Error;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::program::{KEY, Run};

/// The service with its demo data, on a loopback port that the kernel chooses. It ends with this guard.
pub(crate) struct Service {
    child: Child,
    url: String,
    /// Where it listens without TLS.
    plain: String,
    tls: TempDir,
}

impl Service {
    pub(crate) fn start(binary: &OsStr) -> Result<Self, Box<dyn Error>> {
        let tls = TempDir::new()?;
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../service/demo-data");
        let mut child = Command::new(binary)
            .args([
                "--listen-http",
                "127.0.0.1:0",
                "--listen-https",
                "127.0.0.1:0",
            ])
            .args(["--key-env", "TEST_KEY"])
            .args(["--log", "off", "--default-country", "US"])
            .arg("--tls-self-signed")
            .arg(tls.path())
            .arg("--data")
            .arg(data)
            .env("TEST_KEY", KEY)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let out = child.stdout.take().ok_or("no standard output")?;
        let mut service = Self {
            child,
            url: String::new(),
            plain: String::new(),
            tls,
        };
        for line in BufReader::new(out).lines().take(2) {
            let line = line?;
            let (scheme, address) = line
                .strip_prefix("listening ")
                .and_then(|rest| rest.split_once(' '))
                .ok_or("it does not listen")?;
            match scheme {
                "https" => service.url = format!("https://{address}"),
                _ => address.clone_into(&mut service.plain),
            }
        }
        Ok(service)
    }

    /// The body of the answer to a request with its API key.
    pub(crate) fn post(&self, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.plain).expect("a connection");
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
        assert!(head.starts_with("HTTP/1.1 200 "), "{answer}");
        body.to_owned()
    }

    /// Runs the program with this service as its API, further parameters, and further arguments. Its output is JSON.
    pub(crate) fn run(&self, subcommand: &str, parameters: &[&str], arguments: &[&str]) -> Run {
        self.run_with(subcommand, parameters, arguments, "")
    }

    /// The same, with a text on standard input.
    pub(crate) fn run_with(
        &self,
        subcommand: &str,
        parameters: &[&str],
        arguments: &[&str],
        input: &str,
    ) -> Run {
        let usual = [
            format!("--param=api_url={}", self.url),
            format!(
                "--param=ca_file={}",
                self.tls.path().join("ca.pem").display()
            ),
            "--param=timeout=5000".to_owned(),
        ];
        let parameters = parameters
            .iter()
            .map(|parameter| format!("--param={parameter}"));
        let parameters: Vec<_> = usual.into_iter().chain(parameters).collect();
        let all = [subcommand, "--json"].into_iter();
        let all = all.chain(parameters.iter().map(String::as_str));
        let all: Vec<_> = all.chain(arguments.iter().copied()).collect();
        let variables = [
            ("NUMBERS_ONLINE_API_KEY", KEY),
            ("OTHER_KEY", "nol_of_somebody_else"),
        ];
        Run::in_environment(&all, input, &variables)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
