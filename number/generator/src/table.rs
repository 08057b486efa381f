// SPDX-License-Identifier: GPL-2.0-or-later
//! The output: files of `number/src/table/`.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write;

use rlibphonenumber::PhoneMetadata;

use crate::automaton::Automaton;
use crate::metadata::{Metadata, ShortNumbers, WORLD, pattern};
use crate::program::{Captures, Programs, words};

/// The tables, ready to be written.
pub(crate) struct Table {
    source: String,
    programs: Vec<u8>,
    automaton: Vec<u8>,
}

/// The countries that share a calling code.
pub(crate) struct Shared<'a> {
    pub(crate) code: u16,
    /// Places in the table of regions; the main country comes first.
    pub(crate) regions: Vec<(usize, &'a PhoneMetadata)>,
}

impl Table {
    pub(crate) fn new(metadata: &Metadata) -> Result<Self, Box<dyn Error>> {
        let mut programs = Programs::new();
        let mut regions = String::new();
        for region in &metadata.regions {
            let none = ShortNumbers::default();
            let short = metadata.short.get(&region.id).unwrap_or(&none);
            write_region(&mut regions, region, short, &mut programs)?;
        }
        let emergency = emergency_numbers(metadata)?;
        let mut codes = String::new();
        let all_shared = shared(metadata)?;
        for shared in &all_shared {
            write_code(&mut codes, shared)?;
        }
        let automaton = Automaton::new(&all_shared)?.bytes();
        let countries = metadata.regions.iter().filter(|region| region.id != WORLD);
        let source = format!(
            "// SPDX-License-Identifier: Apache-2.0\n\
             //! Made by `make number-table` from the metadata of libphonenumber. Do not edit.\n\n\
             use crate::region::{{CallingCode, Region, Rewrite}};\n\n\
             pub(crate) const VERSION: &str = {:?};\n\
             pub(crate) const DATE: &str = {:?};\n\
             pub(crate) const COUNTRIES: usize = {};\n\n\
             #[rustfmt::skip]\n\
             pub(crate) static REGIONS: [Region; {}] = [\n{regions}];\n\n\
             #[rustfmt::skip]\n\
             pub(crate) static CODES: [CallingCode; {}] = [\n{codes}];\n\n\
             #[rustfmt::skip]\n\
             pub(crate) static EMERGENCY: [u32; {}] = {emergency:?};\n\n\
             pub(crate) static PROGRAMS: [u8; {}] = *include_bytes!(\"programs.bin\");\n\n\
             pub(crate) static AUTOMATON: [u8; {}] = *include_bytes!(\"automaton.bin\");\n",
            metadata.version,
            metadata.date,
            countries.count(),
            metadata.regions.len(),
            codes.lines().count(),
            emergency.len(),
            programs.code.len(),
            automaton.len(),
        );
        Ok(Self {
            source,
            programs: programs.code,
            automaton,
        })
    }

    /// Names and contents.
    pub(crate) fn files(&self) -> [(&'static str, &[u8]); 3] {
        [
            ("regions.rs", self.source.as_bytes()),
            ("programs.bin", &self.programs),
            ("automaton.bin", &self.automaton),
        ]
    }
}

#[allow(
    deprecated,
    reason = "the fields are only empty inside the library's own wrapper"
)]
fn write_region(
    output: &mut String,
    region: &PhoneMetadata,
    short: &ShortNumbers,
    programs: &mut Programs,
) -> Result<(), Box<dyn Error>> {
    let general = region
        .general_desc
        .as_ref()
        .ok_or("no general description")?;
    let prefix = pattern(region.national_prefix_for_parsing());
    let rule = region.national_prefix_transform_rule();
    let captures = if rule.is_empty() {
        Captures::Left
    } else {
        Captures::Kept
    };
    let rewrite = if rule.is_empty() {
        "None".to_owned()
    } else {
        let (digits, group) = rule.split_once('$').ok_or("a rule without a group")?;
        let groups = prefix.matches('(').count() - prefix.matches("(?:").count();
        if group.parse() != Ok(groups) {
            return Err(format!("{}: a rule that leaves its last group out", region.id).into());
        }
        let padding = "\\0".repeat(4 - digits.len());
        format!("Some(Rewrite {{ digits: *b\"{digits}{padding}\", group: {groups} }})")
    };
    writeln!(
        output,
        "    Region {{ id: *b\"{}\", code: {}, lengths: {:#x}, general: {}, idd: {}, national_prefix: {}, rewrite: {rewrite}, \
         emergency: {}, short: {} }}, // {}",
        if region.id == WORLD { "00" } else { &region.id },
        region.country_code(),
        lengths(&general.possible_length)?,
        programs.whole(pattern(general.national_number_pattern()))?,
        programs.prefix(pattern(region.international_prefix()), Captures::Left)?,
        programs.prefix(prefix, captures)?,
        programs.whole(&short.emergency)?,
        programs.whole(&short.all)?,
        region.id,
    )?;
    Ok(())
}

#[allow(
    deprecated,
    reason = "the fields are only empty inside the library's own wrapper"
)]
fn write_code(output: &mut String, shared: &Shared<'_>) -> Result<(), Box<dyn Error>> {
    let mut all = 0;
    for (_, region) in &shared.regions {
        let general = region
            .general_desc
            .as_ref()
            .ok_or("no general description")?;
        all |= lengths(&general.possible_length)?;
    }
    let main = shared.regions.first().ok_or("a code without a country")?.0;
    writeln!(
        output,
        "    CallingCode {{ code: {}, main: {main}, lengths: {all:#x} }},",
        shared.code
    )?;
    Ok(())
}

/// The emergency numbers of all countries in their order. A 1 stands before the digits of each, so that leading zeros count.
fn emergency_numbers(metadata: &Metadata) -> Result<Vec<u32>, Box<dyn Error>> {
    let mut numbers = BTreeSet::new();
    for short in metadata.short.values() {
        for number in words(&short.emergency)? {
            numbers.insert(format!("1{number}").parse()?);
        }
    }
    Ok(numbers.into_iter().collect())
}

/// The calling codes in their order.
fn shared(metadata: &Metadata) -> Result<Vec<Shared<'_>>, Box<dyn Error>> {
    let mut all: Vec<Shared<'_>> = Vec::new();
    for (place, region) in metadata.regions.iter().enumerate() {
        let code = u16::try_from(region.country_code())?;
        let at = match all.binary_search_by_key(&code, |shared| shared.code) {
            Ok(at) => at,
            Err(at) => {
                all.insert(
                    at,
                    Shared {
                        code,
                        regions: Vec::new(),
                    },
                );
                at
            }
        };
        let regions = &mut all[at].regions;
        if region.main_country_for_code() {
            regions.insert(0, (place, region));
        } else {
            regions.push((place, region));
        }
    }
    Ok(all)
}

/// Lengths as bits.
fn lengths(lengths: &[i32]) -> Result<u32, Box<dyn Error>> {
    lengths.iter().try_fold(0, |bits, length| {
        // -1 stands for "no number at all".
        match u32::try_from(*length) {
            Ok(length) if length < 32 => Ok(bits | 1 << length),
            _ => Err(format!("length {length}").into()),
        }
    })
}
