// SPDX-License-Identifier: GPL-2.0-or-later
//! The configuration that lookups use, which a reload replaces.

use std::sync::{Arc, Mutex, PoisonError};

use crate::cache::KeyMaker;
use crate::config::{ApiKey, Config};
use crate::engine::Engine;
use crate::http::Client;
use crate::lists::Selection;
use crate::os::process::InWorker;

/// The current configuration of one process. Workers that are threads of it share it, and with it the connections.
#[derive(Debug)]
pub struct Generations {
    proof: InWorker,
    /// How many idle connections are kept.
    connections: usize,
    current: Mutex<Arc<Generation>>,
}

/// A configuration and the values made from it.
#[derive(Debug)]
pub(crate) struct Generation {
    /// The reload after which it was read.
    pub(crate) number: u32,
    pub(crate) config: Arc<Config>,
    pub(crate) client: Arc<Client>,
    pub(crate) keys: KeyMaker,
    /// For numbers that called an emergency number. None without an API key: Redis would show the numbers to whoever tries all of them.
    pub(crate) caller_keys: Option<KeyMaker>,
    /// The lists of the configuration. Their contents are replaced without a new generation.
    pub(crate) lists: Selection,
}

impl Generations {
    /// Generation for so many lookups at a time. Nothing is connected yet.
    #[must_use]
    pub fn new(proof: InWorker, engine: &Engine, lookups: usize) -> Self {
        let config = Arc::clone(&engine.config);
        let client = Arc::new(Client::new(&proof, &config, lookups));
        let lists = engine.lists.selection(&config.lists);
        let first = Generation::new(0, config, client, lists);
        Self {
            proof,
            connections: lookups,
            current: Mutex::new(Arc::new(first)),
        }
    }

    /// The generation in use.
    pub(super) fn current(&self) -> Arc<Generation> {
        Arc::clone(&self.lock())
    }

    /// The generation after a reload that another process made. Its files are read once; `Err` says in one line why the current
    /// generation stays.
    pub(super) fn at(&self, engine: &Engine, generation: u32) -> Result<Arc<Generation>, String> {
        let mut current = self.lock();
        // Another thread may have read a later one by now.
        if current.number.wrapping_sub(generation) < u32::MAX / 2 {
            return Ok(Arc::clone(&current));
        }
        let read = engine.read_again(&current.config);
        let (config, outcome) = match read {
            Ok(config) => (Arc::new(config), Ok(())),
            // A file that cannot be read now would probably fail for the next call too.
            Err(why) => (Arc::clone(&current.config), Err(why)),
        };
        *current = Arc::new(self.successor(&current, generation, config));
        outcome.map(|()| Arc::clone(&current))
    }

    /// Takes a configuration that has just been read.
    pub(super) fn replace(&self, generation: u32, config: Config) -> Arc<Generation> {
        let mut current = self.lock();
        *current = Arc::new(self.successor(&current, generation, Arc::new(config)));
        Arc::clone(&current)
    }

    fn successor(&self, before: &Generation, generation: u32, config: Arc<Config>) -> Generation {
        let same =
            config.roots == before.config.roots && config.http_proxy == before.config.http_proxy;
        let client = if same {
            // The connections stay, but the operator may have changed the data of the name server.
            before.client.forget_names();
            Arc::clone(&before.client)
        } else {
            Arc::new(Client::new(&self.proof, &config, self.connections))
        };
        // A reload reads files again, and not the parameters that name them.
        Generation::new(generation, config, client, before.lists)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Arc<Generation>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generation {
    fn new(generation: u32, config: Arc<Config>, client: Arc<Client>, lists: Selection) -> Self {
        // Without an API key no request is made and no answer is cached.
        let secret = config.api_key.value().map_or("", ApiKey::expose);
        Self {
            number: generation,
            caller_keys: (!secret.is_empty())
                .then(|| KeyMaker::of_emergency_callers(secret.as_bytes())),
            keys: KeyMaker::new(secret.as_bytes(), &config.api_url, &config.options),
            config,
            client,
            lists,
        }
    }
}
