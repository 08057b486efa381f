// SPDX-License-Identifier: GPL-2.0-or-later

//! Where the public key comes from.

use std::path::{Path, PathBuf};

use numbers_online::config::Roots;
use numbers_online::response_signature::{PublicKey, UnusableKey};
use numbers_online::worker::{NoPublicKey, Worker};

use super::input;
use crate::exit::Exit;
use crate::log::Silent;
use crate::settings::{Settings, engine};
use crate::stop::Stop;

/// A source of the key.
#[derive(Debug)]
pub(super) enum Source {
    /// A file.
    File(PathBuf),
    /// A URL of the API, or of its endpoint for the key.
    Url(String),
    /// The parameter `api_url`.
    Api,
}

impl Source {
    /// Reads or fetches the key.
    pub(super) fn key(self, mut settings: Settings) -> Result<PublicKey, Stop> {
        match self {
            Self::File(path) => of_file(&path),
            Self::Url(url) => {
                let base = url.strip_suffix(ENDPOINT).unwrap_or(&url);
                settings.set("api_url", base, "--key-url");
                fetch(settings)
            }
            Self::Api => fetch(settings),
        }
    }
}

fn of_file(path: &Path) -> Result<PublicKey, Stop> {
    let bytes = input::read(Some(path))?;
    let key = match str::from_utf8(&bytes) {
        Ok(text) if !text.trim_start().starts_with('{') => PublicKey::from_pem(text),
        _ => PublicKey::from_answer(&bytes),
    };
    key.map_err(|why: UnusableKey| Stop::new(Exit::Data, format!("{}: {why}", path.display())))
}

fn fetch(mut settings: Settings) -> Result<PublicKey, Stop> {
    // Somebody waits for the result, and no call does.
    settings.set_default("timeout", "5000");
    let engine = engine(settings.read()?, &Silent)?;
    if matches!(engine.config.roots, Roots::Unverified) {
        let line = "tls_insecure=1: a key of a server that is not verified proves nothing; allowed: 0, or --key FILE";
        return Err(Stop::new(Exit::Config, line));
    }
    let url = engine.config.api_url.join(ENDPOINT);
    let key = Worker::of_program(&engine, &Silent).public_key();
    key.map_err(|why: NoPublicKey| {
        Stop::new(
            Exit::Unavailable,
            format!("no public key from {url}: {why}"),
        )
    })
}

const ENDPOINT: &str = "/api/v1/publickey";
