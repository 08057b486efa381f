// SPDX-License-Identifier: GPL-2.0-or-later
//! Which calls are asked about, and what the API is asked.
mod asked;
mod once;
mod skipped;
mod survived;

use std::{sync::Arc, time::Duration};

use libtest_mimic::Trial;

use crate::{subject::Subject, suite::Suite};

/// Long enough for an immediate event, on a busy machine too.
pub(crate) const SOON: Duration = Duration::from_secs(5);

/// The trials below this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let mut trials = asked::trials(suite, subject);
    trials.extend(once::trials(suite, subject));
    trials.extend(skipped::trials(suite, subject));
    trials.extend(survived::trials(suite, subject));
    trials
}
