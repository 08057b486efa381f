// SPDX-License-Identifier: GPL-2.0-or-later
//! The script of a server under test. Most of it is the same for Kamailio and `OpenSIPS`. A [`Dialect`] has the differences.
use std::{fmt::Write, path::Path};

use crate::{Build, Form, Result, Setup, Value, interface};

/// Where one server's script differs from another's.
pub(crate) struct Dialect {
    /// Begins the main route.
    pub(crate) main: &'static str,
    /// Replies to OPTIONS.
    pub(crate) pong: &'static str,
    /// Calls the module's function, with the profile as a string of the script, and continues in a route.
    pub(crate) decide: fn(Form, Option<&str>, &str) -> String,
    /// The return code of the function, in that route.
    pub(crate) returned: fn(Form) -> &'static str,
    /// Sends the reply of `nol_code` and `nol_phrase`.
    pub(crate) reply: fn(Form) -> &'static str,
    /// Begins the route of a change of state.
    pub(crate) on_state: &'static str,
    /// The state, in that route.
    pub(crate) state: &'static str,
}

/// The lines that load modules: the server's `own`, those of a trial before the module, the module, and those of a trial after it.
pub(crate) fn loaded<'a>(
    setup: &'a Setup,
    own: impl IntoIterator<Item = &'a str>,
    module: Option<&Path>,
) -> String {
    let before = setup.modules.iter().map(String::as_str);
    let after = setup.later.iter().map(String::as_str);
    let mut text = String::new();
    let mut load = |file: &str| text.extend(["loadmodule \"", file, "\"\n"]);
    for name in own.into_iter().chain(before) {
        load(&format!("{name}.so"));
    }
    if let Some(module) = module {
        load(&module.display().to_string());
    }
    for name in after {
        load(&format!("{name}.so"));
    }
    text
}

/// Everything after the loading of modules.
pub(crate) fn text(
    setup: &Setup,
    own: &[(&str, &str, Value)],
    dialect: &Dialect,
) -> Result<String> {
    let mut text = String::new();
    for (module, name, value) in own {
        modparam(&mut text, module, name, value)?;
    }
    for (module, name, value) in &setup.foreign {
        modparam(&mut text, module, name, value)?;
    }
    // Profiles come first: what is given later applies to them all the same.
    for profile in &setup.profiles {
        let profile = Value::Text(profile.clone());
        modparam(&mut text, "numbers_online", "profile", &profile)?;
    }
    for (name, value) in &setup.params {
        modparam(&mut text, "numbers_online", name, value)?;
    }
    match &setup.routes {
        Some(routes) => text.push_str(routes),
        None => routes(&mut text, setup, dialect)?,
    }
    Ok(text)
}

fn modparam(text: &mut String, module: &str, name: &str, value: &Value) -> Result<()> {
    writeln!(
        text,
        "modparam(\"{module}\", \"{name}\", {})",
        literal(value)
    )?;
    Ok(())
}

