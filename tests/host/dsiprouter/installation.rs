// SPDX-License-Identifier: GPL-2.0-or-later
//! A dSIPRouter in a directory: the template, the running files, and what the installer looks for on a machine.
use std::{
    cell::Cell,
    fs,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::Command,
};

use tempfile::TempDir;
use testbed::{
    Api, Build, Host, Kamailio, Port, Result, Setup,
    sip::{Client, Request},
};

use super::{
    database::{self, CALLED},
    kamailio,
    pbx::Pbx,
    shipped, source,
};
use crate::{bench::Bench, callers, expect::same};

/// Where calls of the carrier come from.
pub(super) const CARRIER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 20);
/// Where the PBX is.
pub(super) const PBX: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 30);

/// The key of a tenant.
pub(super) const TENANT_KEY: &str = "nol_test_tenant_a_51c7";
/// Switches the screening on at the start.
pub(super) const ON: &str = "#!redefine NUMBERSONLINE_START_ENABLED 1\n";

/// The machine. `opt` is dSIPRouter's checkout, `etc/dsiprouter/kamailio` has the files that run.
pub(super) struct Installation {
    root: TempDir,
    address: SocketAddr,
    /// Until Kamailio has it.
    port: Cell<Option<Port>>,
    pbx: Pbx,
    kamailio: Kamailio,
    /// The directory with the module.
    module: PathBuf,
}

impl Installation {
    /// dSIPRouter as its own installer leaves it, but for what cannot run here. The module is where Kamailio looks for modules.
    pub(super) fn new(bench: &Bench) -> Result<Self> {
        let port = Port::reserve(Ipv4Addr::LOCALHOST.into())?;
        let module = bench.server.module(Build::Release).ok_or("no module")?;
        let machine = Self {
            root: tempfile::Builder::new().prefix("nol-dsip-").tempdir()?,
            address: port.address(),
            port: Cell::new(Some(port)),
            pbx: Pbx::start(PBX)?,
            kamailio: kamailio(bench)?.clone(),
            module: module.parent().ok_or("no directory")?.to_owned(),
        };
        for directory in [
            "opt/kamailio",
            "opt/gui/util",
            "etc/dsiprouter/kamailio",
            "etc/kamailio",
            "backups",
            "bin",
            "run",
        ] {
            fs::create_dir_all(machine.path(directory))?;
        }
        let source = source().ok_or("no dSIPRouter")?;
        for part in ["kamailio/configs", "dsiprouter", "gui/util/security.py"] {
            let to = machine.path("opt").join(part);
            let copied = Command::new("cp")
                .arg("-r")
                .args([&source.join(part), &to])
                .status()?;
            if !copied.success() {
                return Err(format!("cannot copy {part}").into());
            }
        }
        machine.programs()?;
        machine.generate()?;
        database::make(
            &machine.database(),
            &machine.kamailio,
            &machine.running("kamailio.cfg")?,
            &CARRIER.to_string(),
            &machine.pbx.address().to_string(),
        )?;
        Ok(machine)
    }

    /// A file or directory of the machine.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// One of the files that run.
    pub(super) fn running(&self, name: &str) -> Result<String> {
        Ok(fs::read_to_string(
            self.path("etc/dsiprouter/kamailio").join(name),
        )?)
    }

    /// One of the templates.
    pub(super) fn template(&self, name: &str) -> Result<String> {
        Ok(fs::read_to_string(
            self.path("opt/kamailio/configs").join(name),
        )?)
    }

    /// The database.
    pub(super) fn database(&self) -> PathBuf {
        self.path("run/db")
    }

    /// Who answers the calls.
    pub(super) fn pbx(&self) -> &Pbx {
        &self.pbx
    }

    /// What `dsiprouter configurekam` does: the running files are made of the templates, and set up for this machine by dSIPRouter's own
    /// functions. Then what cannot run here is taken out of them.
    pub(super) fn generate(&self) -> Result<()> {
        let file = self.path("etc/dsiprouter/kamailio/kamailio.cfg");
        let modules = self.kamailio.modules.display();
        let script = GENERATE
            .replace("@PORT@", &self.address.port().to_string())
            .replace("@DB@", &format!("sqlite:///{}", self.database().display()))
            .replace("@MPATH@", &format!("{modules}/:{}/", self.module.display()))
            .replace("@FILE@", &file.display().to_string())
            .replace("@LINKS@", &self.path("etc/kamailio").display().to_string());
        self.bash(&["-c", &script])?;
        let run = self.path("run").display().to_string();
        let text = fs::read_to_string(&file)?;
        let kept = text
            .lines()
            .filter(|line| !line.contains("\"uac\", \"reload_delta\""));
        let text: String = kept.flat_map(|line| [line, "\n"]).collect();
        let text = text
            .replace("db_mysql.so", "db_sqlite.so")
            // A word of SQL in SQLite.
            .replace(
                "cols='gwgroupid,limit,timeout'",
                "cols='gwgroupid,calls,timeout'",
            )
            .replace("/var/run/kamailio", &run)
            .replace("log_stderror = false", "log_stderror = true");
        Ok(fs::write(file, text)?)
    }

