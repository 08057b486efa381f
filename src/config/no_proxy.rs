// SPDX-License-Identifier: GPL-2.0-or-later
//! `NO_PROXY`.

/// Hosts that are reached without a proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NoProxy {
    all: bool,
    entries: Vec<Entry>,
}

/// A host, or a domain with all hosts in it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    /// In lower case, without brackets, dots at its ends and a port.
    name: String,
    port: Option<u16>,
}

impl NoProxy {
    /// Reads a list with commas or white space between its entries.
    pub(super) fn new(list: &str) -> Self {
        let entries = list.split(|c: char| c == ',' || c.is_whitespace());
        let entries: Vec<_> = entries.filter(|entry| !entry.is_empty()).collect();
        Self {
            all: entries.contains(&"*"),
            entries: entries.into_iter().filter_map(Entry::new).collect(),
        }
    }

    /// Whether `host` is one of them.
    pub(super) fn has(&self, host: &str, port: u16) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let matches = |entry: &Entry| {
            entry.port.is_none_or(|only| only == port)
                && host
                    .strip_suffix(entry.name.as_str())
                    .is_some_and(|before| before.is_empty() || before.ends_with('.'))
        };
        self.all || self.entries.iter().any(matches)
    }
}

impl Entry {
    fn new(text: &str) -> Option<Self> {
        let (name, port) = match text.rsplit_once(':') {
            // More than one colon: an IPv6 address, with a port only behind brackets.
            Some((before, port)) if !before.contains(':') || before.ends_with(']') => {
                (before, Some(port.parse().ok()?))
            }
            _ => (text, None),
        };
        let name = name.trim_start_matches("*.").trim_matches(['[', ']', '.']);
        (!name.is_empty()).then(|| Self {
            name: name.to_ascii_lowercase(),
            port,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::NoProxy;

    #[test]
    fn an_entry_is_a_host_or_a_domain() {
        for (list, host, port, direct) in [
            ("example.com", "example.com", 443, true),
            ("example.com", "API.Example.com.", 443, true),
            ("example.com", "notexample.com", 443, false),
            ("example.com", "example.com.test", 443, false),
            (".example.com", "api.example.com", 443, true),
            ("*.example.com", "api.example.com", 443, true),
            ("a.test, b.test", "b.test", 443, true),
            ("a.test b.test", "b.test", 443, true),
            ("example.com:8443", "example.com", 8443, true),
            ("example.com:8443", "example.com", 443, false),
            ("192.0.2.1", "192.0.2.1", 443, true),
            ("2.1", "192.0.2.10", 443, false),
            ("2001:db8::1", "2001:db8::1", 443, true),
            ("[2001:db8::1]:8443", "2001:db8::1", 8443, true),
            ("[2001:db8::1]:8443", "2001:db8::1", 443, false),
            ("*", "numbers.online", 443, true),
            ("a.test,*", "numbers.online", 443, true),
            ("", "numbers.online", 443, false),
            (",, .", "numbers.online", 443, false),
            ("numbers.online:x", "numbers.online", 443, false),
        ] {
            let found = NoProxy::new(list).has(host, port);
            assert_eq!(found, direct, "{list:?} {host} {port}");
        }
    }
}
