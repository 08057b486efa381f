// SPDX-License-Identifier: GPL-2.0-or-later
//! The processor time of a server's processes.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// These processes and all their descendants, in any process group.
pub(crate) fn family(ancestors: &[u32]) -> HashSet<u32> {
    let mut parents: Vec<(u32, u32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            Some((pid, field(&entry.path(), 4)?.try_into().ok()?))
        })
        .collect();
    let mut family: HashSet<u32> = ancestors.iter().copied().collect();
    loop {
        let before = parents.len();
        parents.retain(|(pid, parent)| {
            let is_one = family.contains(parent);
            if is_one {
                family.insert(*pid);
            }
            !is_one
        });
        if parents.len() == before {
            return family;
        }
    }
}

/// User and system time of a process so far.
pub(crate) fn cpu(pid: u32) -> Option<Duration> {
    let path = Path::new("/proc").join(pid.to_string());
    let ticks = field(&path, 14)? + field(&path, 15)?;
    Some(Duration::from_secs(ticks) / u32::try_from(rustix::param::clock_ticks_per_second()).ok()?)
}

/// Time on a run queue (the kernel's sched-stats.rst, `/proc/[pid]/schedstat`).
pub(crate) fn waited(pid: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
    let nanos = stat.split_whitespace().nth(1)?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}

/// The nth field of a process's `stat`, counted from 1 as in proc(5).
fn field(process: &Path, nth: usize) -> Option<u64> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    // "pid (name) state ...", where the name may hold anything.
    let after_name = stat.rsplit_once(')')?.1;
    after_name.split_whitespace().nth(nth - 3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::process;

    use super::{cpu, family};

    #[test]
    fn a_process_takes_time() {
        assert!(cpu(process::id()).is_some());
        assert_eq!(cpu(u32::MAX), None);
    }

    #[test]
    fn a_child_is_of_the_family() {
        let mut child = process::Command::new("sleep")
            .arg("10")
            .spawn()
            .expect("sleep");
        let family = family(&[process::id()]);
        let _ = child.kill();
        let _ = child.wait();
        assert!(family.contains(&process::id()) && family.contains(&child.id()));
    }
}
