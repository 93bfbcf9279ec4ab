//! Which texts there have to be, under which keys and with which values.

use std::{collections::BTreeMap, fmt};

use fluent_syntax::ast::{Expression, InlineExpression, Pattern, PatternElement};
use minwon_petitions::message_forms;

use crate::notices;

/// The texts that values are written with, beside those of the domain's messages.
const OWN: &[(&str, &[&str])] = &[
    ("date", &["year", "month", "day"]),
    ("instant", &["date", "time"]),
    ("period-immediate", &[]),
    ("period-working-hours", &["count"]),
    ("period-days", &["count"]),
    ("period-weeks", &["count"]),
    ("period-months", &["count"]),
    ("period-years", &["count"]),
    ("won", &["amount"]),
    ("working-time", &["hours", "minutes"]),
    ("command-error-overloaded", &[]),
    ("command-error-ending", &[]),
    ("command-error-id", &[]),
    ("command-error-failed", &[]),
    ("filing-error-not-issued", &["cause"]),
    ("filing-error-no-document", &["petition"]),
    ("filing-error-withdrawn", &["petition"]),
    ("filing-error-stuck", &[]),
    ("filing-error-failed", &[]),
    ("verification-error-too-often", &["until"]),
    ("verification-error-unknown", &[]),
    ("verification-error-failed", &[]),
    ("holiday-temporary-for", &["holiday"]),
    ("holiday-substitute", &["holiday"]),
    ("holiday-computed", &["holiday"]),
    ("holiday-joined", &["first", "second"]),
    ("reason-the-petition-was-withdrawn", &[]),
    ("reason-the-petition-was-returned", &[]),
    ("reason-the-petition-was-refused", &[]),
    ("reason-the-petition-was-merged-into-another", &[]),
    ("reason-the-petition-was-closed-as-repeated", &[]),
    ("reason-the-petition-was-closed-as-exempt", &[]),
    ("reason-the-register-does-not-answer-for-now", &[]),
    (
        "reason-the-register-did-not-give-what-the-document-is-made-of",
        &[],
    ),
    ("reason-the-issuance-was-given-up", &[]),
    ("reason-an-operator-gave-the-issuance-up", &[]),
];

/// The holidays that a calendar names.
const HOLIDAYS: &[&str] = &[
    "NewYear",
    "SeollalEve",
    "Seollal",
    "SeollalNext",
    "IndependenceMovementDay",
    "LabourDay",
    "BuddhasBirthday",
    "ChildrensDay",
    "MemorialDay",
    "ConstitutionDay",
    "LiberationDay",
    "ChuseokEve",
    "Chuseok",
    "ChuseokNext",
    "NationalFoundationDay",
    "HangulDay",
    "Christmas",
    "ArmedForcesDay",
    "PresidentialElection",
    "NationalAssemblyElection",
    "LocalElections",
    "Temporary",
];

/// The names of the values of each text, by key.
pub(crate) fn all() -> BTreeMap<String, Vec<&'static str>> {
    let own = OWN
        .iter()
        .map(|(key, values)| ((*key).to_owned(), values.to_vec()));
    let holidays = HOLIDAYS
        .iter()
        .map(|name| (key("holiday", name), Vec::new()));
    let forms = message_forms().into_iter();
    let forms = forms.map(|form| (key(form.of, form.name), form.values.to_vec()));
    let parts = notices::PARTS.map(|part| (part.to_owned(), notices::common()));
    own.chain(holidays)
        .chain(forms)
        .chain(parts)
        .chain(notices::forms())
        .collect()
}

/// The key of a text: both names in lower case, with a hyphen where a word ends.
pub(crate) fn key(of: &str, name: &str) -> String {
    let mut key = String::with_capacity(of.len() + name.len() + 8);
    for part in [of, name] {
        // None between words.
        let mut before = None;
        for char in part.chars() {
            let digit = circled(char);
            let char = digit.unwrap_or(char);
            if !char.is_ascii_alphanumeric() {
                before = None;
                continue;
            }
            let is_capital_after =
                |before: char| char.is_ascii_uppercase() && !before.is_ascii_uppercase();
            if !key.is_empty() && (digit.is_some() || before.is_none_or(is_capital_after)) {
                key.push('-');
            }
            key.push(char.to_ascii_lowercase());
            before = Some(char);
        }
    }
    key
}

/// The digit of a paragraph's number, as ⑤.
fn circled(char: char) -> Option<char> {
    let number = u32::from(char).checked_sub(u32::from('①'))?;
    char::from_digit(number + 1, 10)
}

/// What a text speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name<'s> {
    /// `{ $name }`, a value.
    Value(&'s str),
    /// `{ name }`, another text.
    Text(&'s str),
    /// `{ -name }`, a term.
    Term(&'s str),
    /// `{ NAME() }`, a function, or an attribute of a text or a term. There is none.
    Other(&'s str),
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(name) => write!(f, "${name}"),
            Self::Term(name) => write!(f, "-{name}"),
            Self::Text(name) | Self::Other(name) => f.write_str(name),
        }
    }
}

/// What a text speaks of, each once.
pub(crate) fn names<'s>(pattern: &Pattern<&'s str>) -> Vec<Name<'s>> {
    let mut names = Vec::new();
    in_pattern(pattern, &mut names);
    names.sort_unstable();
    names.dedup();
    names
}

fn in_pattern<'s>(pattern: &Pattern<&'s str>, names: &mut Vec<Name<'s>>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            in_expression(expression, names);
        }
    }
}

fn in_expression<'s>(expression: &Expression<&'s str>, names: &mut Vec<Name<'s>>) {
    match expression {
        Expression::Inline(inline) => in_inline(inline, names),
        Expression::Select { selector, variants } => {
            in_inline(selector, names);
            for variant in variants {
                in_pattern(&variant.value, names);
            }
        }
    }
}

fn in_inline<'s>(inline: &InlineExpression<&'s str>, names: &mut Vec<Name<'s>>) {
    names.push(match inline {
        InlineExpression::Placeable { expression } => return in_expression(expression, names),
        InlineExpression::VariableReference { id } => Name::Value(id.name),
        InlineExpression::MessageReference {
            id,
            attribute: None,
        } => Name::Text(id.name),
        InlineExpression::TermReference {
            id,
            attribute: None,
            arguments: None,
        } => Name::Term(id.name),
        InlineExpression::FunctionReference { id, .. }
        | InlineExpression::MessageReference { id, .. }
        | InlineExpression::TermReference { id, .. } => Name::Other(id.name),
        InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => return,
    });
}
