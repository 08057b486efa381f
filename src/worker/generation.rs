// SPDX-License-Identifier: GPL-2.0-or-later
//! The configurations that lookups use, which a reload replaces.

use std::sync::{Arc, Mutex, PoisonError};

use crate::cache::{KeyMaker, Scope};
use crate::config::{ApiKey, Config, ProfileId, Roots};
use crate::engine::Engine;
use crate::http::Client;
use crate::lists::Selection;
use crate::os::process::InWorker;

/// The current configurations of one process. Workers that are threads of it share them, and with them the connections.
#[derive(Debug)]
pub struct Generations {
    proof: InWorker,
    /// How many idle connections are kept.
    connections: usize,
    /// The lists of each profile. A reload reads files again, and not the parameters that name them.
    lists: Vec<Selection>,
    current: Mutex<All>,
}

/// The configurations of one reload.
#[derive(Clone, Debug)]
pub(crate) struct All {
    base: Arc<Generation>,
    profiles: Arc<[Arc<Generation>]>,
}

/// A configuration and the values made from it.
#[derive(Debug)]
pub(crate) struct Generation {
    /// The reload after which it was read.
    pub(crate) number: u32,
    /// Whose it is.
    pub(crate) profile: ProfileId,
    pub(crate) config: Arc<Config>,
    pub(crate) client: Arc<Client>,
    pub(crate) keys: KeyMaker,
    /// For numbers that called an emergency number. None without an API key: Redis would show the numbers to whoever tries all of them.
    pub(crate) caller_keys: Option<KeyMaker>,
    /// The lists of the configuration. Their contents are replaced without a new generation.
    pub(crate) lists: Selection,
}

impl All {
    /// The module's parameters.
    pub(crate) fn base(&self) -> &Arc<Generation> {
        &self.base
    }

    /// A profile.
    pub(crate) fn get(&self, profile: ProfileId) -> &Arc<Generation> {
        let index = profile.index().checked_sub(1);
        let found = index.and_then(|index| self.profiles.get(index));
        found.unwrap_or(&self.base)
    }

    /// All of them, the module's parameters first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Generation>> {
        std::iter::once(&self.base).chain(self.profiles.iter())
    }
}

/// What a reload read.
pub(super) struct Read {
    /// Of the module's parameters, and of the profiles.
    base: Arc<Config>,
    profiles: Vec<Arc<Config>>,
    /// Why a profile keeps what it had, one line each.
    pub(super) kept: Vec<(ProfileId, String)>,
}

impl Read {
    /// Reads the files of all profiles again. One that cannot be used leaves its profile, and no other, as it is.
    pub(super) fn new(engine: &Engine, in_use: &All) -> Self {
        let mut kept = Vec::new();
        let mut read = |generation: &Generation, base: &Config| {
            let (profiles, id) = (&engine.profiles, generation.profile);
            let in_use = &generation.config;
            let read = profiles.get(id).read_again(in_use, (profiles.base(), base));
            read.map_or_else(
                |why| {
                    kept.push((id, why));
                    Arc::clone(in_use)
                },
                Arc::new,
            )
        };
        let base = read(in_use.base(), &in_use.base().config);
        let profiles = in_use.profiles.iter();
        let profiles = profiles.map(|profile| read(profile, &base)).collect();
        Self {
            base,
            profiles,
            kept,
        }
    }

    /// Whether nothing new was read.
    pub(super) fn is_useless(&self) -> bool {
        self.kept.len() > self.profiles.len()
    }
}

