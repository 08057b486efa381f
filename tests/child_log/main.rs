// SPDX-License-Identifier: GPL-2.0-or-later
//! The pipe for the log lines of Kamailio's lookup process: a write never blocks, and lost lines are counted.
use std::{fs, path::Path, process::Command};

/// Replacements of the server's headers that the file includes.
const HEADERS: [(&str, &str); 3] = [
    (
        "core/str.h",
        "#include <stddef.h>\n#include <stdint.h>\ntypedef struct str { char *s; int len; } str;\n",
    ),
    (
        "core/dprint.h",
        "#include <stdio.h>\n\
         #define LM_ERR(...) printf(\"error \" __VA_ARGS__)\n\
         #define LM_WARN(...) printf(\"warning \" __VA_ARGS__)\n\
         #define LM_NOTICE(...) printf(\"notice \" __VA_ARGS__)\n\
         #define LM_INFO(...) printf(\"info \" __VA_ARGS__)\n\
         #define LM_DBG(...) printf(\"debug \" __VA_ARGS__)\n\
         enum { L_ERR, L_WARN, L_NOTICE, L_INFO, L_DBG };\n\
         #define is_printable(level) ((level) <= L_DBG)\n",
    ),
    ("kamailio.h", "void nol_log_close(void);\n"),
];

#[test]
fn a_pipe_that_is_full_loses_lines_and_counts_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let home = tempfile::tempdir().expect("a directory");
    fs::create_dir(home.path().join("core")).expect("a directory");
    for (name, text) in HEADERS {
        fs::write(home.path().join(name), text).expect("a file");
    }
    // A header in quotes is first searched in the directory of the file.
    let source = home.path().join("kamailio_log.c");
    fs::copy(root.join("c_shim/kamailio_log.c"), &source).expect("a copy");
    let program = home.path().join("log");
    let built = Command::new("cc")
        .args(["-I", &home.path().display().to_string(), "-I"])
        .arg(root.join("c_shim"))
        .args(["-o"])
        .args([&program, &source])
        .arg(root.join("tests/child_log/main.c"))
        .status();
    assert!(built.expect("cc").success());

    let output = Command::new(program).output().expect("it runs");
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).expect("text");
    let written = said
        .lines()
        .filter(|line| line.len() == "warning ".len() + 100)
        .count();
    let lost = said
        .lines()
        .filter_map(|line| {
            line.strip_prefix("warning ")?
                .split_once(" lines of the process")
        })
        .map(|(number, _)| number.parse::<usize>().expect("a number"));
    assert!(written > 300, "the pipe holds some: {written}");
    assert_eq!(written + lost.sum::<usize>(), 2000);
    let long = said.lines().rfind(|line| line.starts_with("error xxx"));
    assert_eq!(long.map(str::len), Some("error ".len() + 1024));
}
