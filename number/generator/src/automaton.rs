// SPDX-License-Identifier: GPL-2.0-or-later
//! The patterns of all countries as one minimal automaton: from a calling code and a national number to its line type.

use std::collections::HashMap;
use std::error::Error;

use regex_syntax::hir::{Hir, HirKind};
use rlibphonenumber::{PhoneMetadata, PhoneNumberDesc};

use crate::metadata::pattern;
use crate::program::{ALL_DIGITS, digit, digits, parse};
use crate::table::Shared;

/// The states; the first one is the end of all numbers that are not valid, the last one the start.
pub(crate) struct Automaton {
    states: Vec<State>,
    known: HashMap<State, u16>,
}

/// Line type of a number that ends here, and where each further digit leads.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct State {
    line_type: u8,
    next: [u16; 10],
}

impl Automaton {
    pub(crate) fn new(codes: &[Shared<'_>]) -> Result<Self, Box<dyn Error>> {
        let mut automaton = Self {
            states: Vec::new(),
            known: HashMap::new(),
        };
        automaton.state(State::DEAD)?;
        let mut roots = Vec::new();
        for shared in codes {
            let plan = Plan::new(shared)?;
            roots.push((shared.code.to_string(), plan.add_to(&mut automaton)?));
        }
        let start = automaton.trie(&roots, "")?;
        // Nothing leads to the start, so it was new.
        if usize::from(start) + 1 != automaton.states.len() {
            return Err("the start is not the last state".into());
        }
        Ok(automaton)
    }

    /// The table: for each state ten targets of two bytes, low one first, and its line type.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let bytes = |state: &State| {
            let mut bytes: Vec<u8> = state
                .next
                .iter()
                .flat_map(|next| next.to_le_bytes())
                .collect();
            bytes.push(state.line_type);
            bytes
        };
        self.states.iter().flat_map(bytes).collect()
    }

    /// The state that stands for all that behave like this one.
    fn state(&mut self, state: State) -> Result<u16, Box<dyn Error>> {
        if let Some(known) = self.known.get(&state) {
            return Ok(*known);
        }
        let number = u16::try_from(self.states.len())?;
        self.states.push(state);
        self.known.insert(state, number);
        Ok(number)
    }

    /// The digits of the calling codes that begin like this.
    fn trie(&mut self, roots: &[(String, u16)], start: &str) -> Result<u16, Box<dyn Error>> {
        if let Some((_, root)) = roots.iter().find(|(code, _)| code == start) {
            return Ok(*root);
        }
        if !roots.iter().any(|(code, _)| code.starts_with(start)) {
            return Ok(0);
        }
        let mut state = State::DEAD;
        for (digit, next) in ('0'..='9').zip(&mut state.next) {
            *next = self.trie(roots, &format!("{start}{digit}"))?;
        }
        self.state(state)
    }
}

impl State {
    const DEAD: Self = Self {
        line_type: 0,
        next: [0; 10],
    };
}

/// The countries behind one calling code, as a nondeterministic automaton.
struct Plan {
    nodes: Vec<Node>,
    starts: Vec<usize>,
    regions: Vec<Rules>,
    longest: usize,
}

enum Node {
    /// These digits lead to that node.
    Digits(u16, usize),
    Either(usize, usize),
    /// A pattern matches the digits so far.
    End(Pattern),
}

/// A pattern, by the place of its country and its meaning.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Pattern(usize, Kind);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    LeadingDigits,
    General,
    PremiumRate,
    TollFree,
    SharedCost,
    Voip,
    PersonalNumber,
    Pager,
    Uan,
    Voicemail,
    FixedLine,
    Mobile,
}

/// What decides beside the patterns.
struct Rules {
    has_leading_digits: bool,
    is_fixed_line_mobile: bool,
    /// Lengths of each kind; without them the general ones hold.
    lengths: Vec<(Kind, Vec<i32>)>,
}

