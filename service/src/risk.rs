// SPDX-License-Identifier: GPL-2.0-or-later

//! The spam score and its public form.

use serde::Serialize;

/// A first-party spam score, 1 to 99; higher is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Score(u8);

impl Score {
    /// What a score may be, in the words of an error message.
    pub const ALLOWED: &str = "a whole number from 1 to 99";

    /// A score within 1 to 99, else nothing.
    pub fn new(value: u64) -> Option<Self> {
        u8::try_from(value)
            .ok()
            .filter(|value| matches!(value, 1..=99))
            .map(Self)
    }

    /// The score as a number.
    #[must_use]
    pub fn value(self) -> u8 {
        self.0
    }
}

/// The common risk object of all answers (API spec, `RiskView`). Without a score it is `{null, "unknown", null}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Risk {
    score: Option<Score>,
    level: Level,
    model: Option<Model>,
}

impl Risk {
    /// The risk of a score, under the name of the model whose answer it is in.
    #[must_use]
    pub fn new(score: Option<Score>, model: Model) -> Self {
        Self {
            score,
            level: Level::of(score),
            model: score.map(|_| model),
        }
    }
}

/// How bad a score is, in the fixed bands of `RiskView`. They are independent of a request's thresholds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Below 40.
    Low,
    /// 40 to 69.
    Medium,
    /// 70 and above.
    High,
    /// There is no score.
    Unknown,
}

impl Level {
    /// The band of a score.
    #[must_use]
    pub fn of(score: Option<Score>) -> Self {
        match score.map(Score::value) {
            None => Self::Unknown,
            Some(..40) => Self::Low,
            Some(40..70) => Self::Medium,
            Some(70..) => Self::High,
        }
    }
}

/// The name of the scale of a score (API spec, `RiskView`). Here both have the scores of `spam.csv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// 1 to 99, of decisions and lookups.
    FirstPartyPlusRestrictedSources,
    /// 0 to 100, of inbound answers.
    FirstPartyPlusExternal,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_lies_between_1_and_99() {
        for (value, allowed) in [
            (0, false),
            (1, true),
            (99, true),
            (100, false),
            (256 + 50, false),
        ] {
            assert_eq!(Score::new(value).is_some(), allowed, "{value}");
        }
    }

    #[test]
    fn levels_change_at_40_and_70() {
        for (value, level) in [
            (1, "low"),
            (39, "low"),
            (40, "medium"),
            (69, "medium"),
            (70, "high"),
            (99, "high"),
        ] {
            for (model, name) in [
                (
                    Model::FirstPartyPlusRestrictedSources,
                    "first_party_plus_restricted_sources",
                ),
                (Model::FirstPartyPlusExternal, "first_party_plus_external"),
            ] {
                let risk = Risk::new(Score::new(value), model);
                let json = serde_json::to_value(risk).expect("json");
                let expected = serde_json::json!({"score": value, "level": level, "model": name});
                assert_eq!(json, expected);
            }
        }
    }

    #[test]
    fn no_score_is_an_unknown_risk() {
        let json =
            serde_json::to_string(&Risk::new(None, Model::FirstPartyPlusExternal)).expect("json");
        assert_eq!(json, r#"{"score":null,"level":"unknown","model":null}"#);
    }
}
