// SPDX-License-Identifier: GPL-2.0-or-later
//! What the installer changes.
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use libtest_mimic::Trial;
use testbed::Result;

use super::{Body, installation::Installation, source, trial};
use crate::{
    bench::Bench,
    expect::{holds, same},
    subject::Subject,
    suite::Suite,
};

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trials: [Body; 5] = [
        (
            "an installation adds three blocks, twice is once, and without them the files are as before",
            round_trip,
        ),
        (
            "dSIPRouter's own switches change no line of ours, and ours none of theirs",
            switches,
        ),
        (
            "an upgrade of dSIPRouter takes the blocks away, and keeps key and settings",
            upgrade,
        ),
        ("the unit reads the file with the key", unit),
        (
            "async_workers of dSIPRouter's own are kept",
            workers_of_its_own,
        ),
    ];
    trials
        .into_iter()
        .map(|(name, body)| trial(suite, subject, &format!("installer/{name}"), body))
        .collect()
}

const OPEN: &str = "# >>> numbers_online: made by its install.sh";
const CLOSE: &str = "# <<< numbers_online";

/// A file without the lines between our marks.
fn without_blocks(text: &str) -> String {
    let mut kept = String::new();
    let mut ours = false;
    for line in text.split_inclusive('\n') {
        ours |= line.trim_end() == OPEN;
        if !ours {
            kept.push_str(line);
        }
        ours &= line.trim_end() != CLOSE;
    }
    kept
}

/// Every file that dSIPRouter, Kamailio and systemd read, with its content. Links are followed.
pub(super) fn files(machine: &Installation) -> Result<BTreeMap<PathBuf, String>> {
    let mut files = BTreeMap::new();
    for directory in ["opt", "etc"] {
        collect(&machine.path(directory), &mut files)?;
    }
    Ok(files)
}

fn collect(directory: &Path, files: &mut BTreeMap<PathBuf, String>) -> Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.insert(path.clone(), fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

fn round_trip(bench: &Bench) -> Result<()> {
    let machine = Installation::new(bench)?;
    let before = files(&machine)?;
    machine.install(&[])?;
    for (name, text) in [
        ("template", machine.template("kamailio.cfg")?),
        ("running", machine.running("kamailio.cfg")?),
    ] {
        same(name, text.matches(OPEN).count(), 3)?;
        same(name, text.matches(CLOSE).count(), 3)?;
    }
    for directory in ["opt/kamailio/configs", "etc/dsiprouter/kamailio"] {
        let file = machine.path(directory).join("kamailio.cfg");
        let text = fs::read_to_string(&file)?;
        same(directory, Some(&without_blocks(&text)), before.get(&file))?;
    }
    let installed = files(&machine)?;
    let key = machine.path("etc/default/kamailio.d/numbersonline.conf");
    let mode = fs::metadata(&key)?.permissions().mode() & 0o777;
    same("mode of the file with the key", mode, 0o600)?;

    let backups =
        || -> Result<usize> { Ok(fs::read_dir(machine.path("backups/kamailio"))?.count()) };
    same("backups", backups()?, 1)?;
    machine.install(&[])?;
    same(
        "files after a second time",
        files(&machine)? == installed,
        true,
    )?;
    same("backups, where nothing changed", backups()?, 1)?;

    machine.install(&["uninstall"])?;
    let mut after = files(&machine)?;
    // What belongs to the operator is left.
    for name in [
        "etc/default/kamailio.d/numbersonline.conf",
        "etc/dsiprouter/kamailio/numbersonline_local.cfg",
        "etc/kamailio/numbersonline_local.cfg",
    ] {
        holds(name, after.remove(&machine.path(name)).is_some())?;
    }
    same("the files as before", after == before, true)?;
    machine.install(&["uninstall"]).map(drop)
}

fn switches(bench: &Bench) -> Result<()> {
    let machine = Installation::new(bench)?;
    machine.install(&[])?;
    let text = machine.running("kamailio.cfg")?;
    let names: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim_start_matches('#').strip_prefix("!define WITH_"))
        .filter(|name| *name != "NUMBERSONLINE")
        .collect();
    holds("dSIPRouter has switches", names.len() > 20)?;
    let toggle = |function: &str, names: &str| {
        machine.bash(&[
            "-c",
            &format!(
                ". \"$DSIP_PROJECT_DIR/dsiprouter/dsip_lib.sh\"\n\
                 for name in {names}; do {function}KamailioConfigAttrib WITH_$name \"$DSIP_SYSTEM_CONFIG_DIR/kamailio/kamailio.cfg\"; done"
            ),
        ])
    };
    let ours = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.contains("NUMBERSONLINE"));
        lines.map(str::to_owned).collect()
    };
    for function in ["disable", "enable"] {
        toggle(function, &names.join(" "))?;
        same(
            "our lines",
            ours(&machine.running("kamailio.cfg")?),
            ours(&text),
        )?;
    }
    // And back to where it was.
    fs::write(machine.path("etc/dsiprouter/kamailio/kamailio.cfg"), &text)?;
    toggle("disable", "NUMBERSONLINE")?;
    let off = machine.running("kamailio.cfg")?;
    let changed: Vec<(&str, &str)> = text
        .lines()
        .zip(off.lines())
        .filter(|(before, after)| before != after)
        .collect();
    same(
        "lines that our switch changes",
        changed,
        vec![(
            "#!define WITH_NUMBERSONLINE",
            "##!define WITH_NUMBERSONLINE",
        )],
    )?;
    // Kamailio runs without it, and without our file.
    accepts(&machine)?;
    toggle("enable", "NUMBERSONLINE")?;
    same("on again", machine.running("kamailio.cfg")? == text, true)?;
    fs::remove_file(machine.path("etc/kamailio/numbersonline.cfg"))?;
    accepts(&machine)
}

