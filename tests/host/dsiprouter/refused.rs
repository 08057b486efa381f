// SPDX-License-Identifier: GPL-2.0-or-later
//! When the installer changes nothing.
use std::{fs, sync::Arc};

use libtest_mimic::Trial;
use testbed::Result;

use super::{Body, installation::Installation, installer::files, trial};
use crate::{
    bench::Bench,
    expect::{holds, same},
    subject::Subject,
    suite::Suite,
};

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trials: [Body; 3] = [
        (
            "nothing is changed if Kamailio does not accept it",
            not_accepted,
        ),
        (
            "everything is put back if Kamailio does not accept it in its place",
            put_back,
        ),
        (
            "a kamailio.cfg of another kind is refused with one line",
            another_kind,
        ),
    ];
    trials
        .into_iter()
        .map(|(name, body)| trial(suite, subject, &format!("installer/{name}"), body))
        .collect()
}

/// Runs an installation that must fail, and returns its words. Nothing may have changed.
fn refused(machine: &Installation) -> Result<String> {
    let before = files(machine)?;
    let Err(said) = machine.install(&[]) else {
        return Err("it was installed".into());
    };
    for (path, text) in files(machine)? {
        same(&path.display().to_string(), Some(&text), before.get(&path))?;
    }
    same("number of files", files(machine)?.len(), before.len())?;
    Ok(said.to_string())
}

fn not_accepted(bench: &Bench) -> Result<()> {
    let machine = Installation::new(bench)?;
    let file = machine.path("etc/dsiprouter/kamailio/kamailio.cfg");
    // The module is not where Kamailio looks.
    let text = fs::read_to_string(&file)?;
    let lines = text.lines().map(|line| match line.split_once(":/") {
        Some((before, _)) if line.starts_with("mpath") => format!("{before}\"\n"),
        _ => format!("{line}\n"),
    });
    fs::write(&file, lines.collect::<String>())?;
    let said = refused(&machine)?;
    holds(
        &format!("it says what to do: {said}"),
        said.contains("nothing was changed") && said.contains("make install"),
    )?;
    same("backups", machine.path("backups/kamailio").exists(), false)
}

fn put_back(bench: &Bench) -> Result<()> {
    let machine = Installation::new(bench)?;
    // In place of the link: a file that is not dSIPRouter's.
    let link = machine.path("etc/kamailio/kamailio.cfg");
    fs::remove_file(&link)?;
    fs::write(&link, "request_route {\n")?;
    let said = refused(&machine)?;
    holds(
        &format!("it says so: {said}"),
        said.contains("Everything is as it was before"),
    )
}

fn another_kind(bench: &Bench) -> Result<()> {
    for (from, to, line) in [
        (
            "\t\troute(TRANSNEXUS_INBOUND);\n",
            "",
            "0 places for the call in it, not one",
        ),
        (
            "# Routing Logic\n",
            "# Routing\n",
            "0 places for the import in it, not one",
        ),
        (
            "route[SET_CALLSRC_INFO] {",
            "route[SET_CALLER_INFO] {",
            "no line in it begins with \"route[SET_CALLSRC_INFO] \"",
        ),
        (
            "#!KAMAILIO\n",
            "#!KAMAILIO\n# >>> numbers_online\n",
            "1 marks of numbers_online open a block, and 0 close one",
        ),
    ] {
        let machine = Installation::new(bench)?;
        let file = machine.path("opt/kamailio/configs/kamailio.cfg");
        let text = fs::read_to_string(&file)?;
        fs::write(&file, text.replace(from, to))?;
        let said = refused(&machine)?;
        holds(&format!("{line} is in: {said}"), said.contains(line))?;
    }
    Ok(())
}
