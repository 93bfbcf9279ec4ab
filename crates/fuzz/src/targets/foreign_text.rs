//! What registers, receivers and servers say for a failure, as it is kept for operators.

use std::io;

use minwon_core::{
    Failure, FailureClass,
    foreign_text::{causes, check_id, masked, shown},
};

use super::{ERROR_BYTES_MAX, inputs};

pub(super) fn golden() -> Vec<Vec<u8>> {
    inputs(&[
        "no row for 900101-1234567 (gildong@example.kr, 010-1234-5678, +82 10 1234 5678)",
        "2026-000123 at 10.0.0.17:5432",
        "550 no such mailbox: \u{1b}[2J\u{202e}gildong@example.kr",
        "status 503: 9001011234567\n\t02-123-4567",
        "종로구청 담당자-17 n\u{303} 👩\u{200d}⚖",
    ])
}

/// Nothing steers a terminal, nothing is longer than it may be, and no number of a person is left.
pub(super) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let kept: Vec<_> = causes(&io::Error::other(text.to_string())).collect();
    assert_eq!(kept.len(), 1);
    let kept = &kept[0];
    assert!(kept.len() <= ERROR_BYTES_MAX);
    assert!(!kept.chars().any(char::is_control), "{kept:?}");
    assert_eq!(shown(kept), *kept);
    // An escape may look like part of a number.
    if shown(&text) == text {
        let again = masked(kept);
        for mark in ["<phone>", "<resident number>"] {
            let marks = |text: &str| text.matches(mark).count();
            assert_eq!(marks(&again), marks(kept), "{kept}");
        }
    }
    let failure = Failure::of_text(FailureClass::Handler, &text);
    assert!(failure.error.chars().count() <= 600 && failure.group.chars().count() <= 120);
    if check_id(&text).is_ok() {
        assert_eq!(shown(&text), text);
    }
}
