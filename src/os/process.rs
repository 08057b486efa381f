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

    use super::is_alive;

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
