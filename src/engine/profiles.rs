// SPDX-License-Identifier: GPL-2.0-or-later
//! All configurations of a server: the module's parameters, and the profiles.

use std::sync::Arc;

use crate::config::{BadParameter, Config, Given, Missing, ProfileId, ProfileName, Timeout};

/// One configuration, as it was read at start.
#[derive(Debug)]
pub struct Profile {
    /// `None`: the module's parameters.
    pub name: Option<ProfileName>,
    /// The parameters as text. A reload reads the files that they name again.
    given: Given,
    /// The same, parsed.
    pub config: Arc<Config>,
    /// Which account of the engine it uses, and which route.
    pub(super) account: usize,
    pub(super) route: usize,
}

/// All of them. The module's parameters are the first.
#[derive(Debug)]
pub struct Profiles {
    base: Profile,
    others: Vec<Profile>,
    /// Sorted.
    names: Vec<(ProfileName, ProfileId)>,
}

impl Profiles {
    pub(super) fn new(given: Given) -> Result<Self, BadParameter> {
        let config = Arc::new(Config::new(&given)?);
        let parsed = given.profiles()?;
        let base = Profile {
            name: None,
            given,
            config,
            account: 0,
            route: 0,
        };
        let mut all = Self {
            base,
            others: Vec::with_capacity(parsed.len()),
            names: Vec::with_capacity(parsed.len()),
        };
        for (index, (name, given)) in (1..).zip(parsed) {
            all.add(index, name, given)?;
        }
        all.names.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Ok(all)
    }

    fn add(&mut self, index: usize, name: ProfileName, given: Given) -> Result<(), BadParameter> {
        let mut config = Config::of_profile(&given, (&self.base.given, &self.base.config))
            .map_err(|bad| bad.in_profile(&name))?;
        config.lists = config.lists.of_profile(&name, &self.base.config.lists);
        let like = |is_like: &dyn Fn(&Given) -> bool| {
            let found = self.iter().find(|(_, other)| is_like(&other.given));
            found.map(|(_, other)| (other.account, other.route))
        };
        let like_account = like(&|other| same_account(other, &given));
        let like_route = like(&|other| same_account(other, &given) && same_route(other, &given));
        let account = like_account.map_or_else(|| self.accounts(), |(account, _)| account);
        let route = like_route.map_or_else(|| self.routes(), |(_, route)| route);
        // A list of profiles is not longer than the ids allow.
        let id = ProfileId::new(index).unwrap_or_default();
        self.names.push((name.clone(), id));
        self.others.push(Profile {
            name: Some(name),
            given,
            config: Arc::new(config),
            account,
            route,
        });
        Ok(())
    }

    /// The module's parameters.
    #[must_use]
    pub fn base(&self) -> &Profile {
        &self.base
    }

    /// A configuration.
    #[must_use]
    pub fn get(&self, profile: ProfileId) -> &Profile {
        let index = profile.index().checked_sub(1);
        index
            .and_then(|index| self.others.get(index))
            .unwrap_or(&self.base)
    }

    /// The profile of a name. An empty name stands for the module's parameters.
    #[must_use]
    pub fn find(&self, name: &[u8]) -> Option<ProfileId> {
        if name.is_empty() {
            return Some(ProfileId::BASE);
        }
        let place = self
            .names
            .binary_search_by(|(known, _)| known.compare(name))
            .ok()?;
        self.names.get(place).map(|(_, id)| *id)
    }

    /// All configurations with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (ProfileId, &Profile)> {
        let all = std::iter::once(&self.base).chain(&self.others);
        let ids = (0..).map_while(ProfileId::new);
        ids.zip(all)
    }

    /// The shortest and the longest timeout.
    #[must_use]
    pub fn timeouts(&self) -> (Timeout, Timeout) {
        let timeouts = self.iter().map(|(_, profile)| profile.config.timeout);
        let base = self.base.config.timeout;
        timeouts.fold((base, base), |(shortest, longest), timeout| {
            (shortest.min(timeout), longest.max(timeout))
        })
    }

    /// How many accounts there are.
    pub(super) fn accounts(&self) -> usize {
        let most = self.iter().map(|(_, profile)| profile.account).max();
        most.unwrap_or(0) + 1
    }

    /// How many routes there are.
    pub(super) fn routes(&self) -> usize {
        let most = self.iter().map(|(_, profile)| profile.route).max();
        most.unwrap_or(0) + 1
    }
}

impl Profile {
    /// Reads keys and certificates again. `in_use` are the configurations in use: its own and the base's. `Err` says in one line
    /// why what is in use has to stay; a secret that is no longer where it was is such a reason.
    pub fn read_again(&self, in_use: &Config, base: (&Profile, &Config)) -> Result<Config, String> {
        let config = match &self.name {
            None => Config::new(&self.given),
            Some(name) => Config::of_profile(&self.given, (&base.0.given, base.1))
                .map_err(|bad| bad.in_profile(name)),
        };
        let config = config.map_err(|bad| bad.to_string())?;
        let lost = config.api_key.value().err();
        let lost = lost.filter(|_| in_use.api_key.value().is_ok());
        let lost =
            lost.or(missing_for_proxy(&config).filter(|_| missing_for_proxy(in_use).is_none()));
        let usable = |config: &Config| config.signing_secrets.usable().count();
        let fewer = usable(&config) < usable(in_use);
        let lost = lost.or(config.signing_secrets.missing().next().filter(|_| fewer));
        match lost {
            None => Ok(config),
            Some(why) => Err(format!("{}{why}", self.prefix())),
        }
    }

