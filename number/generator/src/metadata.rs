// SPDX-License-Identifier: GPL-2.0-or-later
//! The input: countries with the patterns of their numbers.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use prost::Message;
use rlibphonenumber::{PhoneMetadata, PhoneMetadataCollection};

/// Everything that the tables are made of.
pub(crate) struct Metadata {
    /// Version of libphonenumber.
    pub(crate) version: String,
    /// The day of that version, `YYYY-MM-DD`.
    pub(crate) date: String,
    /// Countries by their code, then the codes of no country.
    pub(crate) regions: Vec<PhoneMetadata>,
    /// Patterns of emergency and short numbers, by country.
    pub(crate) short: BTreeMap<String, ShortNumbers>,
}

/// Patterns of a country's short numbers; empty if it has none.
#[derive(Default)]
pub(crate) struct ShortNumbers {
    pub(crate) emergency: String,
    pub(crate) all: String,
}

impl Metadata {
    /// Reads both inputs. They must be of one version.
    pub(crate) fn load(here: &Path) -> Result<Self, Box<dyn Error>> {
        let library = directory_of_rlibphonenumber()?;
        let bytes = std::fs::read(library.join("src/generated/metadata/metadata.bin"))?;
        let mut regions = PhoneMetadataCollection::decode(bytes.as_slice())?.metadata;
        regions.sort_by_key(|region| (region.id == WORLD, region.id.clone(), region.country_code));
        let mut metadata = Self {
            version: String::new(),
            date: String::new(),
            regions,
            short: BTreeMap::new(),
        };
        for line in std::fs::read_to_string(here.join("short-numbers.txt"))?.lines() {
            metadata.read_line(line)?;
        }
        let readme = std::fs::read_to_string(library.join("Readme.md"))?;
        if !readme.contains(&format!("`v{}`", metadata.version)) {
            let line = readme
                .lines()
                .find(|line| line.contains("metadata version"));
            return Err(format!(
                "short-numbers.txt is of version {}; rlibphonenumber says: {}",
                metadata.version,
                line.unwrap_or_default()
            )
            .into());
        }
        Ok(metadata)
    }

    fn read_line(&mut self, line: &str) -> Result<(), Box<dyn Error>> {
        let words: Vec<_> = line.split(' ').collect();
        match *words.as_slice() {
            ["#", ..] => {}
            ["version", version] => version.clone_into(&mut self.version),
            ["date", date] => date.clone_into(&mut self.date),
            [country, "emergency", pattern] => {
                pattern.clone_into(&mut self.short_of(country).emergency);
            }
            [country, "short", pattern] => pattern.clone_into(&mut self.short_of(country).all),
            _ => return Err(format!("short-numbers.txt: {line}").into()),
        }
        Ok(())
    }

    fn short_of(&mut self, country: &str) -> &mut ShortNumbers {
        self.short.entry(country.to_owned()).or_default()
    }
}

/// A pattern without the anchors that rlibphonenumber adds.
pub(crate) fn pattern(anchored: &str) -> &str {
    let inside = anchored
        .strip_prefix("^(?:")
        .and_then(|rest| rest.strip_suffix(")$"));
    inside.unwrap_or(anchored)
}

fn directory_of_rlibphonenumber() -> Result<PathBuf, Box<dyn Error>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()?;
    let packages: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let manifest = packages["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|package| package["name"] == "rlibphonenumber")
        .and_then(|package| package["manifest_path"].as_str())
        .ok_or("cargo metadata does not name rlibphonenumber")?;
    Ok(Path::new(manifest).parent().unwrap_or(Path::new("")).into())
}

/// The identifier of codes that belong to no country, such as +800.
pub(crate) const WORLD: &str = "001";
