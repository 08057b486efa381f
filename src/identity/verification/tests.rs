// SPDX-License-Identifier: GPL-2.0-or-later

use super::{Attestation, Claim, Verification, Verstat};

fn verified(values: &[&str]) -> Verification {
    Verification::of(values.iter().map(|value| Claim::read(value.as_bytes())))
}

#[test]
fn a_passed_verification_without_a_level_has_level_a() {
    for (value, verstat, attestation) in [
        (
            "TN-Validation-Passed",
            Some(Verstat::Passed),
            Some(Attestation::A),
        ),
        (
            "TN-Validation-Passed-A",
            Some(Verstat::Passed),
            Some(Attestation::A),
        ),
        (
            "TN-Validation-Passed-B",
            Some(Verstat::Passed),
            Some(Attestation::B),
        ),
        (
            "tn-validation-passed-c",
            Some(Verstat::Passed),
            Some(Attestation::C),
        ),
        ("TN-Validation-Failed", Some(Verstat::Failed), None),
        ("TN-Validation-Failed-A", Some(Verstat::Failed), None),
        ("No-TN-Validation", Some(Verstat::NotValidated), None),
        (" B ", None, Some(Attestation::B)),
        ("c", None, Some(Attestation::C)),
    ] {
        let expected = Verification {
            verstat,
            attestation,
        };
        assert_eq!(verified(&[value]), expected, "{value}");
        assert_eq!(Verification::from_shared(expected.to_shared()), expected);
    }
}

#[test]
fn an_unknown_value_says_nothing() {
    for value in [
        "",
        "D",
        "AB",
        "verified",
        "TN-Validation",
        "TN-Validation-Passed-",
        "TN-Validation-Passed-D",
        "TN-Validation-Passed-A-Diverted",
        "TN-Validation-PassedA",
        "No-TN-Validation-A",
        "TN-Validation-Passed\0",
        "x TN-Validation-Passed",
    ] {
        assert_eq!(verified(&[value]), Verification::default(), "{value}");
    }
}

#[test]
fn a_level_that_is_written_somewhere_counts_more_than_the_assumed_one() {
    let both = verified(&["TN-Validation-Passed", "B"]);
    assert_eq!(
        (both.verstat, both.attestation),
        (Some(Verstat::Passed), Some(Attestation::B))
    );
    let first = verified(&["TN-Validation-Passed-A", "B"]);
    assert_eq!(first.attestation, Some(Attestation::A));
    assert_eq!(verified(&["A", "TN-Validation-Failed"]).attestation, None);
}

#[test]
fn contradicting_values_at_one_place_say_nothing() {
    let of = |values: &[&str]| Claim::of(values.iter().map(|value| value.as_bytes()));
    assert_eq!(of(&["A", "a"]), Claim::read(b"A"));
    assert!(of(&["A", "B"]).is_empty());
    assert!(of(&["TN-Validation-Passed", "No-TN-Validation"]).is_empty());
    assert!(of(&["TN-Validation-Passed", "nonsense"]).is_empty());
    assert!(of(&[]).is_empty());
}
