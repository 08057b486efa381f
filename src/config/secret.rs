// SPDX-License-Identifier: GPL-2.0-or-later
//! Secrets. The configuration names them but never contains them.

use std::{env, fmt, fs};

use ureq::http::HeaderValue;

use super::BadParameter;
use crate::signing::SigningSecret;

/// Where a secret comes from, and the secret if it was there at start. A missing one does not stop the server: calls are
/// allowed without a lookup until it is there.
#[derive(Debug)]
pub struct Secret<T> {
    value: Result<T, Missing>,
}

/// Why a secret is missing: one line for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing(String);

/// A value that can be parsed from the text of a secret.
pub trait FromSecret: Sized {
    /// Takes the text, white space at its ends removed. `Err` says what is allowed.
    fn from_secret(text: &str) -> Result<Self, &'static str>;
}

/// An API key. It has no `Display`, and its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    text: String,
    authorization: HeaderValue,
}

impl FromSecret for SigningSecret {
    fn from_secret(text: &str) -> Result<Self, &'static str> {
        Self::new(text).ok_or("a signing secret")
    }
}

impl<T: FromSecret> Secret<T> {
    /// Parses the parameter `name`: `env:NAME` or `file:PATH`. Anything else is refused without being repeated, for it is
    /// most likely the secret itself.
    pub fn new(name: &str, source: &str) -> Result<Self, BadParameter> {
        let text = if let Some(variable) = source
            .strip_prefix("env:")
            .filter(|variable| !variable.is_empty())
        {
            env::var(variable)
                .map_err(|_| format!("the environment variable {variable} is not set"))
        } else if let Some(path) = source
            .strip_prefix("file:")
            .filter(|path| path.starts_with('/'))
        {
            fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
        } else {
            return Err(BadParameter::new(
                name,
                "***",
                "env:NAME or file:/ABSOLUTE/PATH; put the secret itself into the environment or a file",
            ));
        };
        let value = text
            .and_then(|text| {
                T::from_secret(text.trim())
                    .map_err(|allowed| format!("{source} does not hold {allowed}"))
            })
            .map_err(|why| Missing(format!("parameter {name}: {why}")));
        Ok(Self { value })
    }

    /// The secret, or why it is missing.
    pub fn value(&self) -> Result<&T, &Missing> {
        self.value.as_ref()
    }
}

/// One signing secret, or two during a rotation.
#[derive(Debug)]
pub struct SigningSecrets(Vec<Secret<SigningSecret>>);

impl SigningSecrets {
    /// Parses `signing_secret`: empty, or one or two sources with a comma between them.
    pub fn new(sources: &str) -> Result<Self, BadParameter> {
        if sources.is_empty() {
            return Ok(Self(Vec::new()));
        }
        if sources.split(',').count() > 2 {
            return Err(BadParameter::new(
                "signing_secret",
                "***",
                "one source, or two with a comma between them",
            ));
        }
        sources
            .split(',')
            .map(|source| Secret::new("signing_secret", source.trim()))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether requests are signed.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.0.is_empty()
    }

    /// Those that are there, in their order.
    pub fn usable(&self) -> impl Iterator<Item = &SigningSecret> {
        self.0.iter().filter_map(|secret| secret.value().ok())
    }

    /// Why others are not.
    pub fn missing(&self) -> impl Iterator<Item = &Missing> {
        self.0.iter().filter_map(|secret| secret.value().err())
    }
}

impl FromSecret for ApiKey {
    fn from_secret(text: &str) -> Result<Self, &'static str> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        HeaderValue::try_from(format!("Bearer {text}"))
            .ok()
            .filter(|_| visible && (1..=512).contains(&text.len()))
            .map(|authorization| Self {
                text: text.to_owned(),
                authorization,
            })
            .ok_or("an API key: 1 to 512 visible ASCII characters in one line")
    }
}

impl ApiKey {
    /// The key itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The value of the Authorization header, made once.
    #[must_use]
    pub fn authorization(&self) -> &HeaderValue {
        &self.authorization
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{ApiKey, Secret};

    #[test]
    fn a_literal_is_refused_and_not_repeated() {
        for literal in [
            "nol_0123456789abcdef",
            "",
            "env:",
            "file:",
            "file:relative/path",
        ] {
            let line = Secret::<ApiKey>::new("api_key", literal)
                .expect_err("refused")
                .to_string();
            assert!(
                line.contains("api_key") && line.contains("env:NAME or file:"),
                "{line}"
            );
            assert!(literal.len() < 6 || !line.contains(literal), "{line}");
        }
    }

    #[test]
    fn a_key_is_read_from_a_file_and_never_printed() {
        let path = env!("CARGO_MANIFEST_DIR").to_owned() + "/tests/vectors/api_key.txt";
        let secret = Secret::<ApiKey>::new("api_key", &format!("file:{path}")).expect("usable");
        assert_eq!(
            secret.value().map(ApiKey::expose),
            Ok("nol_test_key_of_the_unit_tests")
        );
        assert!(!format!("{secret:?}").contains("nol_test"));
    }

    #[test]
    fn there_may_be_two_signing_secrets_and_no_more() {
        let given = |sources| super::SigningSecrets::new(sources);
        assert!(given("").is_ok_and(|secrets| !secrets.is_on()));
        for sources in [
            "env:A_VARIABLE_THAT_IS_NOT_SET",
            "env:A_VARIABLE_THAT_IS_NOT_SET, file:/nonexistent",
        ] {
            let secrets = given(sources).expect("usable");
            assert!(secrets.is_on());
            assert_eq!(
                (secrets.usable().count(), secrets.missing().count()),
                (0, sources.split(',').count())
            );
        }
        for refused in [
            "env:A,env:B,env:C",
            "env:A,",
            "a-literal-secret",
            "a,literal,secret",
        ] {
            let line = given(refused).expect_err("refused").to_string();
            assert!(
                line.contains("signing_secret") && !line.contains(refused),
                "{line}"
            );
        }
    }

    #[test]
    fn a_missing_key_is_not_a_bad_parameter() {
        for source in [
            "env:NUMBERS_ONLINE_KEY_THAT_NO_TEST_SETS",
            "file:/nonexistent/key",
            "file:/dev/null",
        ] {
            let secret = Secret::<ApiKey>::new("api_key", source).expect("usable");
            let line = secret.value().expect_err("missing").to_string();
            assert!(line.starts_with("parameter api_key: "), "{line}");
        }
    }
}
