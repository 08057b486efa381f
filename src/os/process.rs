// SPDX-License-Identifier: GPL-2.0-or-later
//! Processes of the server: this one, and others.

/// Proof that the code runs in the process that will use what it makes: sockets, TLS and random numbers must not exist
/// before fork.
#[derive(Clone, Copy, Debug)]
pub struct InWorker(());

impl InWorker {
    /// Declares that no fork follows. Only the code that makes workers may do so.
    pub(crate) fn promised() -> Self {
        Self(())
    }
}

/// A process, told from a later one with the same pid by the time of its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProcessId {
    pid: u32,
    /// The lower 32 bits of its start in clock ticks since boot; 0 if it cannot be read.
    started: u32,
}

impl ProcessId {
    /// This process.
    pub(crate) fn ours() -> Self {
        Self::of(std::process::id())
    }

    fn of(pid: u32) -> Self {
        Self {
            pid,
            started: started(pid).unwrap_or(0),
        }
    }

    pub(crate) fn pid(self) -> u32 {
        self.pid
    }

    /// Whether it is still there.
    pub(crate) fn is_alive(self) -> bool {
        is_alive(self.pid) && Self::of(self.pid) == self
    }

    /// As a word of shared memory, never 0.
    pub(crate) fn to_shared(self) -> u64 {
        u64::from(self.started) << 32 | u64::from(self.pid)
    }

    /// From shared memory; `None` for 0.
    pub(crate) fn from_shared(word: u64) -> Option<Self> {
        let half = |word: u64| u32::try_from(word & u64::from(u32::MAX)).unwrap_or(0);
        (word != 0).then(|| Self {
            pid: half(word),
            started: half(word >> 32),
        })
    }
}

/// The lower 32 bits of field 22 of proc(5)'s `stat`.
fn started(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program, in brackets, may contain anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: u64 = fields.split_whitespace().nth(19)?.parse().ok()?;
    u32::try_from(ticks & u64::from(u32::MAX)).ok()
}

/// Whether there is a process with this id. A process that has ended counts until its parent has read its status.
pub(crate) fn is_alive(pid: u32) -> bool {
    // 0 would be our own process group.
    let Some(pid) = libc::pid_t::try_from(pid).ok().filter(|pid| *pid > 0) else {
        return false;
    };
    // SAFETY: signal 0 is not sent; kill(2) only checks whether it could be.
    let result = unsafe { libc::kill(pid, 0) };
    // EPERM: there is one, of another user.
    result == 0 || std::io::Error::last_os_error().raw_os_error() == Some(libc::EPERM)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{ProcessId, is_alive};

    #[test]
    fn a_process_is_told_from_a_later_one_with_its_pid() {
        let ours = ProcessId::ours();
        assert!(ours.is_alive() && ours.started > 0);
        assert_eq!(ProcessId::from_shared(ours.to_shared()), Some(ours));
        assert_eq!(ProcessId::from_shared(0), None);
        let earlier = ProcessId {
            started: ours.started - 1,
            ..ours
        };
        assert!(!earlier.is_alive());
    }

    #[test]
    fn a_process_is_alive_until_its_parent_has_read_its_status() {
        assert!(is_alive(std::process::id()) && is_alive(1));
        let mut child = Command::new("sleep").arg("60").spawn().expect("sleep(1)");
        assert!(is_alive(child.id()));
        child.kill().expect("our child");
        child.wait().expect("its status");
        assert!(!is_alive(child.id()));
        assert!(!is_alive(0) && !is_alive(u32::MAX));
    }
}
