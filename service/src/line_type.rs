// SPDX-License-Identifier: GPL-2.0-or-later

//! Kinds of lines.

use rlibphonenumber::PhoneNumberType;
use serde::Serialize;

/// The kind of line behind a number, by numbering plan and not by porting data.
///
/// The names are the lower-case ones of the public interface (`mobile`, `fixed_line`, `voip`, ...).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it all")]
pub enum LineType {
    FixedLine,
    Mobile,
    /// Where the plan does not tell the two apart, as in North America.
    FixedLineOrMobile,
    TollFree,
    PremiumRate,
    SharedCost,
    Voip,
    PersonalNumber,
    Pager,
    /// Universal access number: one company number for many offices.
    Uan,
    Voicemail,
}

impl LineType {
    pub(crate) fn of(kind: PhoneNumberType) -> Option<Self> {
        Some(match kind {
            PhoneNumberType::FixedLine => Self::FixedLine,
            PhoneNumberType::Mobile => Self::Mobile,
            PhoneNumberType::FixedLineOrMobile => Self::FixedLineOrMobile,
            PhoneNumberType::TollFree => Self::TollFree,
            PhoneNumberType::PremiumRate => Self::PremiumRate,
            PhoneNumberType::SharedCost => Self::SharedCost,
            PhoneNumberType::VoIP => Self::Voip,
            PhoneNumberType::PersonalNumber => Self::PersonalNumber,
            PhoneNumberType::Pager => Self::Pager,
            PhoneNumberType::UAN => Self::Uan,
            PhoneNumberType::VoiceMail => Self::Voicemail,
            PhoneNumberType::Unknown => return None,
        })
    }
}
