// SPDX-License-Identifier: GPL-2.0-or-later
//! From an error of the HTTP library to a failure of our list.

use std::{error, fmt, io};

use ureq::Error;

use crate::failure::Failure;

/// An error of our own connector or transport, carried through the HTTP library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HttpError {
    /// What failed.
    pub(super) failure: Failure,
    /// The connection had been idle, and ended before the first byte of the answer: the server closed it while the request
    /// was on its way, and a new connection may do better.
    pub(super) stale: bool,
}

impl HttpError {
    pub(super) fn new(failure: Failure) -> Self {
        Self {
            failure,
            stale: false,
        }
    }

    /// What an error of the HTTP library stands for.
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
        Self::new(Failure::Reset)
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
