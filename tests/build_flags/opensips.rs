// SPDX-License-Identifier: GPL-2.0-or-later
//! The flags of an `OpenSIPS`: those of its makefiles, corrected by those of its binary.

#[path = "../../c_shim/build/opensips_flags.rs"]
mod opensips_flags;

use opensips_flags::{Binary, PROBE, QUESTION, Tree};

#[test]
fn the_makefiles_of_a_tree_give_its_release_and_its_macros() {
    let tree = tree();
    assert_eq!(
        (tree.release.as_str(), tree.version.as_str()),
        ("3.6.8", "3.6.8-dev")
    );
    // Neither a line of make itself nor the release is a macro.
    assert_eq!(tree.defines.len(), ANSWER.lines().count() - 2);
    assert!(QUESTION.contains("\t@printf") && PROBE.contains("version.h"));
}

#[test]
fn a_tree_that_cannot_be_used_is_refused() {
    for (answer, problem) in [
        ("-DVERSION=\"3.6.8\"", "its makefiles name no version"),
        ("release 3.6.8", "its makefiles define no VERSION"),
        (
            "release 3.4.2\n-DVERSION=\"3.4.2\"",
            "it is of OpenSIPS 3.4.2, and the module needs 3.4.3 or later",
        ),
        (
            "release ..\n-DVERSION=\"..\"",
            "it is of OpenSIPS .., and the module needs 3.4.3 or later",
        ),
    ] {
        assert_eq!(Tree::new(answer), Err(problem.to_owned()));
    }
    assert!(Tree::new("release 10.0.0\n-DVERSION=\"10.0.0\"").is_ok());
}

#[test]
fn a_binary_tells_its_version_its_flags_and_its_revision() {
    let binary = binary("STATS: On, Q_MALLOC");
    assert_eq!(binary.version(), "3.6.8");
    assert_eq!(
        binary.stamp(),
        [
            "version: opensips 3.6.8 (x86_64/linux)",
            "flags: STATS: On, Q_MALLOC"
        ]
    );
    for (said, problem) in [
        ("", "opensips -V says no version"),
        ("version: opensips 3.6.8", "opensips -V says no version"),
        (
            "version: opensips 3.6.8 (x86_64/linux)",
            "opensips -V says no revision",
        ),
        (
            "version: opensips 3.6.8 (x86_64/linux)\ngit revision: 4ef2e323b",
            "opensips -V says no flags",
        ),
    ] {
        assert_eq!(Binary::new(said), Err(problem.to_owned()));
    }
}

#[test]
fn the_binarys_flags_take_the_place_of_the_trees() {
    let defines = binary("STATS: On, F_MALLOC, DBG_MALLOC, FAST_LOCK-ADAPTIVE_WAIT")
        .defines(&tree())
        .expect("the same release");
    for define in [
        "-DNAME=\"opensips\"",
        "-DVERSION=\"3.6.8\"",
        "-DARCH=\"x86_64\"",
        "-DOS=\"linux\"",
        "-DVERSIONTYPE=\"git\"",
        "-DTHISREVISION=\"4ef2e323b\"",
        "-DSTATISTICS",
        "-DF_MALLOC",
        "-DDBG_MALLOC",
        "-DFAST_LOCK",
        "-DADAPTIVE_WAIT",
        // A macro that no text names stays as in the tree.
        "-DADAPTIVE_WAIT_LOOPS=1024",
        "-D__CPU_x86_64",
        "-DHAVE_STDATOMIC",
        "-DCOMPILER=\"cc 12\"",
    ] {
        let times = defines.iter().filter(|ours| *ours == define).count();
        assert_eq!(times, 1, "{define}");
    }
    for gone in ["-DVERSION=\"3.6.8-dev\"", "-DQ_MALLOC", "-DUSE_FUTEX"] {
        assert!(!defines.iter().any(|ours| ours == gone), "{gone}");
    }
}

#[test]
fn flags_that_are_spelt_differently_in_the_text_become_their_macros() {
    for (flags, expected) in [
        ("STATS: Off", ""),
        ("STATS: On, CC_O0", "-DSTATISTICS -DCC_O0"),
        (
            "STATS: Off, FAST_LOCK-FUTEX-ADAPTIVE_WAIT",
            "-DFAST_LOCK -DUSE_FUTEX -DADAPTIVE_WAIT",
        ),
        ("STATS: Off, FAST_LOCK-FUTEX", "-DFAST_LOCK -DUSE_FUTEX"),
        (
            "STATS: Off, FAST_LOCK-BUSY_WAIT-NOSMP",
            "-DFAST_LOCK -DBUSY_WAIT -DNOSMP",
        ),
        ("STATS: Off, USE_SYSV_SEM-NOSMP", "-DUSE_SYSV_SEM -DNOSMP"),
    ] {
        let bare = Tree {
            defines: Vec::new(),
            ..tree()
        };
        let defines = binary(flags).defines(&bare).expect("the same release");
        // The first six are the texts.
        assert_eq!(defines[6..].join(" "), expected, "{flags}");
    }
}

#[test]
fn a_binary_of_another_release_is_refused() {
    let other = Tree {
        release: "3.6.7".to_owned(),
        version: "3.6.7".to_owned(),
        ..tree()
    };
    assert_eq!(
        binary("STATS: On").defines(&other),
        Err("its headers are of OpenSIPS 3.6.7, the binary is opensips 3.6.8 (x86_64/linux): both must be the same release".to_owned())
    );
}

/// The output of the question, with a line that make added.
const ANSWER: &str = "make: Entering directory
-DHAVE_RESOLV_RES
-DSTATISTICS
-DQ_MALLOC
-DUSE_FUTEX
-DHAVE_STDATOMIC
-DNAME=\"opensips\"
-DVERSION=\"3.6.8-dev\"
-DARCH=\"x86_64\"
-DOS=\"linux\"
-DCOMPILER=\"cc 12\"
-D__CPU_x86_64
-DVERSIONTYPE=\"unknown\"
-DTHISREVISION=\"unknown\"
-DADAPTIVE_WAIT_LOOPS=1024
release 3.6.8
";

fn tree() -> Tree {
    Tree::new(ANSWER).expect("a tree")
}

fn binary(flags: &str) -> Binary {
    Binary::new(&format!(
        "version: opensips 3.6.8 (x86_64/linux)\nflags: {flags}\npoll method support: epoll\ngit revision: 4ef2e323b\n"
    ))
    .expect("a binary")
}
