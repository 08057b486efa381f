// SPDX-License-Identifier: GPL-2.0-or-later
//! A network namespace with its own name server.
use std::{
    fs::{self, File},
    os::fd::AsFd,
    path::{Path, PathBuf},
    process::{self, Command},
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::Result;

/// Namespaces are named after the process that made them, so that leftovers of a killed run can be recognized.
const PREFIX: &str = "nol-test-";

/// A network namespace with only `lo`, which is up. It is removed with its guard.
#[derive(Debug)]
pub struct Netns {
    name: String,
}

impl Netns {
    /// Why no namespace can be made here, if that is so.
    #[must_use]
    pub fn missing() -> Option<String> {
        if !rustix::process::geteuid().is_root() {
            return Some("root".to_owned());
        }
        Command::new("ip")
            .arg("-V")
            .output()
            .err()
            .map(|_| "ip (iproute2)".to_owned())
    }

    /// A new namespace; programs started in it by [`Netns::wrap`] find this as their `/etc/resolv.conf`.
    pub fn new(resolv_conf: &str) -> Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        sweep();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{}-{number}", process::id());
        ip(&["netns", "add", &name])?;
        let netns = Self { name };
        fs::create_dir_all(netns.etc())?;
        fs::write(netns.etc().join("resolv.conf"), resolv_conf)?;
        ip(&["-n", &netns.name, "link", "set", "lo", "up"])?;
        Ok(netns)
    }

    /// The name, as `ip netns` has it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs `work` in a thread that lives in the namespace. Threads that it starts live there too.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        let handle = File::open(Path::new("/run/netns").join(&self.name))?;
        thread::scope(|scope| {
            let inside = scope.spawn(move || {
                move_into_link_name_space(handle.as_fd(), Some(LinkNameSpaceType::Network))?;
                work()
            });
            inside
                .join()
                .map_err(|_| "a thread in the namespace panicked")?
        })
    }

    /// The command that runs a program in the namespace called `name`.
    #[must_use]
    pub fn wrap(name: &str) -> Vec<String> {
        ["ip", "netns", "exec", name].map(str::to_owned).to_vec()
    }

    fn etc(&self) -> PathBuf {
        Path::new("/etc/netns").join(&self.name)
    }
}

impl Drop for Netns {
    fn drop(&mut self) {
        // If it cannot be removed now, the next run removes it.
        let _ = ip(&["netns", "del", &self.name]);
        let _ = fs::remove_dir_all(self.etc());
    }
}

/// Removes the namespaces of killed runs.
fn sweep() {
    for directory in ["/run/netns", "/etc/netns"] {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let owner = name
                .strip_prefix(PREFIX)
                .and_then(|rest| rest.split('-').next());
            if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
                drop(Netns { name });
            }
        }
    }
}

fn ip(words: &[&str]) -> Result<()> {
    let output = Command::new("ip").args(words).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("ip {}: {}", words.join(" "), said.trim()).into())
}
