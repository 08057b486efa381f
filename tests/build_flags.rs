// SPDX-License-Identifier: GPL-2.0-or-later
//! How version and flags of a server are read. `build.rs` reads them from real modules, binaries and source trees.

#[path = "build_flags/opensips.rs"]
mod opensips;
#[path = "build_flags/places.rs"]
mod places;

#[path = "../c_shim/build/kamailio_stamp.rs"]
mod kamailio_stamp;

use kamailio_stamp::{Stamp, same_series, version_in_cmake, version_in_makefile};

#[test]
fn a_stock_module_gives_its_version_and_its_flags() {
    let stamp = stamp("kamailio 5.6.3 (x86_64/linux)", BOOKWORM);
    assert_eq!(stamp.version(), "5.6.3");
    assert_eq!(stamp.to_string(), "kamailio 5.6.3 (x86_64/linux)");
}

#[test]
fn the_version_reaches_the_headers_as_macros() {
    for (version, expected) in [
        (
            "kamailio 5.6.3 (x86_64/linux)",
            "-DNAME=\"kamailio\" -DVERSION=\"5.6.3\" -DARCH=\"x86_64\" -DOS_QUOTED=\"linux\" -DOS=linux_ \
             -D__CPU_x86_64 -D__OS_linux -DVERSIONVAL=5006003 -DSIGINFO64_WORKARROUND -DWITH_XAVP",
        ),
        (
            "kamailio 6.0.1 (aarch64/linux)",
            "-DARCH=\"aarch64\" -D__CPU_aarch64 -DVERSIONVAL=6000001 -DSIGINFO64_WORKAROUND",
        ),
        (
            "kamailio 6.1.5 (x86_64/Linux)",
            "-DOS_QUOTED=\"Linux\" -DOS=linux_ -D__OS_linux -DVERSIONVAL=6001005",
        ),
        (
            "kamailio 5.7.0-dev3 (x86_64/linux)",
            "-DVERSION=\"5.7.0-dev3\" -DVERSIONVAL=5007000",
        ),
    ] {
        let defines = defines(version, BOOKWORM);
        for define in expected.split_whitespace() {
            assert!(
                defines.iter().any(|ours| ours == define),
                "{version}: {define}"
            );
        }
    }
}

#[test]
fn flags_that_are_spelt_differently_in_the_string_become_their_macros() {
    for (flags, expected, not) in [
        (
            "USE_TCP, FAST_LOCK-ADAPTIVE_WAIT",
            "-DUSE_TCP -DFAST_LOCK -DADAPTIVE_WAIT -DADAPTIVE_WAIT_LOOPS=1024",
            "-DFAST_LOCK-ADAPTIVE_WAIT",
        ),
        (
            "USE_TCP, FAST_LOCK-BUSY_WAIT-NOSMP",
            "-DFAST_LOCK -DBUSY_WAIT -DNOSMP",
            "-DADAPTIVE_WAIT_LOOPS=1024",
        ),
        (
            "USE_TCP, TLS_PTHREAD_MUTEX_SHARED",
            "-DKSR_PTHREAD_MUTEX_SHARED",
            "-DTLS_PTHREAD_MUTEX_SHARED",
        ),
        (
            ", EXTRA_DEBUGUSE_TCP, USE_TLS",
            "-DEXTRA_DEBUG -DUSE_TCP -DUSE_TLS",
            "-DEXTRA_DEBUGUSE_TCP",
        ),
    ] {
        let defines = defines("kamailio 6.0.1 (x86_64/linux)", flags);
        for define in expected.split_whitespace() {
            assert!(
                defines.iter().any(|ours| ours == define),
                "{flags}: {define}"
            );
        }
        assert!(!defines.iter().any(|ours| ours == not), "{flags}: {not}");
    }
}

#[test]
fn only_whole_strings_count_and_bytes_before_them_do_not() {
    let mut file =
        b"\x7fELF\0\0say kamailio 9.9.9 (x86_64/linux) or so\0USE_TCP is not set\0\x01\xff"
            .to_vec();
    file.extend_from_slice(&binary(&[
        "kamailio 5.6.3 (x86_64/linux)",
        "USE_TCP, USE_TLS",
    ]));
    let stamp = Stamp::find(&file).expect("one of each");
    assert_eq!(stamp.version(), "5.6.3");
    let alike = self::stamp("kamailio 5.6.3 (x86_64/linux)", "USE_TCP, USE_TLS");
    assert_eq!(stamp, alike);
}

