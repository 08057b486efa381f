// SPDX-License-Identifier: GPL-2.0-or-later

//! The binary as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::peer::KEY;

/// A running binary that ends with this guard.
pub(crate) struct Process {
    child: Child,
    lines: BufReader<ChildStdout>,
    log: Arc<Mutex<String>>,
    reading: Option<JoinHandle<()>>,
}

impl Process {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::spawn(Command::new(BINARY).args(arguments))
    }

    /// Starts it with at most so many open files.
    pub(crate) fn start_with_open_files(limit: u32, arguments: &[&str]) -> Self {
        let script = format!("ulimit -n {limit}; exec \"$0\" \"$@\"");
        Self::spawn(
            Command::new("sh")
                .args(["-c", &script, BINARY])
                .args(arguments),
        )
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .env("TEST_KEY", KEY)
            .env("EMPTY_KEY", "")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary");
        let lines = BufReader::new(child.stdout.take().expect("standard output"));
        let mut stderr = BufReader::new(child.stderr.take().expect("standard error"));
        let log = Arc::new(Mutex::new(String::new()));
        let written = Arc::clone(&log);
        let reading = thread::spawn(move || {
            let mut line = String::new();
            while stderr.read_line(&mut line).expect("a line") > 0 {
                written.lock().expect("the log").push_str(&line);
                line.clear();
            }
        });
        Self {
            child,
            lines,
            log,
            reading: Some(reading),
        }
    }

    /// The address in the next line of standard output.
    pub(crate) fn listening(&mut self, scheme: &str) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        let address = line
            .strip_prefix(&format!("listening {scheme} "))
            .unwrap_or_else(|| panic!("{line:?}"));
        address.trim_end().to_owned()
    }

    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(
            Command::new("sh")
                .args(["-c", &kill])
                .status()
                .expect("a shell")
                .success()
        );
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What was logged until now.
    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("the log").clone()
    }

    /// Waits until the log has so many lines with this text.
    pub(crate) fn wait_for_log(&self, text: &str, times: usize) {
        let end = Instant::now() + Duration::from_secs(20);
        while self.log().matches(text).count() < times {
            assert!(Instant::now() < end, "no {text:?}: {}", self.log());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for the end: exit code, rest of standard output, log.
    pub(crate) fn end(mut self) -> (Option<i32>, String, String) {
        let mut out = String::new();
        self.lines
            .read_to_string(&mut out)
            .expect("standard output");
        self.reading
            .take()
            .expect("a thread")
            .join()
            .expect("the log");
        (self.child.wait().expect("an end").code(), out, self.log())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

const BINARY: &str = env!("CARGO_BIN_EXE_numbers-online-service");
