// SPDX-License-Identifier: GPL-2.0-or-later

//! What API keys are for.

/// What a key may be used for (API spec, use cases).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the interface")]
pub enum UseCase {
    Parse,
    Lookup,
    InboundLookup,
    Scrub,
    Precall,
    Mcp,
    SbcRedirect,
    Report,
    Manage,
}

impl UseCase {
    /// Every use case.
    pub const ALL: [Self; 9] = [
        Self::Parse,
        Self::Lookup,
        Self::InboundLookup,
        Self::Scrub,
        Self::Precall,
        Self::Mcp,
        Self::SbcRedirect,
        Self::Report,
        Self::Manage,
    ];

    /// Its name in the interface.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Parse => "parse",
            Self::Lookup => "lookup",
            Self::InboundLookup => "inbound_lookup",
            Self::Scrub => "scrub",
            Self::Precall => "precall",
            Self::Mcp => "mcp",
            Self::SbcRedirect => "sbc_redirect",
            Self::Report => "report",
            Self::Manage => "manage",
        }
    }

    /// The use case of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|use_case| use_case.name() == name)
    }
}