    /// Runs the project's installer, and returns its words.
    pub(super) fn install(&self, arguments: &[&str]) -> Result<String> {
        let installer = shipped("install.sh").display().to_string();
        self.bash(&[&[installer.as_str()], arguments].concat())
    }

    /// Changes one of those settings.
    pub(super) fn change(&self, from: &str, to: &str) -> Result<()> {
        let file = self.path("etc/dsiprouter/kamailio/numbersonline_local.cfg");
        let text = fs::read_to_string(&file)?;
        same("places", text.matches(from).count(), 1)?;
        Ok(fs::write(&file, text.replace(from, to))?)
    }

    /// Settings of the operator's own, after those that the installer wrote.
    pub(super) fn set(&self, lines: &str) -> Result<()> {
        let file = self.path("etc/dsiprouter/kamailio/numbersonline_local.cfg");
        let text = fs::read_to_string(&file)?;
        Ok(fs::write(file, text + lines)?)
    }

    /// Runs bash with dSIPRouter's variables. Returns what it wrote, as an error if it fails.
    pub(super) fn bash(&self, arguments: &[&str]) -> Result<String> {
        let path = format!(
            "{}:{}",
            self.path("bin").display(),
            std::env::var("PATH").unwrap_or_default()
        );
        let mut bash = Command::new("bash");
        bash.args(arguments).env("PATH", path);
        for (name, value) in [
            ("DSIP_PROJECT_DIR", "opt"),
            ("DSIP_SYSTEM_CONFIG_DIR", "etc/dsiprouter"),
            ("SYSTEM_KAMAILIO_CONFIG_DIR", "etc/kamailio"),
            ("BACKUPS_DIR", "backups"),
            ("KAMAILIO_ENV_DIR", "etc/default/kamailio.d"),
            ("KAMAILIO_UNIT_DIR", "etc/systemd/system/kamailio.service.d"),
        ] {
            bash.env(name, self.path(value));
        }
        let output = bash.output()?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        if output.status.success() {
            return Ok(said);
        }
        Err(said.into())
    }

    /// Starts Kamailio with the running files.
    pub(super) fn start(&self, bench: &Bench) -> Result<Host> {
        let mut setup = Setup::new(&bench.name, bench.suite.logs());
        setup = setup
            .env("NUMBERS_ONLINE_API_KEY", callers::KEY)
            .env("TENANT_A_KEY", TENANT_KEY);
        self.kamailio.run(
            &setup,
            self.port.take().ok_or("it was started before")?,
            &self.path("etc/kamailio/kamailio.cfg"),
            &self.path("run/kamailio_ctl"),
        )
    }

    /// A client at an address.
    pub(super) fn client(&self, from: Ipv4Addr) -> Result<Client> {
        Client::from_address(from, self.address)
    }

    /// An INVITE from a number to the one that the PBX has.
    pub(super) fn invite(&self, number: &str) -> Request {
        Request::invite(&callers::sip(number)).uri(&format!("sip:{CALLED}@{}", self.address))
    }

    /// Programs that the installer calls: the Kamailio under test, and a systemd that hears everything.
    fn programs(&self) -> Result<()> {
        let kamailio = self.kamailio.program.join(" ");
        for (name, text) in [
            ("kamailio", format!("exec {kamailio} \"$@\"")),
            ("systemctl", "exit 0".to_owned()),
        ] {
            let file = self.path("bin").join(name);
            fs::write(&file, format!("#!/bin/sh\n{text}\n"))?;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755))?;
        }
        Ok(())
    }
}

/// The lines that let the module ask `api` and wait for it long enough.
pub(super) fn asks(api: &Api, timeout: i64) -> String {
    format!(
        "modparam(\"numbers_online\", \"api_url\", \"{}\")\n\
         modparam(\"numbers_online\", \"timeout\", {timeout})\n",
        api.url()
    )
}

const GENERATE: &str = r#"
set -e
. "$DSIP_PROJECT_DIR/dsiprouter/dsip_lib.sh"
F="@FILE@"
cp -f "$DSIP_PROJECT_DIR"/kamailio/configs/*.cfg "$(dirname "$F")/"
ln -sft "@LINKS@/" "$(dirname "$F")"/*
for name in WITH_TLS WITH_SCTP WITH_WEBSOCKETS WITH_MSTEAMS WITH_STIRSHAKEN WITH_RTPENGINE WITH_ANTIFLOOD; do
    disableKamailioConfigAttrib $name "$F"
done
for name in INTERNAL_IP_ADDR EXTERNAL_IP_ADDR UAC_REG_ADDR; do
    setKamailioConfigSubst $name 127.0.0.1 "$F"
done
setKamailioConfigSubst INTERNAL_FQDN inside.example "$F"
setKamailioConfigSubst EXTERNAL_FQDN outside.example "$F"
setKamailioConfigSubst SIP_PORT @PORT@ "$F"
setKamailioConfigDburl DBURL "@DB@" "$F"
setKamailioConfigDburl SQLCONN_KAM "kam=>@DB@" "$F"
setKamailioConfigDburl SQLCONN_AST "asterisk=>@DB@" "$F"
setKamailioConfigGlobal mpath "@MPATH@" "$F"
"#;
