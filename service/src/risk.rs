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
    model: Option<&'static str>,
}

impl From<Option<Score>> for Risk {
    fn from(score: Option<Score>) -> Self {
        Self {
            score,
            level: score.map_or(Level::Unknown, Level::of),
            model: score.map(|_| MODEL),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Low,
    Medium,
    High,
    Unknown,
}

impl Level {
    /// The bands of `RiskView`. They are fixed and independent of a request's thresholds.
    fn of(Score(score): Score) -> Self {
        match score {
            ..40 => Self::Low,
            40..70 => Self::Medium,
            70.. => Self::High,
        }
    }
}

/// The model of the 1 to 99 scale (API spec, `RiskView`).
const MODEL: &str = "first_party_plus_restricted_sources";

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
            let json = serde_json::to_value(Risk::from(Score::new(value))).expect("json");
            let expected = serde_json::json!({"score": value, "level": level, "model": MODEL});
            assert_eq!(json, expected);
        }
    }

    #[test]
    fn no_score_is_an_unknown_risk() {
        let json = serde_json::to_string(&Risk::from(None)).expect("json");
        assert_eq!(json, r#"{"score":null,"level":"unknown","model":null}"#);
    }
}
