// SPDX-License-Identifier: GPL-2.0-or-later
//! The servers under test: the installed Kamailio, those that were built in a source tree or that `make test-versions` unpacked, and
//! `OpenSIPS`.
use std::{
    fmt::{self, Display, Formatter},
    path::Path,
    sync::Arc,
};

use libtest_mimic::{Completion, Trial};
use testbed::{Build, Kamailio, OpenSips, Server};

/// The releases of Kamailio that are tested beside the installed one, without their patch number, and where they come from.
const SERIES: [(&str, &str); 3] = [
    (
        "kamailio-5.8",
        "a source tree /usr/src/kamailio-5.8.* that was built (\"Other versions\" in CONTRIBUTING.md)",
    ),
    ("kamailio-6.0", "make test-versions"),
    ("kamailio-6.1", "make test-versions"),
];

/// A version that is not there: one line, and not one for each trial.
pub(crate) struct Absent {
    name: String,
    needs: String,
}

/// The servers that the trials are for, and the versions that they are not made for.
pub(crate) fn find(stage: &Path) -> (Vec<Arc<dyn Server>>, Vec<Absent>) {
    let mut servers: Vec<Arc<dyn Server>> = vec![Arc::new(Kamailio::installed(stage))];
    let mut absent = Vec::new();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(".deps/servers");
    let mut others = Kamailio::unpacked(&directory, stage);
    others.extend(Kamailio::in_trees(stage));
    for (series, from) in SERIES {
        let of_series = |server: &Kamailio| {
            let without_patch = server.name.rsplit_once('.').map(|(name, _)| name);
            without_patch == Some(series)
        };
        match others.iter().find(|server| of_series(server)) {
            None => absent.push(Absent::new(series, from)),
            Some(server) => match server.missing(Build::Release) {
                None => servers.push(Arc::new(server.clone())),
                Some(what) => absent.push(Absent::new(&server.name, &what)),
            },
        }
    }
    for server in OpenSips::all(stage) {
        match server.missing(Build::StandIn) {
            None => servers.push(Arc::new(server)),
            Some(what) => absent.push(Absent::new(&server.name, &what)),
        }
    }
    (servers, absent)
}

impl Absent {
    fn new(name: &str, needs: &str) -> Self {
        Self {
            name: name.to_owned(),
            needs: needs.to_owned(),
        }
    }

    /// One trial in place of all, which is ignored.
    pub(crate) fn trial(&self) -> Trial {
        let needs = format!("needs {}", self.needs);
        Trial::ignorable_test(format!("{}/all trials", self.name), move || {
            Ok(Completion::ignored_with(needs))
        })
    }
}

impl Display for Absent {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        write!(to, "{}: skipped, needs {}", self.name, self.needs)
    }
}
