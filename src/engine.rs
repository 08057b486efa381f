// SPDX-License-Identifier: GPL-2.0-or-later
//! The state made before fork: configuration values, and shared memory for atomics.

mod profiles;

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant, SystemTime};

use crate::admission::{Account, Admission, Control, Mode, Route};
use crate::cache::{Cache, Failed, Key};
use crate::clock::{Clock, Moment};
use crate::config::{BadParameter, Config, Emergency, Given, ProfileId, Roots};
use crate::emergency_window::EmergencyWindow;
use crate::in_flight::InFlight;
use crate::lists::{Lists, NoLists};
use crate::log::{Level, Log};
use crate::no_number::NoNumberWatch;
use crate::os::shared::{Shared, SharedSlice};
use crate::redis::RedisHealth;

pub use self::profiles::{Profile, Profiles};

/// What all workers of a server have in common.
#[derive(Debug)]
pub struct Engine {
    /// The parameters, parsed at start.
    pub config: Arc<Config>,
    /// The same, and the profiles.
    pub profiles: Profiles,
    admissions: Admissions,
    /// The last reload after which each profile kept what it had, and the operator was told.
    kept: SharedSlice<AtomicU32>,
    /// The cache of answers.
    pub cache: Cache,
    /// Numbers whose lookup failed a few seconds ago.
    pub failed: Shared<Failed>,
    /// The requests in flight.
    pub in_flight: Shared<InFlight>,
    /// Lists of numbers.
    pub lists: Lists,
    /// Numbers that called an emergency number lately.
    pub emergency_window: EmergencyWindow,
    /// Detects that nearly no call of a profile has a number.
    pub(crate) no_number: SharedSlice<NoNumberWatch>,
    /// Whether Redis answers.
    pub(crate) redis: Shared<RedisHealth>,
    /// The workers' clock.
    pub clock: Clock,
}

/// The shared state of admission control. Profiles that ask alike share it.
#[derive(Debug)]
struct Admissions {
    control: Shared<Control>,
    /// Of the module's parameters.
    account: Shared<Account>,
    route: Shared<Route>,
    /// Of the profiles that differ from them.
    accounts: SharedSlice<Account>,
    routes: SharedSlice<Route>,
}

/// Why there is no engine: one line for the operator.
#[derive(Debug)]
pub enum NoEngine {
    /// A parameter cannot be used.
    Parameter(BadParameter),
    /// A list cannot be used.
    Lists(NoLists),
    /// There is no shared memory.
    Memory(io::Error),
}

impl Engine {
    /// Makes the engine, and logs warnings about the configuration.
    pub fn new(given: Given, log: &dyn Log) -> Result<Self, NoEngine> {
        let profiles = Profiles::new(given).map_err(NoEngine::Parameter)?;
        warn(&profiles, log);
        let lists = profiles.iter().map(|(_, profile)| &profile.config.lists);
        let lists = Lists::new(lists).map_err(NoEngine::Lists)?;
        for line in lists.warnings(SystemTime::now()) {
            log.line(Level::Warning, &line);
        }
        Self::of(profiles, lists).map_err(NoEngine::Memory)
    }

    fn of(profiles: Profiles, lists: Lists) -> io::Result<Self> {
        let config = Arc::clone(&profiles.base().config);
        // Whoever accepts the risk of screening emergency calls accepts that of call backs too.
        let window = match config.emergency {
            Emergency::Passes => config.emergency_window,
            Emergency::Screened => Duration::ZERO,
        };
        // One profile may use the cache although the others do not.
        let has_cache = profiles
            .iter()
            .any(|(_, profile)| profile.config.cache.is_on());
        let entries = if has_cache { config.cache.entries } else { 0 };
        Ok(Self {
            admissions: Admissions {
                control: Shared::new()?,
                account: Shared::new()?,
                route: Shared::new()?,
                accounts: SharedSlice::new(profiles.accounts() - 1)?,
                routes: SharedSlice::new(profiles.routes() - 1)?,
            },
            kept: SharedSlice::new(profiles.iter().count())?,
            cache: Cache::new(entries)?,
            failed: Shared::new()?,
            in_flight: Shared::new()?,
            lists,
            emergency_window: EmergencyWindow::new(window)?,
            no_number: SharedSlice::new(profiles.iter().count())?,
            redis: Shared::new()?,
            clock: Clock::starting(Instant::now()),
            profiles,
            config,
        })
    }

