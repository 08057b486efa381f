// SPDX-License-Identifier: GPL-2.0-or-later
//! The directories in which a Kamailio is searched, and the message if its headers are missing.

#[path = "../../c_shim/build/kamailio_places.rs"]
mod kamailio_places;

use std::path::{Path, PathBuf};

use kamailio_places::{modules, no_headers};

#[test]
fn apts_kamailio_goes_before_one_that_was_built_from_source() {
    let places = modules(Path::new("usr/lib/x86_64-linux-gnu/kamailio/modules"));
    assert_eq!(
        places,
        [
            "/usr/lib/x86_64-linux-gnu/kamailio/modules",
            "/usr/lib64/kamailio/modules",
            "/usr/local/lib64/kamailio/modules",
            "/usr/local/lib/kamailio/modules",
        ]
        .map(PathBuf::from)
    );
}

#[test]
fn headers_that_are_missing_for_a_named_kamailio_are_an_error_that_names_the_variable() {
    let places = [
        PathBuf::from("/a/kamailio-5.8.8"),
        "/b/kamailio-5.8.8".into(),
    ];
    assert_eq!(
        no_headers("5.8.8", Some(Path::new("/opt/k/modules")), &places),
        Err("KAMAILIO_MODULES is /opt/k/modules, of Kamailio 5.8.8, and its headers are not in /a/kamailio-5.8.8 or \
             /b/kamailio-5.8.8: set KAMAILIO_SRC to its source tree"
            .to_owned())
    );
    let warning = no_headers("5.8.8", None, &places).expect("a warning");
    assert!(
        warning.starts_with("no headers of Kamailio 5.8.8 found"),
        "{warning}"
    );
}
