// SPDX-License-Identifier: GPL-2.0-or-later

//! Reads keys, lists, signing key and certificate again while the service runs.

use std::sync::Arc;

use tracing::{error, info};

use crate::options::Options;
use crate::start_error::StartError;
use crate::state::Files;

/// Reads the files that the options name and replaces what is good.
///
/// Keys, lists, signing key and certificate are independent of each other. If a file of one kind is bad, the old content of that kind
/// stays in force, and one line of the log says why. This reads files, so it may block.
pub fn reload(options: &Options, files: &Files) {
    report("keys", "ones stay", read_keys(options, files));
    report("lists", "ones stay", read_lists(options, files));
    report("signing key", "one stays", read_signing_key(options, files));
    report("certificate", "one stays", read_certificate(options, files));
}

fn read_keys(options: &Options, files: &Files) -> Result<bool, StartError> {
    let keys = options.key_ring()?;
    keys.check_not_empty()?;
    files.keys.replace(Arc::new(keys));
    Ok(true)
}

fn read_lists(options: &Options, files: &Files) -> Result<bool, StartError> {
    let Some(lists) = options.lists()? else {
        return Ok(false);
    };
    lists.check_nothing_vanished(&files.lists.current())?;
    files.lists.replace(Arc::new(lists));
    Ok(true)
}

/// A file that is gone is an error here: a new key in its place would be one that no client knows.
fn read_signing_key(options: &Options, files: &Files) -> Result<bool, StartError> {
    let Some(signing_key) = options.signing_key()? else {
        return Ok(false);
    };
    files.signing_key.replace(Arc::new(signing_key));
    Ok(true)
}

fn read_certificate(options: &Options, files: &Files) -> Result<bool, StartError> {
    let (Some(current), Some(https)) = (&files.tls, options.https()?) else {
        return Ok(false);
    };
    current.replace(https.tls);
    Ok(true)
}

fn report(what: &str, old: &str, outcome: Result<bool, StartError>) {
    match outcome {
        Ok(true) => info!("{what} reloaded"),
        // The options name no such file.
        Ok(false) => {}
        Err(error) => error!("{what} not reloaded, the old {old} in force: {error}"),
    }
}
