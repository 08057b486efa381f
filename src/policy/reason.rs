// SPDX-License-Identifier: GPL-2.0-or-later
//! Reasons that are written in one place and read in another.

/// The reason of a decision about a caller who does not want to be known.
pub(super) const ANONYMOUS: &str = "anonymous";

/// The reason of an emergency call.
pub(super) const EMERGENCY: &str = "emergency";
