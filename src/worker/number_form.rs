// SPDX-License-Identifier: GPL-2.0-or-later
//! Warns the operator whose trunk sends numbers in a form that is not read.

use std::time::Instant;

use super::Worker;
use crate::decision::Source;
use crate::failure::Failure;
use crate::log::Level;
use crate::no_number::Warning;
use crate::policy::Step;

impl Worker<'_> {
    /// Counts a call that has a number, or should have one.
    pub(super) fn note_number(&self, step: &Step<'_>, started: Instant) {
        let has_number = match step {
            Step::Answer(decision) if decision.failure == Failure::NoNumber => false,
            // A withheld number, an emergency call, a request that is no initial INVITE: they say nothing about the form.
            Step::Answer(decision)
                if decision.source == Source::Bypass || decision.failure == Failure::Anonymous =>
            {
                return;
            }
            Step::Ask(_) | Step::Answer(_) => true,
        };
        let now = self.engine.clock.at(started);
        let profile = self.current.profile;
        let watch = self.engine.no_number.get(profile.index());
        let warning = watch.and_then(|watch| watch.note(has_number, now));
        if let Some(Warning { calls, without }) = warning {
            let prefix = self.engine.profiles.get(profile).prefix();
            let line = format!(
                "{prefix}{without} of the last {calls} calls had no telephone number that can be looked up: {ADVICE}"
            );
            self.log.line(Level::Warning, &line);
        }
    }
}

const ADVICE: &str = "set default_country if the trunk sends national numbers, and number_source if the number is in another header \
                      than P-Asserted-Identity and From; such calls are allowed";
