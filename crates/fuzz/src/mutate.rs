//! Inputs changed by chance.

use minwon_core::testing::SeededRng;

/// Longest input. Unit: bytes.
const INPUT_BYTES_MAX: usize = 32 * 1024;

/// Most changes of one input.
const CHANGES_MAX: u64 = 4;

const BYTES: &[u8] = b"\0\x01 \n\r\t\"\\{}[],:./@%+-0a\x7f\x80\xff";

const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "01",
    "1.5",
    "1e400",
    "255",
    "65536",
    "4294967295",
    "4294967296",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "253402300799999999",
    "-62167219200000000",
];

const WORDS: &[&str] = &[
    "null",
    "true",
    "\"\"",
    "{}",
    "[]",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\u{202e}\"",
    "민원",
    "NaN",
];

/// One input of `corpus`, changed.
pub(crate) fn mutated(corpus: &[Vec<u8>], rng: &mut SeededRng) -> Vec<u8> {
    let mut input = one_of(corpus, rng).cloned().unwrap_or_default();
    for _ in 0..=rng.below(CHANGES_MAX) {
        let other = one_of(corpus, rng).map_or(&[][..], Vec::as_slice);
        change(&mut input, other, rng);
    }
    input.truncate(INPUT_BYTES_MAX);
    input
}

fn change(input: &mut Vec<u8>, other: &[u8], rng: &mut SeededRng) {
    match rng.below(12) {
        0 => {
            let at = below(input.len(), rng);
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << rng.below(8);
            }
        }
        1 => {
            let at = below(input.len(), rng);
            if let Some(byte) = input.get_mut(at) {
                *byte = *one_of(BYTES, rng).unwrap();
            }
        }
        2 => drop(input.drain(range(input.len(), rng))),
        3 => {
            let part = input[range(input.len(), rng)].to_vec();
            let at = below(input.len() + 1, rng);
            let part = part.repeat(1 + below(8, rng));
            input.splice(at..at, part.into_iter().take(INPUT_BYTES_MAX));
        }
        4 => {
            let at = below(input.len() + 1, rng);
            let bytes = (0..=rng.below(8)).map(|_| rng.next_u64() as u8);
            let bytes: Vec<_> = bytes.collect();
            input.splice(at..at, bytes);
        }
        5 => {
            input.truncate(below(input.len() + 1, rng));
            input.extend_from_slice(&other[below(other.len() + 1, rng)..]);
        }
        6 => {
            let place = range(input.len(), rng);
            input.splice(place, other[range(other.len(), rng)].iter().copied());
        }
        7 | 8 => change_number(input, rng),
        _ => change_token(input, other, rng),
    }
}

/// Puts another number in place of one: one near it, or one at the edge of a type.
fn change_number(input: &mut Vec<u8>, rng: &mut SeededRng) {
    let is_number = |token: &Token| token.kind == Kind::Number;
    let numbers: Vec<_> = tokens(input).into_iter().filter(is_number).collect();
    let Some(place) = one_of(&numbers, rng) else {
        return;
    };
    let text = str::from_utf8(&input[place.start..place.end]);
    let before = text.ok().and_then(|text| text.parse::<i64>().ok());
    const DAY: i64 = 86_400_000_000;
    let step = [1, -1, 7, DAY, -DAY, -365 * DAY][below(6, rng)];
    let number = match before {
        Some(before) if rng.below(2) == 0 => before.saturating_add(step).to_string(),
        _ => (*one_of(NUMBERS, rng).unwrap()).to_owned(),
    };
    input.splice(place.start..place.end, number.into_bytes());
}

/// Puts another token in place of one, preferably one that looks like it.
fn change_token(input: &mut Vec<u8>, other: &[u8], rng: &mut SeededRng) {
    let ours = tokens(input);
    let Some(&place) = one_of(&ours, rng) else {
        return;
    };
    let theirs = tokens(other);
    let length = |token: &Token| token.end - token.start;
    let is_like = |token: &&Token| token.kind == place.kind && length(token) == length(&place);
    let alike: Vec<_> = theirs.iter().filter(is_like).collect();
    let found = match rng.below(8) {
        0 => None,
        1..=4 => one_of(&alike, rng).copied(),
        _ => one_of(&theirs, rng),
    };
    let token = match found {
        Some(found) => other[found.start..found.end].to_vec(),
        None => one_of(WORDS, rng).unwrap().as_bytes().to_vec(),
    };
    input.splice(place.start..place.end, token);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Word,
    Sign,
}

#[derive(Clone, Copy)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

/// The texts, numbers, words and signs of an input, as JSON, TOML, XML and URLs have them.
fn tokens(input: &[u8]) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while start < input.len() {
        let rest = &input[start + 1..];
        let is_of_word = |byte: &&u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
        let (kind, length) = match input[start] {
            b'"' => (Kind::Text, text_length(rest)),
            b'0'..=b'9' => {
                let digits = rest.iter().take_while(|byte| byte.is_ascii_digit());
                (Kind::Number, digits.count())
            }
            byte if is_of_word(&&byte) => (Kind::Word, rest.iter().take_while(is_of_word).count()),
            _ => (Kind::Sign, 0),
        };
        let end = start + 1 + length;
        tokens.push(Token { kind, start, end });
        start = end;
    }
    tokens
}

/// How many bytes a text has behind the mark that begins it, with the one that ends it.
fn text_length(rest: &[u8]) -> usize {
    let mut is_escaped = false;
    let end = rest.iter().position(|&byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    });
    end.map_or(0, |end| end + 1)
}

fn below(bound: usize, rng: &mut SeededRng) -> usize {
    rng.below(bound as u64) as usize
}

/// A part of so many, most often a short one.
fn range(length: usize, rng: &mut SeededRng) -> std::ops::Range<usize> {
    let start = below(length + 1, rng);
    let rest = length - start;
    let most = if rng.below(4) == 0 {
        rest
    } else {
        rest.min(16)
    };
    start..start + below(most + 1, rng)
}

fn one_of<'v, V>(of: &'v [V], rng: &mut SeededRng) -> Option<&'v V> {
    of.get(below(of.len(), rng))
}
