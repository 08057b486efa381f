// SPDX-License-Identifier: GPL-2.0-or-later

//! A service in this process, and clients for it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use numbers_online_service::config::{Config, Loopback};
use numbers_online_service::keys::KeyRing;
use numbers_online_service::limits::Limits;
use numbers_online_service::lists::Lists;
use numbers_online_service::server::Service;
use numbers_online_service::signing_key::SigningKey;
use numbers_online_service::use_case::UseCase;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, http};

pub(crate) const KEY: &str = "nol_0123456789abcdef";
pub(crate) const SCRUB_KEY: &str = "nol_scrub";
pub(crate) const PATH: &str = "/api/v1/sbc/redirect";
pub(crate) const INBOUND: &str = "/api/v1/inbound/lookup";
pub(crate) const LOOKUP: &str = "/api/v1/lookup";

/// A service that ends with this guard.
pub(crate) struct Peer {
    pub(crate) service: Service,
    // Its threads run the service.
    _runtime: Runtime,
}

impl Peer {
    /// Starts a service with the demo lists on loopback, after a change of its configuration.
    pub(crate) fn start(change: impl FnOnce(&mut Config)) -> Self {
        let mut keys = KeyRing::default();
        keys.add("test", KEY, &[UseCase::Lookup, UseCase::InboundLookup])
            .expect("a key");
        keys.add("scrub", SCRUB_KEY, &[UseCase::Scrub])
            .expect("a key");
        let mut config = Config {
            https: None,
            http: Some(Loopback::try_from(loopback()).expect("a loopback address")),
            keys,
            lists: Lists::load(&demo_data()).expect("the demo lists"),
            signing_key: SigningKey::generate().expect("a key"),
            default_country: None,
            limits: Limits::default(),
            delay: Duration::ZERO,
        };
        change(&mut config);
        let runtime = Runtime::new().expect("a runtime");
        let service = runtime.block_on(Service::start(config)).expect("a service");
        Self {
            service,
            _runtime: runtime,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.service.listening()[0].1
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// A decision request with the right key.
    pub(crate) fn ask(&self, body: &str) -> Reply {
        self.ask_with(&[("Authorization", &format!("Bearer {KEY}"))], body)
    }

    /// An inbound lookup with the right key.
    pub(crate) fn inbound(&self, body: &str) -> Reply {
        let url = self.url(INBOUND);
        post(&agent(None), &url, &[("X-API-Key", KEY)], body).expect("a reply")
    }

    /// A lookup with the right key; `target` is what follows the last slash of the path.
    pub(crate) fn lookup(&self, target: &str) -> Reply {
        let url = self.url(&format!("{LOOKUP}/{target}"));
        get(&agent(None), &url, &[("X-API-Key", KEY)])
    }

    /// A decision request with these headers.
    pub(crate) fn ask_with(&self, headers: &[(&str, &str)], body: &str) -> Reply {
        post(&agent(None), &self.url(PATH), headers, body).expect("a reply")
    }
}

/// An answer of the service.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) json: Value,
}

impl Reply {
    pub(crate) fn read(response: http::Response<ureq::Body>) -> Self {
        let (head, mut body) = response.into_parts();
        let text = body.read_to_string().expect("a body");
        Self {
            status: head.status.as_u16(),
            headers: head.headers,
            json: serde_json::from_str(&text).expect("JSON"),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A client that trusts one authority, or none.
pub(crate) fn agent(ca_pem: Option<&[u8]>) -> Agent {
    let ca = ca_pem.map(|pem| Certificate::from_pem(pem).expect("a certificate"));
    let roots = RootCerts::new_with_certs(ca.as_slice());
    Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(20)))
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        .build()
        .into()
}

pub(crate) fn post(
    agent: &Agent,
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Reply, ureq::Error> {
    let mut request = agent.post(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send(body).map(Reply::read)
}

pub(crate) fn get(agent: &Agent, url: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = agent.get(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Reply::read(request.call().expect("a reply"))
}

/// The PEM text of the public key that a service at this address shows, without an API key.
pub(crate) fn public_key(base: &str) -> String {
    let reply = get(&agent(None), &format!("{base}/api/v1/publickey"), &[]);
    assert_eq!(
        (reply.status, &reply.json["algorithm"]),
        (200, &json!("ed25519"))
    );
    assert_eq!(reply.json.as_object().map(serde_json::Map::len), Some(2));
    reply.json["public_key_pem"]
        .as_str()
        .expect("a key")
        .to_owned()
}

pub(crate) fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

pub(crate) fn demo_data() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("demo-data")
}
