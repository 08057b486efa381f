// SPDX-License-Identifier: GPL-2.0-or-later
//! dSIPRouter's database in `SQLite`: the tables of its Kamailio, and one carrier and one PBX.
use std::{
    fmt::Write as _,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use testbed::{Kamailio, Result};

use crate::calls::SOON;

/// The number of the carrier's group.
pub(super) const CARRIER_GROUP: &str = "51";
/// The number of the PBX's group.
pub(super) const PBX_GROUP: &str = "61";
/// The called number that the PBX has; it is of the range for fiction.
pub(super) const CALLED: &str = "12125550142";

/// Kamailio's own definitions of tables, beside a program in its source tree or an installed one.
pub(super) fn schemas(kamailio: &Kamailio) -> Option<PathBuf> {
    let places = ["utils/kamctl/db_sqlite", "share/kamailio/db_sqlite"];
    let mut above = kamailio.modules.ancestors();
    above.find_map(|above| {
        let found = places.map(|place| above.join(place));
        found
            .into_iter()
            .find(|place| place.join("standard-create.sql").exists())
    })
}

/// Makes the database. `template` names the hash tables that are loaded from it.
pub(super) fn make(
    file: &Path,
    kamailio: &Kamailio,
    template: &str,
    carrier: &str,
    pbx: &str,
) -> Result<()> {
    let schemas = schemas(kamailio).ok_or("no schemas")?;
    // Otherwise a trial that reads at the wrong moment would make Kamailio lose its row.
    let mut sql = "PRAGMA journal_mode=WAL;\n".to_owned();
    for name in [
        "standard",
        "permissions",
        "drouting",
        "acc",
        "domain",
        "auth_db",
        "uac",
        "dispatcher",
        "usrloc",
        "dialog",
    ] {
        let text = fs::read_to_string(schemas.join(format!("{name}-create.sql")))?;
        // Without a To tag acc gives an empty text to MySQL, which SQLite takes for no value.
        sql.push_str(&text.replace(
            "to_tag VARCHAR(128) DEFAULT '' NOT NULL",
            "to_tag VARCHAR(128)",
        ));
    }
    // Columns that dSIPRouter adds.
    for (table, columns) in [
        ("subscriber", "rpid"),
        (
            "acc",
            "src_user src_domain src_ip dst_ouser dst_user dst_domain calltype src_gwgroupid dst_gwgroupid",
        ),
    ] {
        for column in columns.split(' ') {
            writeln!(sql, "ALTER TABLE {table} ADD COLUMN {column};")?;
        }
    }
    for (table, columns) in hash_tables(template) {
        writeln!(
            sql,
            "CREATE TABLE {table} ({columns}, key_type INTEGER DEFAULT 0, value_type INTEGER DEFAULT 0, expires INTEGER DEFAULT 0);"
        )?;
    }
    let (host, _) = pbx.split_once(':').ok_or("a PBX without a port")?;
    writeln!(
        sql,
        "INSERT INTO address (grp, ip_addr, mask, port, tag) VALUES (8, '{carrier}', 32, 0, ''), (9, '{host}', 32, 0, '');\n\
         INSERT INTO dr_gateways (gwid, type, address, attrs) VALUES (1, 8, '{carrier}', '1,8,,proxy,proxy'), \
         (2, 9, '{pbx}', '2,9,,proxy,proxy');\n\
         INSERT INTO dr_rules (ruleid, groupid, prefix, timerec, routeid, gwlist) VALUES (1, '9000', '{CALLED}', '', '', '2');\n\
         INSERT INTO dsip_gw2gwgroup (gwid, gwgroupid) VALUES ('1', '{CARRIER_GROUP}'), ('2', '{PBX_GROUP}');"
    )?;
    query(file, &sql).map(drop)
}

/// Rows of the table acc of one call, once there are any: code, source group, destination group and type of the call. Kamailio
/// writes them after it has sent the reply.
pub(super) fn accounted(file: &Path, call_id: &str) -> Result<Vec<String>> {
    let sql = format!(
        "SELECT sip_code, src_gwgroupid, dst_gwgroupid, calltype FROM acc WHERE callid = '{call_id}';"
    );
    let end = Instant::now() + SOON;
    loop {
        let rows = query(file, &sql)?;
        if !rows.is_empty() || Instant::now() > end {
            return Ok(rows.lines().map(str::to_owned).collect());
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn query(file: &Path, sql: &str) -> Result<String> {
    let mut sqlite = Command::new("sqlite3")
        .args(["-bail", "-cmd", ".timeout 5000"])
        .arg(file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut input = sqlite.stdin.take().ok_or("no input")?;
    input.write_all(sql.as_bytes())?;
    drop(input);
    let output = sqlite.wait_with_output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("sqlite3: {}", String::from_utf8_lossy(&output.stderr)).into())
}

/// Each `dbtable=NAME;cols='COLUMNS'` of the template.
fn hash_tables(template: &str) -> impl Iterator<Item = (&str, &str)> {
    template.lines().filter_map(|line| {
        let (_, rest) = line.trim().split_once("dbtable=")?;
        let (table, rest) = rest.split_once(";cols='")?;
        let (columns, _) = rest.split_once('\'')?;
        Some((table, columns))
    })
}
