//! Which texts there have to be, under which keys and with which values.

use std::collections::BTreeMap;

use fluent_syntax::ast::{CallArguments, Expression, InlineExpression, Pattern, PatternElement};
use minwon_petitions::message_forms;

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
    ("holiday-temporary-for", &["holiday"]),
    ("holiday-substitute", &["holiday"]),
    ("holiday-computed", &["holiday"]),
    ("holiday-joined", &["first", "second"]),
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
pub(crate) fn all() -> BTreeMap<String, &'static [&'static str]> {
    let own = OWN.iter().map(|(key, values)| ((*key).to_owned(), *values));
    let none: &'static [&'static str] = &[];
    let holidays = HOLIDAYS.iter().map(|name| (key("holiday", name), none));
    let forms = message_forms().into_iter();
    let forms = forms.map(|form| (key(form.of, form.name), form.values));
    own.chain(holidays).chain(forms).collect()
}

/// The key of a text: both names in lower case, with a hyphen where a word ends.
pub(crate) fn key(of: &str, name: &str) -> String {
    let mut key = String::with_capacity(of.len() + name.len() + 8);
    for part in [of, name] {
        let mut is_in_word = false;
        for char in part.chars() {
            let digit = circled(char);
            let char = digit.unwrap_or(char);
            let ends_word = char.is_ascii_uppercase() || digit.is_some();
            if !char.is_ascii_alphanumeric() {
                is_in_word = false;
                continue;
            }
            if !key.is_empty() && (!is_in_word || ends_word) {
                key.push('-');
            }
            key.push(char.to_ascii_lowercase());
            is_in_word = true;
        }
    }
    key
}

/// The digit of a paragraph's number, as ⑤.
fn circled(char: char) -> Option<char> {
    let number = u32::from(char).checked_sub(u32::from('①'))?;
    char::from_digit(number + 1, 10)
}

/// The names of the values that a text speaks of.
pub(crate) fn variables<'s>(pattern: &Pattern<&'s str>) -> Vec<&'s str> {
    let mut names = Vec::new();
    in_pattern(pattern, &mut names);
    names.sort_unstable();
    names.dedup();
    names
}

fn in_pattern<'s>(pattern: &Pattern<&'s str>, names: &mut Vec<&'s str>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            in_expression(expression, names);
        }
    }
}

fn in_expression<'s>(expression: &Expression<&'s str>, names: &mut Vec<&'s str>) {
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

fn in_inline<'s>(inline: &InlineExpression<&'s str>, names: &mut Vec<&'s str>) {
    match inline {
        InlineExpression::VariableReference { id } => names.push(id.name),
        InlineExpression::Placeable { expression } => in_expression(expression, names),
        InlineExpression::FunctionReference { arguments, .. } => in_arguments(arguments, names),
        InlineExpression::TermReference {
            arguments: Some(arguments),
            ..
        } => in_arguments(arguments, names),
        InlineExpression::TermReference { .. }
        | InlineExpression::MessageReference { .. }
        | InlineExpression::StringLiteral { .. }
        | InlineExpression::NumberLiteral { .. } => {}
    }
}

fn in_arguments<'s>(arguments: &CallArguments<&'s str>, names: &mut Vec<&'s str>) {
    for inline in &arguments.positional {
        in_inline(inline, names);
    }
    for argument in &arguments.named {
        in_inline(&argument.value, names);
    }
}