/// A value as a script writes it.
fn literal(value: &Value) -> String {
    let text = match value {
        Value::Number(number) => return number.to_string(),
        Value::Text(text) => text,
    };
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Answers every request with the AVPs in headers, so that a test sees everything through SIP.
///
/// The `X-Test` header of a request asks for more: `twice` calls the function a second time, `stale` fills the AVPs with other values
/// before, `undecided` does not call it, and `transaction` makes a transaction first.
fn routes(text: &mut String, setup: &Setup, dialect: &Dialect) -> Result<()> {
    let avps = interface::avps()?;
    let profile = setup
        .profile
        .clone()
        .map(|name| literal(&Value::Text(name)));
    let (form, decide): (_, &dyn Fn(&str) -> String) = match setup.build {
        Build::StandIn => (Form::Sync, &|route| {
            format!("route(STAND_IN); route({route});")
        }),
        _ => (setup.form, &|route| {
            (dialect.decide)(setup.form, profile.as_deref(), route)
        }),
    };
    let Dialect { main, pong, .. } = dialect;
    writeln!(
        text,
        "{main} {{\n\
         \tif (is_method(\"OPTIONS\") && $rU == \"ping\") {{ {pong} exit; }}\n\
         \tif ($hdr(X-Test) == \"stale\") {{",
    )?;
    for avp in &avps {
        writeln!(text, "\t\t$avp(nol_{avp}) = \"stale\";")?;
    }
    let absorb = match form {
        // There is no transaction that a retransmission or an ACK could belong to.
        Form::Sync => "",
        // For an ACK of a transaction Kamailio ends the script by itself; OpenSIPS does not.
        Form::Async => "\tif (t_check_trans() && is_method(\"ACK\")) { exit; }\n",
    };
    // A variable would not last until a route is resumed; an AVP does.
    write!(
        text,
        "\t}}\n\
         {absorb}\
         \tif ($hdr(X-Test) == \"undecided\") {{ route(ANSWER); exit; }}\n\
         \tif ($hdr(X-Test) == \"transaction\") {{ t_newtran(); }}\n\
         \t{prelude}\n\
         \t{once}\n\
         }}\n\
         route[ONCE] {{\n\
         \t$var(ret) = {returned};\n\
         \tif ($hdr(X-Test) == \"twice\") {{\n\
         \t\t$avp(first_ret) = $var(ret);\n\
         \t\t$avp(first_decision) = $avp(nol_decision);\n\
         \t\t$avp(first_receipt) = $avp(nol_receipt);\n\
         \t\t{twice}\n\
         \t\texit;\n\
         \t}}\n\
         \troute(ANSWER);\n\
         }}\n\
         route[TWICE] {{\n\
         \t$var(ret) = {returned};\n\
         \tappend_to_reply(\"X-NOL-first: $avp(first_ret) $avp(first_decision) $avp(first_receipt)\\r\\n\");\n\
         \troute(ANSWER);\n\
         }}\n\
         route[ANSWER] {{\n\
         \tif (is_method(\"ACK\")) {{\n\
         \t\txlog(\"L_NOTICE\", \"ACK $ci: ret=$var(ret) source=$avp(nol_source) failure=$avp(nol_failure)\\n\");\n\
         \t\texit;\n\
         \t}}\n\
         \tappend_to_reply(\"X-NOL-ret: $var(ret)\\r\\n\");\n\
         \tappend_to_reply(\"X-NOL-codes: $(avp(nol_code)[*])\\r\\n\");\n",
        prelude = setup.prelude,
        once = decide("ONCE"),
        twice = decide("TWICE"),
        returned = (dialect.returned)(form),
    )?;
    for avp in &avps {
        writeln!(
            text,
            "\tappend_to_reply(\"X-NOL-{avp}: $avp(nol_{avp})\\r\\n\");"
        )?;
    }
    if setup.replies {
        writeln!(
            text,
            "\tnumbers_online_reply();\n\
             \t$var(sent) = $rc;\n\
             \tif ($var(sent) < 0) {{\n\
             \t\tappend_to_reply(\"X-NOL-sent: $var(sent)\\r\\n\");\n\
             \t\t{pong}\n\
             \t}}\n\
             }}"
        )?;
    } else {
        writeln!(text, "\t{}\n}}", (dialect.reply)(form))?;
    }
    if setup.build == Build::StandIn {
        stand_in(text, setup)?;
    }
    if setup.hears_state {
        let Dialect {
            on_state, state, ..
        } = dialect;
        writeln!(
            text,
            "{on_state} {{\n\txlog(\"L_NOTICE\", \"state is {state}, call is $avp(nol_rc)\\n\");\n}}"
        )?;
    }
    Ok(())
}

/// The route that decides if the module is not loaded.
fn stand_in(text: &mut String, setup: &Setup) -> Result<()> {
    writeln!(text, "route[STAND_IN] {{")?;
    for (name, value) in &setup.stand_in {
        writeln!(text, "\t$avp(nol_{name}) = {};", literal(value))?;
    }
    let returned = setup.stand_in.iter().find(|(name, _)| name == "rc");
    let returned = returned.map_or("1".to_owned(), |(_, value)| literal(value));
    writeln!(text, "\treturn({returned});\n}}")?;
    Ok(())
}
