// SPDX-License-Identifier: GPL-2.0-or-later

//! The command line.

use crate::program::Run;

#[test]
fn help_and_version_go_to_standard_output() {
    for (arguments, start) in [
        (&["--help"][..], "Usage: numbers-online SUBCOMMAND "),
        (&["-h"], "Usage: numbers-online SUBCOMMAND "),
        (
            &["--version"],
            concat!("numbers-online ", env!("CARGO_PKG_VERSION"), "\n"),
        ),
        (
            &["-V"],
            concat!("numbers-online ", env!("CARGO_PKG_VERSION"), "\n"),
        ),
        (&["decide", "--help"], "Usage: numbers-online decide "),
        (&["doctor", "--json", "-h"], "Usage: numbers-online doctor "),
        (&["verify", "x", "--help"], "Usage: numbers-online verify "),
    ] {
        let run = Run::of(arguments);
        assert_eq!((run.code, run.errors.as_str()), (0, ""), "{arguments:?}");
        assert!(run.out.starts_with(start), "{}", run.out);
        assert!(run.out.lines().all(|line| line.len() <= 120), "{}", run.out);
    }
}

#[test]
fn a_wrong_command_line_is_one_line_and_64() {
    for (arguments, line) in [
        (
            &[][..],
            "numbers-online: no subcommand; see numbers-online --help",
        ),
        (
            &["guess"],
            "numbers-online: there is no such subcommand; see ",
        ),
        (
            &["--json"],
            "numbers-online: there is no option --json; see ",
        ),
        (
            &["decide", "--jsn", "+12025550123"],
            "numbers-online decide: there is no option --jsn; see numbers-online decide --help",
        ),
        (
            &["decide", "-x"],
            "numbers-online decide: there is no option -x; see ",
        ),
        (&["decide"], "numbers-online decide: no NUMBER; see "),
        (
            &["decide", "+12025550123", "nol_secret"],
            "numbers-online decide: more than one NUMBER; see ",
        ),
        (
            &["decide", "--param", "nol_secret", "+12025550123"],
            "numbers-online decide: --param: allowed: NAME=VALUE; see ",
        ),
        (
            &["decide", "--config"],
            "numbers-online decide: missing argument for option '--config'; see ",
        ),
        (
            &["doctor", "nol_secret"],
            "numbers-online doctor: no ARGUMENT is allowed; see ",
        ),
        (
            &["verify", "--key", "x", "--key-url", "y"],
            "numbers-online verify: more than one of --key and --key-url; see ",
        ),
    ] {
        let run = Run::of(arguments);
        assert_eq!((run.code, run.out.as_str()), (64, ""), "{arguments:?}");
        assert_eq!(run.errors.lines().count(), 1, "{}", run.errors);
        assert!(run.errors.starts_with(line), "{}", run.errors);
        assert!(!run.errors.contains("nol_"), "{}", run.errors);
    }
}