#[test]
fn a_file_without_exactly_one_stamp_is_refused() {
    let version = "kamailio 5.6.3 (x86_64/linux)";
    for (texts, problem) in [
        (vec![], "no Kamailio version string"),
        (vec![version], "no Kamailio flags string"),
        (
            vec![version, "kamailio 5.6.4 (x86_64/linux)", "USE_TCP"],
            "2 different Kamailio version strings",
        ),
        (
            vec![version, "USE_TCP", "USE_TCP, USE_TLS"],
            "2 different Kamailio flags strings",
        ),
    ] {
        let refused = Stamp::find(&binary(&texts)).expect_err("not exactly one");
        assert!(refused.starts_with(problem), "{refused}");
    }
    let twice = binary(&[version, version, "USE_TCP", "USE_TCP"]);
    assert!(Stamp::find(&twice).is_ok());
}

#[test]
fn two_stamps_tell_what_the_other_lacks() {
    let ours = stamp(
        "kamailio 5.6.3 (x86_64/linux)",
        "USE_TCP, USE_TLS, F_MALLOC",
    );
    let theirs = stamp(
        "kamailio 5.6.3 (x86_64/linux)",
        "USE_TCP, Q_MALLOC, F_MALLOC",
    );
    assert_eq!(ours.beyond(&theirs), "USE_TLS");
    assert_eq!(theirs.beyond(&ours), "Q_MALLOC");
    assert_eq!(ours.beyond(&ours), "");
    let newer = stamp("kamailio 6.0.1 (x86_64/linux)", "USE_TCP");
    assert_eq!(newer.beyond(&ours), "kamailio 6.0.1 (x86_64/linux)");
}

#[test]
fn a_source_tree_states_its_version_in_one_of_two_files() {
    let makefile =
        "MAIN_NAME=kamailio\nVERSION = 5\nPATCHLEVEL = 6\nSUBLEVEL =  3\nEXTRAVERSION = \n";
    assert_eq!(version_in_makefile(makefile).as_deref(), Some("5.6.3"));
    let develop = makefile.replace("EXTRAVERSION = ", "EXTRAVERSION = -dev1");
    assert_eq!(version_in_makefile(&develop).as_deref(), Some("5.6.3-dev1"));
    assert_eq!(version_in_makefile("VERSION = 5\n"), None);

    let cmake = "project(kamailio VERSION 6.1.4)\nset(EXTRAVERSION \"\")\n";
    assert_eq!(version_in_cmake(cmake).as_deref(), Some("6.1.4"));
    assert_eq!(version_in_cmake("project(other VERSION 1.0)"), None);
}

#[test]
fn only_the_patch_number_may_differ_in_a_series() {
    for (one, other, expected) in [
        ("6.1.4", "6.1.5", true),
        ("6.1.4", "6.1.4", true),
        ("6.1.4", "6.0.4", false),
        ("6.1.4", "5.1.4", false),
        ("6.1", "6.1.4", false),
        ("", "6.1.4", false),
    ] {
        assert_eq!(same_series(one, other), expected, "{one} and {other}");
    }
}

const BOOKWORM: &str = "USE_TCP, USE_TLS, USE_SCTP, TLS_HOOKS, USE_RAW_SOCKS, DISABLE_NAGLE, USE_MCAST, DNS_IP_HACK, \
     SHM_MMAP, PKG_MALLOC, Q_MALLOC, F_MALLOC, TLSF_MALLOC, DBG_SR_MEMORY, USE_FUTEX, FAST_LOCK-ADAPTIVE_WAIT, \
     USE_DNS_CACHE, USE_DNS_FAILOVER, USE_NAPTR, USE_DST_BLOCKLIST, HAVE_RESOLV_RES, TLS_PTHREAD_MUTEX_SHARED";

fn defines(version: &str, flags: &str) -> Vec<String> {
    stamp(version, flags)
        .defines()
        .expect("a version of three numbers")
}

fn stamp(version: &str, flags: &str) -> Stamp {
    Stamp::find(&binary(&[version, flags])).expect("one of each")
}

/// String constants as a linker arranges them.
fn binary(texts: &[&str]) -> Vec<u8> {
    let mut bytes = b"\0\x01\0\x02".to_vec();
    for text in texts {
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
    }
    bytes
}
