// SPDX-License-Identifier: GPL-2.0-or-later
//! Values of `$avp(nol_reason)` that are the module's own, and the one of the API's that it reads.

/// The caller's number is on `allow_list`.
pub const ALLOW_LIST: &str = "allow_list";

/// It is on `deny_list`.
pub const DENY_LIST: &str = "deny_list";

/// It is on `dno_list`.
pub const DNO: &str = "dno";

/// The caller does not want to be known, or has no number.
pub const ANONYMOUS: &str = "anonymous";

/// The number cannot exist: so say the numbering plan, or the API.
pub const INVALID_NUMBER: &str = "invalid_number";

/// A call to an emergency service or number.
pub const EMERGENCY: &str = "emergency";

/// A call to somebody who called an emergency number lately.
pub const EMERGENCY_CALLBACK: &str = "emergency_callback";

/// The request has `Priority: psap-callback` (RFC 7090).
pub const PSAP_CALLBACK: &str = "psap_callback";

/// The request has a `Resource-Priority` for emergencies (RFC 4412, RFC 7135).
pub const RESOURCE_PRIORITY: &str = "resource_priority";

/// The script named a profile that does not exist.
pub const UNKNOWN_PROFILE: &str = "unknown_profile";
