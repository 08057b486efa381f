// SPDX-License-Identifier: GPL-2.0-or-later
//! Maps an error of the HTTP library, of TLS or of a socket to a failure and its cause.

use std::{error, fmt, io};

use ureq::Error;

use super::tls;
use crate::cause::Cause;
use crate::failure::Failure;
use crate::os::socket;

/// An error of the connector or the transport, passed through the HTTP library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HttpError {
    /// What failed.
    pub(super) failure: Failure,
    /// Why, if more is known.
    pub(super) cause: Option<Cause>,
    /// The connection had been idle, and ended before the first byte of the answer. The server closed it while the request
    /// was on its way. A new connection may succeed.
    pub(super) stale: bool,
}

impl HttpError {
    pub(super) fn new(failure: Failure) -> Self {
        Self {
            failure,
            cause: None,
            stale: false,
        }
    }

    /// The same with a cause.
    pub(super) fn because(mut self, cause: impl Into<Option<Cause>>) -> Self {
        self.cause = cause.into();
        self
    }

    /// The error of a socket: `failure`, unless a resource of this machine is exhausted.
    pub(super) fn of_socket(error: &io::Error, failure: Failure) -> Self {
        if socket::is_shortage(error) {
            Self::shortage(error)
        } else {
            Self::new(failure)
        }
    }

    /// A resource of this machine is exhausted. Nothing is known about the peer.
    pub(super) fn shortage(error: &io::Error) -> Self {
        Self::new(Failure::Shed).because(match error.raw_os_error() {
            Some(libc::EMFILE | libc::ENFILE) => Cause::NoDescriptor,
            Some(libc::EADDRNOTAVAIL) => Cause::NoPort,
            _ => Cause::NoMemory,
        })
    }

    /// Maps an error of the HTTP library.
    pub(super) fn of(error: &Error) -> Self {
        match error {
            Error::Other(inner) => inner
                .downcast_ref()
                .copied()
                .unwrap_or(Self::new(Failure::Internal)),
            Error::Io(error) => Self::of_io(error),
            Error::Timeout(_) => Self::new(Failure::TimeoutResponse),
            Error::BodyExceedsLimit(_)
            | Error::LargeResponseHeader(..)
            | Error::Protocol(ureq_proto::Error::HttpParseTooManyHeaders) => {
                Self::new(Failure::TooLarge)
            }
            Error::Protocol(_) | Error::Http(_) => Self::new(Failure::Parse),
            // The connection ended within a line of the chunked encoding.
            Error::BodyStalled => Self::new(Failure::Reset),
            Error::Tls(_) | Error::Rustls(_) => Self::new(Failure::Tls),
            Error::HostNotFound => Self::new(Failure::Dns),
            Error::ConnectProxyFailed(_) | Error::ConnectionFailed => Self::new(Failure::Connect),
            _ => Self::new(Failure::Internal),
        }
    }

    fn of_io(error: &io::Error) -> Self {
        if let Some(inner) = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<Error>())
        {
            return Self::of(inner);
        }
        Self::of_socket(error, Failure::Reset).or_because(tls::cause(error))
    }

    /// The same with a cause, if there is none yet.
    pub(super) fn or_because(mut self, cause: Option<Cause>) -> Self {
        self.cause = self.cause.or(cause);
        self
    }
}

impl From<Failure> for HttpError {
    fn from(failure: Failure) -> Self {
        Self::new(failure)
    }
}

impl From<HttpError> for Error {
    fn from(error: HttpError) -> Self {
        Self::Other(Box::new(error))
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.failure.as_str())
    }
}

impl error::Error for HttpError {}