impl Plan {
    #[allow(
        deprecated,
        reason = "the fields are only empty inside the library's own wrapper"
    )]
    fn new(shared: &Shared<'_>) -> Result<Self, Box<dyn Error>> {
        let mut plan = Self {
            nodes: Vec::new(),
            starts: Vec::new(),
            regions: Vec::new(),
            longest: 0,
        };
        for (place, (_, region)) in shared.regions.iter().enumerate() {
            let leading_digits = pattern(region.leading_digits());
            plan.regions.push(Rules {
                has_leading_digits: !leading_digits.is_empty(),
                is_fixed_line_mobile: region.same_mobile_and_fixed_line_pattern(),
                lengths: Vec::new(),
            });
            if !leading_digits.is_empty() {
                plan.add(leading_digits, Pattern(place, Kind::LeadingDigits))?;
            }
            for (kind, description) in descriptions(region) {
                let Some(description) = description else {
                    continue;
                };
                let lengths = &description.possible_length;
                if lengths.contains(&-1) || description.national_number_pattern().is_empty() {
                    continue;
                }
                plan.add(
                    pattern(description.national_number_pattern()),
                    Pattern(place, kind),
                )?;
                plan.regions[place].lengths.push((kind, lengths.clone()));
                let longest = lengths.iter().copied().max().unwrap_or(0);
                plan.longest = plan.longest.max(usize::try_from(longest)?);
            }
        }
        Ok(plan)
    }

    fn add(&mut self, pattern: &str, meaning: Pattern) -> Result<(), Box<dyn Error>> {
        let mut end = self.node(Node::End(meaning));
        if meaning.1 == Kind::LeadingDigits {
            // Matches whatever follows.
            let again = self.nodes.len() + 1;
            let any = self.node(Node::Digits(ALL_DIGITS, again));
            end = self.node(Node::Either(end, any));
        }
        let start = self.compile(&parse(pattern)?, end)?;
        self.starts.push(start);
        Ok(())
    }

    fn node(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// The node from which a pattern leads to `next`.
    fn compile(&mut self, pattern: &Hir, next: usize) -> Result<usize, Box<dyn Error>> {
        Ok(match pattern.kind() {
            HirKind::Empty => next,
            HirKind::Literal(literal) => {
                let mut next = next;
                for byte in literal.0.iter().rev() {
                    next = self.node(Node::Digits(1 << digit(*byte)?, next));
                }
                next
            }
            HirKind::Class(class) => self.node(Node::Digits(digits(class)?, next)),
            HirKind::Capture(capture) => self.compile(&capture.sub, next)?,
            HirKind::Concat(parts) => {
                let mut next = next;
                for part in parts.iter().rev() {
                    next = self.compile(part, next)?;
                }
                next
            }
            HirKind::Alternation(parts) => {
                let mut starts = Vec::new();
                for part in parts {
                    starts.push(self.compile(part, next)?);
                }
                let join = |one, other| self.node(Node::Either(one, other));
                starts
                    .into_iter()
                    .reduce(join)
                    .ok_or("an empty alternation")?
            }
            HirKind::Repetition(repetition) => {
                let most = repetition.max.ok_or("a pattern without an end")?;
                let mut start = next;
                for _ in repetition.min..most {
                    let once = self.compile(&repetition.sub, start)?;
                    start = self.node(Node::Either(once, next));
                }
                for _ in 0..repetition.min {
                    start = self.compile(&repetition.sub, start)?;
                }
                start
            }
            HirKind::Look(look) => return Err(format!("{look:?} in a pattern").into()),
        })
    }

    /// Adds the states of this plan, and returns the one where a national number starts.
    fn add_to(&self, automaton: &mut Automaton) -> Result<u16, Box<dyn Error>> {
        let mut known = HashMap::new();
        self.determine(self.closure(&self.starts), 0, automaton, &mut known)
    }

    fn determine(
        &self,
        nodes: Vec<usize>,
        length: usize,
        automaton: &mut Automaton,
        known: &mut HashMap<(Vec<usize>, usize), u16>,
    ) -> Result<u16, Box<dyn Error>> {
        if nodes.is_empty() || length > self.longest {
            return Ok(0);
        }
        let key = (nodes, length);
        if let Some(state) = known.get(&key) {
            return Ok(*state);
        }
        let nodes = &key.0;
        let mut state = State {
            line_type: self.line_type(nodes, length),
            next: [0; 10],
        };
        for (digit, next) in state.next.iter_mut().enumerate() {
            let targets: Vec<_> = nodes
                .iter()
                .filter_map(|node| match self.nodes[*node] {
                    Node::Digits(set, target) if set >> digit & 1 == 1 => Some(target),
                    _ => None,
                })
                .collect();
            *next = self.determine(self.closure(&targets), length + 1, automaton, known)?;
        }
        let state = automaton.state(state)?;
        known.insert(key, state);
        Ok(state)
    }

    /// All nodes that are reached without a digit, sorted.
    fn closure(&self, starts: &[usize]) -> Vec<usize> {
        let mut reached = Vec::new();
        let mut open = starts.to_vec();
        let mut seen = vec![false; self.nodes.len()];
        while let Some(node) = open.pop() {
            if std::mem::replace(&mut seen[node], true) {
                continue;
            }
            match self.nodes[node] {
                Node::Either(one, other) => open.extend([one, other]),
                _ => reached.push(node),
            }
        }
        reached.sort_unstable();
        reached
    }

    /// The line type of a number: that of the first country whose leading digits it has, or else whose patterns match.
    fn line_type(&self, nodes: &[usize], length: usize) -> u8 {
        let matches = |place: usize, kind: Kind| {
            let is_end = |node: &usize| matches!(self.nodes[*node], Node::End(Pattern(p, k)) if p == place && k == kind);
            nodes.iter().any(is_end)
        };
        for (place, rules) in self.regions.iter().enumerate() {
            let is_a = |kind| matches(place, kind) && rules.has_length(kind, length);
            let line_type = rules.line_type(is_a);
            if self.regions.len() == 1 || rules.has_leading_digits {
                if self.regions.len() == 1 || matches(place, Kind::LeadingDigits) {
                    return line_type;
                }
            } else if line_type != 0 {
                return line_type;
            }
        }
        0
    }
}

