//! The decoders.

mod checkpoint;
mod dead_letters;
mod event;
mod foreign_text;
mod kurrentdb;
mod metadata;
mod operator;
mod petition_types;
mod petitions;
mod redis;
mod snapshot;
mod urls;
mod view;
mod webhook;
mod xes;

use crate::Target;

macro_rules! targets {
    ($($name:ident),+ $(,)?) => {
        pub(crate) const ALL: &[Target] = &[$(Target {
            name: stringify!($name),
            run: $name::run,
            golden: $name::golden,
        }),+];
    };
}

targets!(
    event,
    metadata,
    snapshot,
    view,
    checkpoint,
    dead_letters,
    redis,
    kurrentdb,
    xes,
    urls,
    petition_types,
    webhook,
    operator,
    foreign_text,
);

/// The texts and numbers that several inputs begin with.
fn inputs(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// The first line, and what stands behind it.
fn line(input: &[u8]) -> (&[u8], &[u8]) {
    let end = input.iter().position(|&byte| byte == b'\n');
    end.map_or((input, b""), |end| (&input[..end], &input[end + 1..]))
}

/// Longest text of an error with its causes: what is kept of it. Unit: bytes.
const ERROR_BYTES_MAX: usize = 2_400;

/// An error says something, and not more than can be kept.
fn check_error(error: &(dyn std::error::Error + 'static)) {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        assert!(!text.is_empty(), "{error:?}");
        assert!(
            text.len() <= ERROR_BYTES_MAX,
            "{} bytes: {text:.300}",
            text.len()
        );
        cause = error.source();
    }
}
