// SPDX-License-Identifier: GPL-2.0-or-later
//! What lookups are made with, and what a reload replaces.

use std::sync::{Arc, Mutex, PoisonError};

use super::InWorker;
use crate::cache::KeyMaker;
use crate::config::{ApiKey, Config};
use crate::engine::Engine;
use crate::http::Client;

/// The tools of one process. Workers that are threads of it share them, and with them the connections.
#[derive(Debug)]
pub struct Toolbox {
    proof: InWorker,
    /// How many idle connections are kept.
    connections: usize,
    current: Mutex<Arc<Tools>>,
}

/// A configuration and what is made of it.
#[derive(Debug)]
pub(crate) struct Tools {
    /// The reload after which it was read.
    pub(crate) generation: u32,
    pub(crate) config: Arc<Config>,
    pub(crate) client: Arc<Client>,
    pub(crate) keys: KeyMaker,
}

impl Toolbox {
    /// Tools for so many lookups at a time. Nothing is connected yet.
    #[must_use]
    pub fn new(proof: InWorker, engine: &Engine, lookups: usize) -> Self {
        let config = Arc::clone(&engine.config);
        let client = Arc::new(Client::new(&proof, &config, lookups));
        let tools = Tools::new(0, config, client);
        Self {
            proof,
            connections: lookups,
            current: Mutex::new(Arc::new(tools)),
        }
    }

    /// The tools in use.
    pub(super) fn current(&self) -> Arc<Tools> {
        Arc::clone(&self.lock())
    }

    /// The tools after a reload that another process made. Its files are read once; `Err` says in one line why what is in
    /// use stays.
    pub(super) fn at(&self, engine: &Engine, generation: u32) -> Result<Arc<Tools>, String> {
        let mut current = self.lock();
        // Another thread may have read a later one by now.
        if current.generation.wrapping_sub(generation) < u32::MAX / 2 {
            return Ok(Arc::clone(&current));
        }
        let read = engine.read_again(&current.config);
        let (config, outcome) = match read {
            Ok(config) => (Arc::new(config), Ok(())),
            // A file that cannot be read now will not be there for the next call either.
            Err(why) => (Arc::clone(&current.config), Err(why)),
        };
        *current = Arc::new(self.tools(&current, generation, config));
        outcome.map(|()| Arc::clone(&current))
    }

    /// Takes a configuration that has just been read.
    pub(super) fn replace(&self, generation: u32, config: Config) -> Arc<Tools> {
        let mut current = self.lock();
        *current = Arc::new(self.tools(&current, generation, Arc::new(config)));
        Arc::clone(&current)
    }

    fn tools(&self, before: &Tools, generation: u32, config: Arc<Config>) -> Tools {
        // Its connections and the addresses that it knows are as good as before.
        let client = if config.roots == before.config.roots {
            Arc::clone(&before.client)
        } else {
            Arc::new(Client::new(&self.proof, &config, self.connections))
        };
        Tools::new(generation, config, client)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Arc<Tools>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tools {
    fn new(generation: u32, config: Arc<Config>, client: Arc<Client>) -> Self {
        // Without an API key nothing is asked, and nothing cached.
        let secret = config.api_key.value().map_or("", ApiKey::expose);
        Self {
            generation,
            keys: KeyMaker::new(secret.as_bytes(), &config.api_url, &config.wishes),
            config,
            client,
        }
    }
}