    /// Admission control of a profile.
    #[must_use]
    pub fn admission(&self, profile: ProfileId) -> Admission<'_> {
        let Profile { account, route, .. } = self.profiles.get(profile);
        let Admissions {
            accounts, routes, ..
        } = &self.admissions;
        let account = account.checked_sub(1).and_then(|place| accounts.get(place));
        let route = route.checked_sub(1).and_then(|place| routes.get(place));
        Admission {
            control: &self.admissions.control,
            account: account.unwrap_or(&self.admissions.account),
            route: route.unwrap_or(&self.admissions.route),
        }
    }

    /// The key under which the requests of a profile about a number, and their failures, are known. Profiles with the same route share
    /// it: a short timeout or a broken proxy of one profile is no sign about the number for the others.
    #[must_use]
    pub fn request_key(&self, profile: ProfileId, key: Key) -> Key {
        key.on_route(self.profiles.get(profile).route)
    }

    /// How often keys and certificates were read again. A worker with another number reads them too.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.admissions.control.generation()
    }

    /// Makes all workers read keys and certificates again, and clears the breakers and latches. Returns the new number.
    #[allow(clippy::must_use_candidate, reason = "it changes shared memory")]
    pub fn reloaded(&self) -> u32 {
        let generation = self.admission(ProfileId::BASE).reloaded();
        self.open_all();
        generation
    }

    /// Sets how the breakers of all profiles work, and clears their state.
    pub fn set_mode(&self, mode: Mode) {
        self.admission(ProfileId::BASE).set_mode(mode);
        self.open_all();
    }

    fn open_all(&self) {
        for (id, _) in self.profiles.iter() {
            self.admission(id).open_all();
        }
    }

    /// Records that the operator was told why a profile keeps what it has in this generation.
    pub(crate) fn note_kept(&self, profile: ProfileId, generation: u32) {
        if let Some(kept) = self.kept.get(profile.index()) {
            kept.store(generation, Relaxed);
        }
    }

    /// Whether the operator was told.
    pub(crate) fn was_kept(&self, profile: ProfileId, generation: u32) -> bool {
        let kept = self.kept.get(profile.index());
        kept.is_some_and(|kept| kept.load(Relaxed) == generation)
    }

    /// Counts a call with the name of a profile that does not exist. Their number since the last logged one, if it may be logged.
    pub(crate) fn note_unknown_profile(&self, now: Moment) -> Option<u64> {
        self.admissions.control.note_unknown_profile(now)
    }
}

/// Warns of what can be used but should not stay so. What a profile has in common with those before it is not repeated.
fn warn(profiles: &Profiles, log: &dyn Log) {
    let mut said = BTreeSet::new();
    for (_, profile) in profiles.iter() {
        for line in warnings(&profile.config) {
            if said.insert(line.clone()) {
                log.line(Level::Warning, &format!("{}{line}", profile.prefix()));
            }
        }
    }
    let base = &profiles.base().config;
    if base.cache.redis.is_some()
        && !base.emergency_window.is_zero()
        && base.api_key.value().is_err()
    {
        log.line(
            Level::Warning,
            "without an api_key of its own, not of a profile, this server does not share through cache_redis who called an emergency number",
        );
    }
}

fn warnings(config: &Config) -> Vec<String> {
    let missing = profiles::missing(config)
        .map(|missing| format!("{missing}; calls that need it are allowed without a lookup"));
    let mut lines: Vec<_> = missing.collect();
    if config.emergency == Emergency::Screened {
        lines.push("emergency=never_bypass_i_accept_the_risk: emergency calls are screened like any other and may be blocked".to_owned());
    }
    if matches!(config.roots, Roots::Unverified) {
        lines.push(
            "tls_insecure=1: the API's certificate is not verified; never use this for live calls"
                .to_owned(),
        );
    }
    lines
}

impl std::fmt::Display for NoEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Parameter(bad) => bad.fmt(f),
            Self::Lists(none) => none.fmt(f),
            Self::Memory(error) => write!(
                f,
                "no shared memory for numbers_online: {error}; lower cache_size"
            ),
        }
    }
}
