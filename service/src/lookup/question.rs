// SPDX-License-Identifier: GPL-2.0-or-later

//! The path and query of a lookup request, parsed once.

use serde_json::Value;

use crate::malformed::Malformed;
use crate::verstat::Verstat;

/// A well-formed request of `GET /api/v1/lookup/{e164}` (API spec).
#[derive(Debug, PartialEq, Eq)]
pub struct Question {
    /// The number of the path: `+` and digits. Whether it can exist is not known.
    pub number: String,
    /// What the caller's network said about it.
    pub verstat: Verstat,
}

impl Question {
    /// Reads the last segment of the path and the query. A parameter that is not known is accepted.
    pub fn parse(path: &str, query: Option<&str>) -> Result<Self, Malformed> {
        let segment = path.rsplit('/').next().unwrap_or_default();
        let digits = ["+", "%2B", "%2b"]
            .iter()
            .find_map(|plus| segment.strip_prefix(plus))
            .unwrap_or(segment);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Malformed::new("e164", &Value::from(segment), E164_ALLOWED));
        }
        let mut verstat = None;
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match name.as_ref() {
                "verstat" => verstat = verstat.or(Some(Verstat::parse(&value))),
                // It limits the age of a name that was bought. Here it must be a number, and is not used.
                "max_cache_age" if value.parse::<u64>().is_err() => {
                    return Err(Malformed::new(
                        &name,
                        &Value::from(value.as_ref()),
                        AGE_ALLOWED,
                    ));
                }
                _ => {}
            }
        }
        Ok(Self {
            number: format!("+{digits}"),
            verstat: verstat.unwrap_or_default(),
        })
    }
}

const E164_ALLOWED: &str = "a number in E.164 such as +14155550123, the + also as %2B or left out";
const AGE_ALLOWED: &str = "a whole number of seconds from 0";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(target: &str) -> Result<Question, String> {
        let (path, query) = target
            .split_once('?')
            .map_or((target, None), |(path, query)| (path, Some(query)));
        Question::parse(path, query).map_err(|malformed| malformed.to_string())
    }

    #[test]
    fn the_number_is_read_in_each_accepted_form() {
        for segment in [
            "+14155550123",
            "%2B14155550123",
            "%2b14155550123",
            "14155550123",
        ] {
            let question = parse(&format!("/api/v1/lookup/{segment}")).expect(segment);
            assert_eq!(question.number, "+14155550123");
            assert_eq!(question.verstat, Verstat::Unknown);
        }
        assert_eq!(
            parse("/api/v1/lookup/1").map(|question| question.number),
            Ok("+1".to_owned())
        );
    }

    #[test]
    fn a_malformed_path_is_named() {
        for segment in [
            "+",
            "%2B",
            "",
            "batch",
            "+1-415-555-0123",
            "+1%20415",
            "++14155550123",
            "%2B%2B1",
            "tel:+14155550123",
            "%31415",
            "1415555012\u{663}",
        ] {
            let error = parse(&format!("/api/v1/lookup/{segment}")).expect_err(segment);
            let start = format!(
                "e164 is {}; allowed: a number in E.164 ",
                Value::from(segment)
            );
            assert!(error.starts_with(&start), "{error}");
        }
    }

    #[test]
    fn the_query_is_read() {
        let path = "/api/v1/lookup/+14155550123";
        for (query, verstat) in [
            ("verstat=TN-Validation-Passed", Verstat::Verified),
            (
                "max_cache_age=0&verstat=TN-Validation-Failed&later=1",
                Verstat::Unverified,
            ),
            (
                "verstat=verstat%3DTN-Validation-Passed&verstat=x",
                Verstat::Verified,
            ),
            ("verstat=&max_cache_age=2592000", Verstat::Unknown),
            ("", Verstat::Unknown),
        ] {
            let question = parse(&format!("{path}?{query}")).expect(query);
            assert_eq!(question.verstat, verstat, "{query}");
        }
        for age in ["-1", "1.5", "soon", ""] {
            let error = parse(&format!("{path}?max_cache_age={age}")).expect_err(age);
            let start = format!("max_cache_age is \"{age}\"; allowed: a whole number of seconds");
            assert!(error.starts_with(&start), "{error}");
        }
    }
}
