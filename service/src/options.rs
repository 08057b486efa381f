// SPDX-License-Identifier: GPL-2.0-or-later

//! The command line.

use std::env;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use tracing::info;
use tracing::level_filters::LevelFilter;

use crate::certificate::SelfSigned;
use crate::config::{Config, Https, Loopback};
use crate::country::Country;
use crate::keys::KeyRing;
use crate::limits::Limits;
use crate::lists::Lists;
use crate::signing_key::SigningKey;
use crate::start_error::StartError;
use crate::tls;
use crate::use_case::UseCase;

/// The options as they were given; [`Options::config`] makes a configuration of them.
#[derive(Debug, Parser)]
#[command(
    name = "numbers-online-service",
    version,
    about = "On-premise call-screening decision service"
)]
pub struct Options {
    /// Listen with TLS; port 0 lets the kernel choose
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen_https: Option<SocketAddr>,

    /// Listen without TLS, on a loopback address only
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen_http: Option<SocketAddr>,

    /// PEM file of the certificate chain, the server's own first
    #[arg(
        long,
        value_name = "FILE",
        requires = "tls_key",
        conflicts_with = "tls_self_signed"
    )]
    tls_cert: Option<PathBuf>,

    /// PEM file of its private key
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Make (or use again) ca.pem, server.pem and their keys in this directory
    #[arg(long, value_name = "DIRECTORY")]
    tls_self_signed: Option<PathBuf>,

    /// A further name or address in the self-signed certificate, repeatable
    #[arg(long = "tls-name", value_name = "NAME", requires = "tls_self_signed")]
    tls_names: Vec<String>,

    /// Directory with dnc.csv, reassigned.csv, spam.csv and identities.csv
    #[arg(long, value_name = "DIRECTORY")]
    data: Option<PathBuf>,

    /// PEM file of the Ed25519 key that signs inbound answers, made if there is none; without it the key changes at
    /// each start
    #[arg(long, value_name = "FILE")]
    signing_key: Option<PathBuf>,

    /// CSV file of API keys, with the columns sha256, name and use cases
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,

    /// Environment variable with an API key, good for every use case
    #[arg(long, value_name = "NAME")]
    key_env: Option<String>,

    /// Country of numbers in national format, such as US; without it they are invalid
    #[arg(long, value_name = "COUNTRY")]
    default_country: Option<String>,

    /// Most connections open at a time; by default as many as open files permit, up to 4096
    #[arg(long, value_name = "NUMBER")]
    max_connections: Option<NonZeroUsize>,

    /// Close a connection that was idle for so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60,
        value_parser = clap::value_parser!(u64).range(1..=3600))]
    idle_timeout: u64,

    /// Test aid: delay each decision and lookup by so many milliseconds
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0,
        value_parser = clap::value_parser!(u64).range(..=60_000))]
    delay_ms: u64,

    /// What to log on standard error
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    log: LogLevel,
}

impl Options {
    /// Reads the files and variables that the options name. `open_files` is the limit of open files.
    pub fn config(&self, open_files: usize) -> Result<Config, StartError> {
        let http = self.listen_http.map(Loopback::try_from).transpose()?;
        let default_country = self.default_country.as_ref().map(|code| {
            code.parse::<Country>().map_err(|allowed| {
                StartError::new(format!("--default-country {code:?}; {allowed}"))
            })
        });
        Ok(Config {
            http,
            default_country: default_country.transpose()?,
            keys: self.key_ring()?,
            lists: self.lists()?.unwrap_or_default(),
            signing_key: self.first_signing_key()?,
            https: self.https()?,
            limits: Limits {
                connections: Limits::connections(self.max_connections, open_files)?,
                idle: Duration::from_secs(self.idle_timeout),
                ..Limits::default()
            },
            delay: Duration::from_millis(self.delay_ms),
        })
    }

    /// What to log.
    #[must_use]
    pub fn log_level(&self) -> LevelFilter {
        match self.log {
            LogLevel::Off => LevelFilter::OFF,
            LogLevel::Error => LevelFilter::ERROR,
            LogLevel::Warn => LevelFilter::WARN,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Debug => LevelFilter::DEBUG,
        }
    }

    pub(crate) fn key_ring(&self) -> Result<KeyRing, StartError> {
        let mut keys = KeyRing::default();
        if let Some(path) = &self.keys {
            keys.load(path)?;
        }
        if let Some(name) = &self.key_env {
            let key = env::var(name).map_err(|_| {
                StartError::new(format!(
                    "--key-env {name}: the variable is not set, or not UTF-8"
                ))
            })?;
            keys.add(&format!("env:{name}"), &key, &UseCase::ALL)?;
        }
        Ok(keys)
    }

    /// Absent if the options name no directory.
    pub(crate) fn lists(&self) -> Result<Option<Lists>, StartError> {
        self.data.as_deref().map(Lists::load).transpose()
    }

    /// The signing key of the start: that of its file, which is made if there is none, or one for this process alone.
    fn first_signing_key(&self) -> Result<SigningKey, StartError> {
        if let Some(path) = &self.signing_key {
            return SigningKey::ensure(path);
        }
        info!(
            "no --signing-key: inbound answers are signed with a key that ends with this process"
        );
        SigningKey::generate()
    }

    /// Reads the file of the signing key. Absent if the options name none.
    pub(crate) fn signing_key(&self) -> Result<Option<SigningKey>, StartError> {
        self.signing_key
            .as_deref()
            .map(SigningKey::read)
            .transpose()
    }

    pub(crate) fn https(&self) -> Result<Option<Https>, StartError> {
        let Some(address) = self.listen_https else {
            return Ok(None);
        };
        let tls = match (&self.tls_cert, &self.tls_key, &self.tls_self_signed) {
            (Some(certificate), Some(key), _) => tls::server(certificate, key)?,
            (_, _, Some(directory)) => {
                let files = SelfSigned::ensure(directory, &self.tls_names)?;
                tls::server(&files.certificate, &files.key)?
            }
            _ => {
                let allowed = "give --tls-cert and --tls-key, or --tls-self-signed";
                return Err(StartError::new(format!(
                    "--listen-https {address}: no certificate; {allowed}"
                )));
            }
        };
        Ok(Some(Https { address, tls }))
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogLevel {
    Off,
    Error,
    Warn,
    Info,
    Debug,
}
