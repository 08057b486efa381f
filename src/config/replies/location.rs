// SPDX-License-Identifier: GPL-2.0-or-later
//! `block_location`.

use super::super::BadParameter;

/// Who blocks a call: the parameter `location` of a 603+ (the values are those of RFC 8606).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// The public network that serves the called user: a carrier.
    RemoteLocalNetwork,
    /// The private network of the called user: a PBX, an enterprise.
    RemotePrivateNetwork,
    /// The public network that serves the calling user.
    LocalNetwork,
    /// A transit network.
    TransitNetwork,
}

impl Location {
    pub(super) fn new(name: &str) -> Result<Self, BadParameter> {
        Self::ALL
            .into_iter()
            .find(|location| location.as_str() == name)
            .ok_or_else(|| BadParameter::new("block_location", name, "RLN, RPN, LN or TN"))
    }

    /// As the header has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RemoteLocalNetwork => "RLN",
            Self::RemotePrivateNetwork => "RPN",
            Self::LocalNetwork => "LN",
            Self::TransitNetwork => "TN",
        }
    }

    const ALL: [Self; 4] = [
        Self::RemoteLocalNetwork,
        Self::RemotePrivateNetwork,
        Self::LocalNetwork,
        Self::TransitNetwork,
    ];
}
