// SPDX-License-Identifier: GPL-2.0-or-later
//! A certificate authority for tests. It also issues certificates that must be refused.
use std::{fs, path::Path, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject},
    server::{NoClientAuth, WebPkiClientVerifier, danger::ClientCertVerifier},
};
use time::{Duration, OffsetDateTime};

use crate::Result;

/// The flaw of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing.
    None,
    /// It is for another host.
    WrongName,
    /// It expired yesterday.
    Expired,
    /// It is valid from tomorrow.
    NotYetValid,
    /// It is signed by itself.
    SelfSigned,
    /// It is signed by an unknown authority.
    UnknownAuthority,
    /// None, but the server requires one of the client too.
    ClientWanted,
}

/// An authority and its key.
#[derive(Debug)]
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key, ready to serve.
#[derive(Clone, Debug)]
pub struct Identity {
    pub(crate) config: Arc<ServerConfig>,
    /// What it wants of clients.
    clients: Arc<dyn ClientCertVerifier>,
}

impl Authority {
    /// A new one, with a new key.
    pub fn new() -> Result<Self> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        // A unique name: a certificate of another authority with the same name looks like one with a wrong signature.
        let key = KeyPair::generate()?;
        let mark = key
            .public_key_raw()
            .iter()
            .rev()
            .take(4)
            .fold(0_u32, |mark, byte| mark << 8 | u32::from(*byte));
        params
            .distinguished_name
            .push(DnType::CommonName, format!("testbed authority {mark:08x}"));
        Ok(Self {
            issuer: CertifiedIssuer::self_signed(params, key)?,
        })
    }

    /// Writes the authority's certificate, as a `ca_file` wants it.
    pub fn write(&self, path: &Path) -> Result<()> {
        Ok(fs::write(path, self.issuer.pem())?)
    }

    /// Writes a certificate for 127.0.0.1 and its key, for a server that reads PEM.
    pub fn write_identity(&self, certificate: &Path, key: &Path) -> Result<()> {
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()])?;
        let own = KeyPair::generate()?;
        let issued = params.signed_by(&own, &self.issuer)?;
        fs::write(certificate, issued.pem())?;
        Ok(fs::write(key, own.serialize_pem())?)
    }

    /// A TLS client that trusts only this authority.
    pub(crate) fn client(&self) -> Result<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone())?;
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(config)
    }

    /// A certificate for `names` (host names or addresses), correct except for its flaw.
    pub fn identity(&self, names: &[&str], flaw: Flaw) -> Result<Identity> {
        let names = if flaw == Flaw::WrongName {
            &["elsewhere.test"]
        } else {
            names
        };
        let mut params = CertificateParams::new(
            names
                .iter()
                .map(|&name| name.to_owned())
                .collect::<Vec<_>>(),
        )?;
        let now = OffsetDateTime::now_utc();
        (params.not_before, params.not_after) = match flaw {
            Flaw::Expired => (now - Duration::days(30), now - Duration::days(1)),
            Flaw::NotYetValid => (now + Duration::days(1), now + Duration::days(30)),
            _ => (now - Duration::days(1), now + Duration::days(30)),
        };
        let key = KeyPair::generate()?;
        let certificate = match flaw {
            Flaw::SelfSigned => params.self_signed(&key)?,
            Flaw::UnknownAuthority => params.signed_by(&key, &Self::new()?.issuer)?,
            _ => params.signed_by(&key, &self.issuer)?,
        };
        let clients = (flaw == Flaw::ClientWanted).then_some(&self.issuer);
        Identity::new(certificate.der().clone(), &key, clients)
    }
}

impl Identity {
    /// The configuration of a rustls server.
    #[must_use]
    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    /// A certificate chain and its key, which are files.
    pub fn read(chain: &Path, key: &Path) -> Result<Self> {
        let chain = CertificateDer::pem_file_iter(chain)?.collect::<std::result::Result<_, _>>()?;
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, PrivateKeyDer::from_pem_file(key)?)?;
        Ok(Self::of(config, Arc::new(NoClientAuth)))
    }

    /// The same, with TLS 1.2 alone.
    pub fn with_tls12(&self) -> Result<Self> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS12])?
            .with_client_cert_verifier(Arc::clone(&self.clients))
            .with_cert_resolver(Arc::clone(&self.config.cert_resolver));
        config
            .alpn_protocols
            .clone_from(&self.config.alpn_protocols);
        Ok(Self {
            config: Arc::new(config),
            clients: Arc::clone(&self.clients),
        })
    }

    fn new(
        certificate: CertificateDer<'static>,
        key: &KeyPair,
        clients: Option<&CertifiedIssuer<'static, KeyPair>>,
    ) -> Result<Self> {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(default_provider());
        let clients: Arc<dyn ClientCertVerifier> = match clients {
            None => Arc::new(NoClientAuth),
            Some(issuer) => {
                let mut roots = RootCertStore::empty();
                roots.add(issuer.der().clone())?;
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                    .build()?
            }
        };
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(Arc::clone(&clients))
            .with_single_cert(vec![certificate], key)?;
        Ok(Self::of(config, clients))
    }

    fn of(mut config: ServerConfig, clients: Arc<dyn ClientCertVerifier>) -> Self {
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self {
            config: Arc::new(config),
            clients,
        }
    }
}