fn accepts(machine: &Installation) -> Result<()> {
    let file = machine.path("etc/kamailio/kamailio.cfg");
    machine
        .bash(&["-c", &format!("kamailio -c -f {}", file.display())])
        .map(drop)
}

fn upgrade(bench: &Bench) -> Result<()> {
    let machine = Installation::new(bench)?;
    machine.install(&[])?;
    let key = machine.path("etc/default/kamailio.d/numbersonline.conf");
    fs::write(&key, "NUMBERS_ONLINE_API_KEY=nol_example\n")?;
    machine.set("# mine\n")?;
    let template = source()
        .ok_or("no dSIPRouter")?
        .join("kamailio/configs/kamailio.cfg");
    fs::copy(template, machine.path("opt/kamailio/configs/kamailio.cfg"))?;
    machine.generate()?;
    same(
        "blocks after the upgrade",
        machine.running("kamailio.cfg")?.matches(OPEN).count(),
        0,
    )?;
    accepts(&machine)?;
    let said = machine.install(&[])?;
    holds("a key is there", !said.contains("API key"))?;
    same(
        "blocks",
        machine.running("kamailio.cfg")?.matches(OPEN).count(),
        3,
    )?;
    same(
        "key",
        fs::read_to_string(key)?.as_str(),
        "NUMBERS_ONLINE_API_KEY=nol_example\n",
    )?;
    let settings = machine.running("numbersonline_local.cfg")?;
    holds("settings are kept", settings.ends_with("# mine\n"))
}

fn unit(bench: &Bench) -> Result<()> {
    let read = "EnvironmentFile=-/etc/default/kamailio.d/*.conf\n";
    for (release, ours) in [
        ("kamailio-v1.service", true),
        ("kamailio-v2.service", false),
    ] {
        let machine = Installation::new(bench)?;
        let units = machine.path("etc/systemd/system/kamailio.service.d");
        fs::create_dir_all(&units)?;
        let from = source().ok_or("no dSIPRouter")?.join("kamailio/systemd");
        fs::copy(from.join(release), units.join("override.conf"))?;
        machine.install(&[])?;
        let mut names: Vec<String> = fs::read_dir(&units)?
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        // What systemd reads, in its order. An empty value begins the list anew.
        let mut text = String::new();
        for name in &names {
            text.push_str(&fs::read_to_string(units.join(name))?);
        }
        same(release, names.len() > 1, ours)?;
        let since = text.rsplit("EnvironmentFile=\n").next().unwrap_or_default();
        same(release, since.matches(read).count(), 1)?;
    }
    Ok(())
}

fn workers_of_its_own(bench: &Bench) -> Result<()> {
    let machine = Installation::new(bench)?;
    for (lines, ours) in [
        ("async_workers = 8\n", 0),
        ("async_workers_group = \"name=default;workers=8\"\n", 0),
        ("#async_workers = 8\n", 1),
    ] {
        let file = machine.path("etc/dsiprouter/kamailio/kamailio.cfg");
        let text = fs::read_to_string(&file)?;
        let with = text.replace("\nchildren = 1\n", &format!("\nchildren = 1\n{lines}"));
        fs::write(&file, &with)?;
        machine.install(&[])?;
        let installed = machine.running("kamailio.cfg")?;
        let defined = installed.matches("\n#!define NUMBERSONLINE_HAS_NO_WORKERS\n");
        same(lines, defined.count(), ours)?;
        fs::write(&file, &text)?;
    }
    Ok(())
}
