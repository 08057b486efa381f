// SPDX-License-Identifier: GPL-2.0-or-later
//! The steps of `make` around the build, with simulated servers, source trees and Cargo.
mod machine;

use machine::Machine;

#[test]
fn a_module_is_installed_for_the_server_that_it_was_built_for() {
    let machine = Machine::with_kamailio("5.6.3");
    machine.stages("kamailio", "kamailio 5.6.3");
    let done = machine.make("install", &[]);
    assert!(done.status.success(), "{done:?}");
    assert!(machine.has("installed/numbers_online.so"));
    assert!(machine.has("installed/libnumbers_online.so"));
}

#[test]
fn a_module_for_another_version_is_not_installed_and_one_line_names_both() {
    for (staged, server, wanted) in [
        ("kamailio 5.6.3", "5.6.4", "kamailio 5.6.4 (x86_64/linux)"),
        ("kamailio 5.6.3", "5.6.30", "kamailio 5.6.30 (x86_64/linux)"),
    ] {
        let machine = Machine::with_kamailio(server);
        machine.stages("kamailio", staged);
        let refused = machine.make("install", &[]);
        assert!(!refused.status.success(), "{refused:?}");
        let said = Machine::errors(&refused);
        let line = said.iter().find(|line| line.contains("not installed"));
        let line = line.unwrap_or_else(|| panic!("{said:?}"));
        assert!(line.contains(&format!("{staged} (x86_64/linux)")), "{line}");
        assert!(line.contains(wanted), "{line}");
        assert!(!machine.has("installed/numbers_online.so"));
    }
}

#[test]
fn nothing_is_installed_where_no_server_is() {
    let machine = Machine::with_kamailio("5.6.3");
    machine.stages("kamailio", "kamailio 5.6.3");
    machine.remove("modules/sl.so");
    let refused = machine.make("install", &[]);
    assert!(!refused.status.success(), "{refused:?}");
    assert!(!machine.has("installed/numbers_online.so"));
}

#[test]
fn the_directory_of_a_server_that_was_not_built_is_removed() {
    let machine = Machine::with_kamailio("5.6.3");
    machine.builds("kamailio-5.6.3");
    for old in [
        "kamailio",
        "opensips-3.4.18",
        "kamailio-6.0.1",
        "opensips-3.4.18-panic",
    ] {
        machine.stages(old, "kamailio 0.0.0");
    }
    let done = machine.make("all", &[]);
    assert!(done.status.success(), "{done:?}");
    assert!(machine.has("target/stage/kamailio/numbers_online.so"));
    assert!(!machine.has("target/stage/opensips-3.4.18"));
    assert!(!machine.has("target/stage/kamailio-6.0.1"));
    // The list of another build of the module is not used.
    assert!(machine.has("target/stage/opensips-3.4.18-panic"));
}

#[test]
fn each_kamailio_that_was_built_for_has_a_directory() {
    let machine = Machine::with_kamailio("5.6.3");
    machine.builds("kamailio-5.6.3");
    machine.builds("kamailio-5.8.8");
    let done = machine.make("all", &[]);
    assert!(done.status.success(), "{done:?}");
    assert!(machine.has("target/stage/kamailio/numbers_online.so"));
    assert!(machine.has("target/stage/kamailio-5.8.8/libnumbers_online.so"));
    // The installed one has the directory without a version.
    assert!(!machine.has("target/stage/kamailio-5.6.3"));
}

#[test]
fn nothing_is_left_of_a_kamailio_that_went() {
    let machine = Machine::with_kamailio("5.6.3");
    machine.builds("opensips-3.6.8");
    machine.stages("kamailio", "kamailio 5.6.3");
    let done = machine.make("all", &[]);
    assert!(done.status.success(), "{done:?}");
    assert!(!machine.has("target/stage/kamailio"));
    assert!(machine.has("target/stage/opensips-3.6.8/libnumbers_online.so"));
}

#[test]
fn a_source_tree_that_is_new_is_noticed_however_old_its_files_are() {
    let machine = Machine::with_kamailio("5.6.3");
    machine.builds("kamailio-5.6.3");
    let list = || {
        let done = machine.make("all", &[]);
        assert!(done.status.success(), "{done:?}");
        machine.list_of_servers()
    };
    let (before, since) = list();
    assert!(before.contains("modules/sl.so"), "{before}");
    assert_eq!(list(), (before.clone(), since), "nothing is new");

    machine.unpacks_an_old_tree("opensips-3.6.8", "sr_module.h");
    let (after, later) = list();
    assert!(after.contains("opensips-3.6.8/sr_module.h"), "{after}");
    assert!(later > since);

    machine.unpacks_an_old_tree("kamailio-5.6.3", "src/core/ver_defs.h");
    let (headers, _) = list();
    assert!(headers.contains("kamailio-5.6.3/src/core/ver_defs.h"));
    // It is built now.
    machine.unpacks_an_old_tree("kamailio-5.8.8", "src/modules/sl/sl.so");
    let (headers, _) = list();
    assert!(headers.contains("kamailio-5.8.8/src/modules/sl/sl.so"));
    // The same version and the same size, packed at the same time.
    machine.upgrades_kamailio("5.6.3");
    assert_ne!(list().0, headers);
}

#[test]
fn a_kamailio_that_is_named_is_not_joined_by_that_of_apt() {
    let usual = Machine::packages(&[]);
    assert!(
        usual.iter().any(|package| package == "kamailio"),
        "{usual:?}"
    );
    for variable in ["KAMAILIO_MODULES", "KAMAILIO"] {
        let packages = Machine::packages(&[(variable, "/opt/kamailio")]);
        let of_kamailio = packages.iter().any(|name| name.starts_with("kamailio"));
        assert!(!of_kamailio, "{packages:?}");
        assert!(
            packages.iter().any(|name| name == "redis-server"),
            "{packages:?}"
        );
    }
}