    /// Begins a line about this profile: `profile "NAME": `, or nothing.
    #[must_use]
    pub fn prefix(&self) -> String {
        let name = self.name.as_ref();
        name.map_or(String::new(), |name| {
            format!("profile \"{}\": ", name.as_str())
        })
    }
}

/// Why secrets are missing.
pub(super) fn missing(config: &Config) -> impl Iterator<Item = &Missing> {
    let key = config.api_key.value().err();
    key.into_iter()
        .chain(config.signing_secrets.missing())
        .chain(missing_for_proxy(config))
}

fn missing_for_proxy(config: &Config) -> Option<&Missing> {
    config.http_proxy.as_ref()?.missing()
}

/// Whether what the API says of one is true of the other: of its key, its balance and its rate.
fn same_account(a: &Given, b: &Given) -> bool {
    a.api_url == b.api_url
        && a.api_url_backup == b.api_url_backup
        && a.api_key == b.api_key
        && a.signing_secret == b.signing_secret
        && a.rate_limit == b.rate_limit
}

/// Whether the API fares alike for both.
fn same_route(a: &Given, b: &Given) -> bool {
    a.http_proxy == b.http_proxy
        && a.ca_file == b.ca_file
        && a.tls_insecure == b.tls_insecure
        && a.timeout == b.timeout
}

#[cfg(test)]
mod tests {
    use super::{ProfileId, Profiles};
    use crate::config::Given;
    use crate::config::tests::given;

    fn profiles(texts: &[&str]) -> Result<Profiles, String> {
        let given = Given {
            profile: texts.iter().map(|text| (*text).to_owned()).collect(),
            ..given()
        };
        Profiles::new(given).map_err(|bad| bad.to_string())
    }

    #[test]
    fn a_profile_is_found_by_its_exact_name_in_any_case() {
        let profiles = profiles(&["b.example=>", "a.example=>", "c=>"]).expect("usable");
        let id = |index| ProfileId::new(index).expect("small");
        for (name, found) in [
            ("", Some(ProfileId::BASE)),
            ("a.example", Some(id(2))),
            ("B.Example", Some(id(1))),
            ("C", Some(id(3))),
            ("a.example.", None),
            ("a.exampl", None),
            ("a", None),
            ("\0", None),
        ] {
            assert_eq!(profiles.find(name.as_bytes()), found, "{name:?}");
        }
        assert!(profiles.get(id(9)).name.is_none());
    }

    #[test]
    fn what_the_api_says_of_one_key_is_shared_by_the_profiles_that_use_it() {
        let profiles = profiles(&[
            "same=>spam_threshold=50;mode=inline",
            "other-key=>api_key=env:ANOTHER_KEY",
            "other-key-too=>api_key=env:ANOTHER_KEY;timeout=100",
            "limited=>rate_limit=5",
            "fast=>timeout=100",
            "proxied=>http_proxy=http://127.0.0.1:3128",
            "signed=>signing_secret=env:A_SECRET",
        ])
        .expect("usable");
        let places: Vec<_> = profiles
            .iter()
            .map(|(_, profile)| (profile.account, profile.route))
            .collect();
        assert_eq!(
            places,
            [
                (0, 0),
                (0, 0),
                (1, 1),
                (1, 2),
                (2, 3),
                (0, 4),
                (0, 5),
                (3, 6)
            ]
        );
        assert_eq!((profiles.accounts(), profiles.routes()), (4, 7));
        let (shortest, longest) = profiles.timeouts();
        assert_eq!(
            (shortest.milliseconds(), longest.milliseconds()),
            (100, 400)
        );
    }

    #[test]
    fn a_profile_that_cannot_be_used_is_named() {
        for (text, line) in [
            (
                "a=>spam_threshold=0",
                "profile \"a\": parameter spam_threshold: \"0\" cannot be used; allowed: 1..99",
            ),
            (
                "a=>timeout=5001",
                "profile \"a\": parameter timeout: \"5001\" cannot be used; allowed: 20..5000 milliseconds",
            ),
        ] {
            let refused = profiles(&[text]).map(drop);
            assert_eq!(refused, Err(line.to_owned()));
        }
    }

    #[test]
    fn four_thousand_profiles_are_made_in_moments() {
        let texts: Vec<_> = (0..4096)
            .map(|number| format!("tenant-{number}.example=>spam_threshold=70;mode=inline"))
            .collect();
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        let profiles = profiles(&texts).expect("usable");
        assert_eq!(profiles.iter().count(), 4097);
        let last = profiles.find(b"tenant-4095.example").expect("known");
        assert_eq!(last.index(), 4096);
    }
}
