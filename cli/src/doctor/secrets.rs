// SPDX-License-Identifier: GPL-2.0-or-later

//! Keys, which are never shown.

use numbers_online::config::{ApiKey, Config, ProfileName};
use numbers_online::engine::Engine;

use super::check::Check;

/// The API keys and signing secrets of the parameters and of all profiles.
pub(super) fn checks(engine: &Engine) -> Vec<Check> {
    let base = &engine.config;
    let key = |config: &Config| {
        config
            .api_key
            .value()
            .map(ApiKey::expose)
            .ok()
            .map(str::to_owned)
    };
    let all = engine.profiles.iter().flat_map(|(_, profile)| {
        let config = &profile.config;
        let name = profile.name.as_ref();
        // A key that the parameters have too, or lack too, is one finding.
        let is_known = name.is_some() && key(config) == key(base);
        let keys = (!is_known).then(|| api_key(config, name));
        keys.into_iter().chain(missing_secrets(config, name))
    });
    all.collect()
}

fn api_key(config: &Config, profile: Option<&ProfileName>) -> Check {
    match config.api_key.value() {
        Ok(_) => Check::ok("key", format!("{}present, not shown", prefix(profile))),
        Err(missing) => Check::fail(
            "key",
            format!("{}{missing}", prefix(profile)),
            "put the key there; until then calls are allowed without a lookup",
        ),
    }
}

fn missing_secrets(config: &Config, profile: Option<&ProfileName>) -> Vec<Check> {
    let secrets = &config.signing_secrets;
    let missing = secrets.missing().map(|missing| {
        Check::fail(
            "signing_secret",
            format!("{}{missing}", prefix(profile)),
            "put the secret there, or remove the parameter",
        )
    });
    missing.collect()
}

fn prefix(profile: Option<&ProfileName>) -> String {
    profile.map_or(String::new(), |name| {
        format!("profile \"{}\": ", name.as_str())
    })
}