impl Rules {
    fn has_length(&self, kind: Kind, length: usize) -> bool {
        let lengths = self.lengths.iter().find(|(known, _)| *known == kind);
        lengths.is_none_or(|(_, lengths)| {
            lengths.is_empty()
                || lengths
                    .iter()
                    .any(|known| usize::try_from(*known) == Ok(length))
        })
    }

    /// The numbers of `LineType` in `number/src/plausibility.rs`; 0 for a number that is not valid.
    fn line_type(&self, is_a: impl Fn(Kind) -> bool) -> u8 {
        if !is_a(Kind::General) {
            return 0;
        }
        let special = [
            (Kind::PremiumRate, 5),
            (Kind::TollFree, 4),
            (Kind::SharedCost, 6),
            (Kind::Voip, 7),
            (Kind::PersonalNumber, 8),
            (Kind::Pager, 9),
            (Kind::Uan, 10),
            (Kind::Voicemail, 11),
        ];
        if let Some((_, line_type)) = special.into_iter().find(|(kind, _)| is_a(*kind)) {
            return line_type;
        }
        match (is_a(Kind::FixedLine), is_a(Kind::Mobile)) {
            (true, mobile) if mobile || self.is_fixed_line_mobile => 3,
            (true, _) => 1,
            (false, true) if !self.is_fixed_line_mobile => 2,
            (false, _) => 0,
        }
    }
}

#[allow(
    deprecated,
    reason = "the fields are only empty inside the library's own wrapper"
)]
fn descriptions(region: &PhoneMetadata) -> [(Kind, Option<&PhoneNumberDesc>); 11] {
    [
        (Kind::General, region.general_desc.as_ref()),
        (Kind::PremiumRate, region.premium_rate.as_ref()),
        (Kind::TollFree, region.toll_free.as_ref()),
        (Kind::SharedCost, region.shared_cost.as_ref()),
        (Kind::Voip, region.voip.as_ref()),
        (Kind::PersonalNumber, region.personal_number.as_ref()),
        (Kind::Pager, region.pager.as_ref()),
        (Kind::Uan, region.uan.as_ref()),
        (Kind::Voicemail, region.voicemail.as_ref()),
        (Kind::FixedLine, region.fixed_line.as_ref()),
        (Kind::Mobile, region.mobile.as_ref()),
    ]
}
