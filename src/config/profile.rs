// SPDX-License-Identifier: GPL-2.0-or-later
//! `profile`: a name, and the parameters that have other values for the calls decided under that name.

mod text;

use super::{BadParameter, Given};

/// Which configuration decides about a call: the module's parameters, or a profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProfileId(u16);

impl ProfileId {
    /// The module's parameters.
    pub const BASE: Self = Self(0);

    /// The profile with this index in the list of all configurations, in which the module's parameters have the index 0.
    #[must_use]
    pub fn new(index: usize) -> Option<Self> {
        u16::try_from(index).ok().map(Self)
    }

    /// The index.
    #[must_use]
    pub fn index(self) -> usize {
        self.0.into()
    }
}

/// The name of a profile: 1 to 128 letters, digits and `.-_:[]`, as in host names and addresses. Upper case is the same as lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProfileName(String);

impl ProfileName {
    /// Parses a name.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let is_clean = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte));
        let fits = (1..=MOST_BYTES).contains(&name.len());
        (is_clean && fits).then(|| Self(name.to_ascii_lowercase()))
    }

    /// The name, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How a name from the routing script compares with this one.
    #[must_use]
    pub fn compare(&self, name: &[u8]) -> std::cmp::Ordering {
        let given = name.iter().map(u8::to_ascii_lowercase);
        self.0.bytes().cmp(given)
    }
}

impl Given {
    /// The profiles that the parameter `profile` gives, each as all parameters with its values replaced.
    pub fn profiles(&self) -> Result<Vec<(ProfileName, Self)>, BadParameter> {
        let mut profiles: Vec<(ProfileName, Self)> = Vec::with_capacity(self.profile.len());
        for text in &self.profile {
            let (name, pairs) = text::parse(text)?;
            if profiles.iter().any(|(known, _)| *known == name) {
                let allowed = "each name once; upper case is the same as lower case";
                return Err(BadParameter::new("profile", name.as_str(), allowed));
            }
            if profiles.len() == MOST_PROFILES {
                return Err(BadParameter::new("profile", name.as_str(), "4096 profiles"));
            }
            let mut given = Self {
                profile: Vec::new(),
                ..self.clone()
            };
            for (key, value) in pairs {
                given
                    .replace(key, value)
                    .map_err(|bad| bad.in_profile(&name))?;
            }
            profiles.push((name, given));
        }
        Ok(profiles)
    }
}

/// A parameter's value, which is set from text.
trait SetFromText {
    /// Takes the text as the value of the parameter `name`.
    fn set(&mut self, name: &str, text: &str) -> Result<(), BadParameter>;
}

impl SetFromText for String {
    fn set(&mut self, _: &str, text: &str) -> Result<(), BadParameter> {
        text.clone_into(self);
        Ok(())
    }
}

impl SetFromText for i32 {
    fn set(&mut self, name: &str, text: &str) -> Result<(), BadParameter> {
        let number = text.parse();
        *self = number.map_err(|_| BadParameter::new(name, text, "a whole number"))?;
        Ok(())
    }
}

/// A parameter that may be given many times.
impl SetFromText for Vec<String> {
    fn set(&mut self, _: &str, text: &str) -> Result<(), BadParameter> {
        self.push(text.to_owned());
        Ok(())
    }
}

macro_rules! parameters {
    (in_profiles: $($ours:ident)*; for_the_server: $($not_ours:ident)*;) => {
        impl Given {
            /// Sets one parameter, as a line of a server's configuration does. `profile` may be set many times. Whether the value
            /// can be used is decided by [`Config::new`](super::Config::new); here only a number must be one.
            pub fn set(&mut self, name: &str, value: &str) -> Result<(), BadParameter> {
                let Self { $($ours,)* $($not_ours,)* } = self;
                $(if name == stringify!($ours) {
                    return $ours.set(name, value);
                })*
                $(if name == stringify!($not_ours) {
                    return $not_ours.set(name, value);
                })*
                let why = if name == FOR_SCRIPTS { "is for the script of a SIP server" } else { "is no parameter" };
                Err(BadParameter::unknown(name, why, &[$(stringify!($ours),)* $(stringify!($not_ours)),*]))
            }

            /// Replaces the value of one parameter for a profile.
            fn replace(&mut self, key: &str, value: &str) -> Result<(), BadParameter> {
                // Destructured, so that a new parameter is a compile error here until it is in one of the two lists.
                let Self { $($ours,)* $($not_ours: _,)* } = self;
                $(if key == stringify!($ours) {
                    return $ours.set(key, value);
                })*
                let is_known = key == FOR_SCRIPTS || [$(stringify!($not_ours)),*].contains(&key);
                let why = if is_known { "holds for the whole server" } else { "is no parameter" };
                Err(BadParameter::unknown_key(key, why, &[$(stringify!($ours)),*]))
            }
        }
    };
}

// The parameters marked P in README.md, and the others.
parameters! {
    in_profiles:
        api_url api_url_backup api_key signing_secret timeout allow_code spam_threshold redirect_threshold block_invalid
        block_reassigned redirect_contact mode shadow enforce_percent number_source verstat_source ask_withheld anonymous block_reply block_location
        regulation reply_reason redress_url redress_tel redress_email trusted_sources allow_list deny_list dno_list dno_max_age default_country
        local_check cache_ttl rate_limit
        ca_file tls_insecure http_proxy;
    for_the_server:
        emergency emergency_window cache_size cache_redis log_numbers breaker_window breaker_errors breaker_retry async_lookups async_queue profile;
}

/// The parameter that the C modules read themselves.
const FOR_SCRIPTS: &str = "avps";

const MOST_BYTES: usize = 128;
const MOST_PROFILES: usize = 4096;

#[cfg(test)]
mod tests;
