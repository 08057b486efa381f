// SPDX-License-Identifier: GPL-2.0-or-later
//! The servers and forms that trials run on.
use std::sync::Arc;

use testbed::{Form, Product, Server};

/// A server, and the form in which its script calls our function.
#[derive(Clone)]
pub(crate) struct Subject {
    pub(crate) server: Arc<dyn Server>,
    pub(crate) form: Form,
}

impl Subject {
    /// Each server in each form that there is for it.
    pub(crate) fn all(servers: &[Arc<dyn Server>]) -> Vec<Self> {
        let subjects = |server: &Arc<dyn Server>| -> Vec<Self> {
            let subject = |form: &Form| Self {
                server: Arc::clone(server),
                form: *form,
            };
            forms(server.product()).iter().map(subject).collect()
        };
        servers.iter().flat_map(subjects).collect()
    }

    /// What its trials are named after, e.g. `opensips-3.6.8/async`.
    pub(crate) fn name(&self) -> String {
        match self.form {
            Form::Sync => self.server.name().to_owned(),
            Form::Async => format!("{}/async", self.server.name()),
        }
    }
}

/// The forms that the modules have so far.
fn forms(product: Product) -> &'static [Form] {
    match product {
        Product::Kamailio | Product::OpenSips => &[Form::Sync, Form::Async],
    }
}
