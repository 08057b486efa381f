// SPDX-License-Identifier: GPL-2.0-or-later
//! The operator's command `reload`.

use std::time::SystemTime;

use super::Worker;
use super::generation::Read;
use super::operator::Refused;
use crate::log::Level;
use crate::report::Report;

impl Worker<'_> {
    /// Reads keys, certificates and lists again. Every worker reads keys and certificates before its next call, and has the lists at
    /// once. A profile whose keys or certificates cannot be used keeps what it has, with a line in the log. If a list cannot be used,
    /// or no file at all, all stays as it is, with a line in the log.
    pub fn reload(&mut self) -> Result<Report, Refused> {
        // Nobody may read the answer to a command of cron's.
        self.read_again().inspect_err(|Refused(why)| {
            self.log.line(Level::Error, &format!("reload: {why}"));
        })
    }

    fn read_again(&mut self) -> Result<Report, Refused> {
        let engine = self.engine;
        let read = Read::new(engine, &self.all);
        if read.is_useless() {
            let why: Vec<_> = read.kept.iter().map(|(_, why)| why.as_str()).collect();
            let why = why.join("; ");
            return Err(Refused(format!("{why}; everything stays as it is")));
        }
        let stays = |why: String| Refused(format!("{why}; everything stays as it is"));
        let lists = engine.lists.read_again();
        let lists = lists.map_err(|bad| stays(bad.to_string()))?;
        engine.lists.replace(&lists).map_err(stays)?;
        for line in engine.lists.warnings(SystemTime::now()) {
            self.log.line(Level::Warning, &line);
        }
        let next = engine.generation().wrapping_add(1);
        let mut kept = Vec::new();
        for (profile, why) in &read.kept {
            engine.note_kept(*profile, next);
            let line = format!("reload: {why}; it keeps what it has");
            self.log.line(Level::Error, &line);
            kept.push(why.clone());
        }
        let generation = engine.reloaded();
        engine.failed.forget(None);
        let all = self.generations.replace(generation, read);
        self.take_over(all);
        self.forget_names();
        let report = Report::default().number(c"reloads", generation);
        let report = self.describe_lists(self.all.base(), report);
        Ok(match kept.as_slice() {
            [] => report,
            _ => report.text(c"kept", kept.join("; ")),
        })
    }
}
