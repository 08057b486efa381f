// SPDX-License-Identifier: GPL-2.0-or-later

//! A running service.

use std::error::Error;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::program::{KEY, Run};

/// The service with its demo data, on a loopback port that the kernel chooses. It ends with this guard.
pub(crate) struct Service {
    child: Child,
    url: String,
    tls: TempDir,
}

impl Service {
    pub(crate) fn start(binary: &OsStr) -> Result<Self, Box<dyn Error>> {
        let tls = TempDir::new()?;
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../service/demo-data");
        let mut child = Command::new(binary)
            .args(["--listen-https", "127.0.0.1:0", "--key-env", "TEST_KEY"])
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
            tls,
        };
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let address = line.trim_end().strip_prefix("listening https ");
        service.url = format!("https://{}", address.ok_or("it does not listen")?);
        Ok(service)
    }

    /// Runs the program with this service as its API, further parameters, and further arguments. Its output is JSON.
    pub(crate) fn run(&self, subcommand: &str, parameters: &[&str], arguments: &[&str]) -> Run {
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
        Run::in_environment(&all, "", &variables)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