impl Generations {
    /// Configurations for so many lookups at a time. Nothing is connected yet.
    #[must_use]
    pub fn new(proof: InWorker, engine: &Engine, lookups: usize) -> Self {
        let profiles = engine.profiles.iter().skip(1);
        let read = Read {
            base: Arc::clone(&engine.config),
            profiles: profiles
                .map(|(_, profile)| Arc::clone(&profile.config))
                .collect(),
            kept: Vec::new(),
        };
        let all = engine.profiles.iter();
        let lists: Vec<_> = all
            .map(|(_, profile)| engine.lists.selection(&profile.config.lists))
            .collect();
        let first = made(proof, lookups, 0, read, &lists, None);
        Self {
            proof,
            connections: lookups,
            lists,
            current: Mutex::new(first),
        }
    }

    /// The configurations in use.
    pub(super) fn current(&self) -> All {
        self.lock().clone()
    }

    /// The configurations after a reload that another process made. Their files are read once; the lines say why profiles keep what
    /// they had.
    pub(super) fn at(&self, engine: &Engine, number: u32) -> (All, Vec<(ProfileId, String)>) {
        let mut current = self.lock();
        // Another thread may have read a later one by now.
        if current.base.number.wrapping_sub(number) < u32::MAX / 2 {
            return (current.clone(), Vec::new());
        }
        // A file that cannot be read now would probably fail for the next call too.
        let mut read = Read::new(engine, &current);
        let kept = std::mem::take(&mut read.kept);
        *current = self.successor(&current, number, read);
        (current.clone(), kept)
    }

    /// Takes configurations that have just been read.
    pub(super) fn replace(&self, number: u32, read: Read) -> All {
        let mut current = self.lock();
        *current = self.successor(&current, number, read);
        current.clone()
    }

    fn successor(&self, before: &All, number: u32, read: Read) -> All {
        // The connections stay, but the operator may have changed the data of the name server.
        before.iter().for_each(|old| old.client.forget_names());
        made(
            self.proof,
            self.connections,
            number,
            read,
            &self.lists,
            Some(before),
        )
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, All> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the values of each configuration. Those that ask alike share a client, also with those of an earlier generation.
fn made(
    proof: InWorker,
    connections: usize,
    number: u32,
    read: Read,
    lists: &[Selection],
    before: Option<&All>,
) -> All {
    let mut clients: Vec<Arc<Client>> = Vec::new();
    let mut one = |profile: ProfileId, config: Arc<Config>| {
        let earlier = before.into_iter().flat_map(All::iter);
        let mut known = clients.iter().chain(earlier.map(|old| &old.client));
        let same = known.find(|client| client.is_for(&config)).cloned();
        let client = same.unwrap_or_else(|| {
            let similar = clients.iter().find(|client| client.connects_for(&config));
            let similar = similar.map(|client| &**client);
            Arc::new(Client::new(&proof, &config, connections, similar))
        });
        if !clients.iter().any(|known| Arc::ptr_eq(known, &client)) {
            clients.push(Arc::clone(&client));
        }
        let lists = lists.get(profile.index()).copied().unwrap_or_default();
        Arc::new(Generation::new(number, profile, config, client, lists))
    };
    let ids = (1..).map_while(ProfileId::new);
    All {
        base: one(ProfileId::BASE, read.base),
        profiles: ids
            .zip(read.profiles)
            .map(|(id, config)| one(id, config))
            .collect(),
    }
}

impl Generation {
    fn new(
        number: u32,
        profile: ProfileId,
        config: Arc<Config>,
        client: Arc<Client>,
        lists: Selection,
    ) -> Self {
        // Without an API key no request is made and no answer is cached.
        let secret = config.api_key.value().map_or("", ApiKey::expose);
        let scope = Scope {
            api_url: &config.api_url,
            api_url_backup: config.api_url_backup.as_ref(),
            is_verified: !matches!(config.roots, Roots::Unverified),
            ttl: config.cache.ttl,
        };
        Self {
            number,
            profile,
            caller_keys: (!secret.is_empty())
                .then(|| KeyMaker::of_emergency_callers(secret.as_bytes())),
            keys: KeyMaker::new(secret.as_bytes(), scope, &config.options),
            config,
            client,
            lists,
        }
    }
}
