// SPDX-License-Identifier: GPL-2.0-or-later
//! Calling numbers, and texts that must not appear in any log. The numbers are of the ranges reserved for fiction: +1 NXX 555 01XX
//! (ATIS) and +44 7700 900xxx (Ofcom).

/// A number of North America.
pub(crate) const CALLER: &str = "+12025550123";
/// Another one.
pub(crate) const SECOND: &str = "+14155550187";
/// A number of the United Kingdom.
pub(crate) const BRITISH: &str = "+447700900123";
/// This many different numbers of North America.
pub(crate) fn several(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|n| format!("+1{}55501{:02}", 310 + n / 100, n % 100))
}

/// A number in national format.
pub(crate) const NATIONAL: &str = "02025550123";

/// The API key of the suite.
pub(crate) const KEY: &str = "nol_test_4b1d9f2c7e";
/// The API key that lies in a file.
pub(crate) const FILE_KEY: &str = "nol_test_file_83aa10";
/// An API key that stands in a configuration, where it must not be.
pub(crate) const LITERAL_KEY: &str = "nol_test_literal_5f77c0";
/// A signing secret.
pub(crate) const SECRET: &str = "test-signing-secret-91c3";

/// Another one, for a rotation.
pub(crate) const NEXT_SECRET: &str = "test-signing-secret-next-07be";

/// Texts that no line of any log may contain: the digits of every caller, with and without country code, and every secret.
pub(crate) const PRIVATE: [&str; 8] = [
    "2025550123",
    "4155550187",
    "7700900123",
    KEY,
    FILE_KEY,
    LITERAL_KEY,
    SECRET,
    NEXT_SECRET,
];

/// A SIP URI of a number.
pub(crate) fn sip(number: &str) -> String {
    format!("sip:{number}@carrier.example")
}
