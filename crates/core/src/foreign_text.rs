//! Texts that came from outside: what an id may hold, how a text is shown, and how much of an error is
//! kept.
//!
//! An error of a register, a receiver or a decoder may quote a person's numbers or a whole payload. It
//! is kept for operators alone, as [`causes`] has it, and never shown to a petitioner.

use std::{borrow::Cow, error::Error, iter};

/// Returns whether a character changes how the text around it is ordered, and is not seen itself.
const fn is_bidi(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns whether a character is not seen: a control, or one that takes no place or hides itself.
///
/// Source: Unicode 17, `Default_Ignorable_Code_Point` and the separators and annotations beside it.
fn is_hidden(c: char) -> bool {
    is_bidi(c)
        || c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200d}' | '\u{2028}' | '\u{2029}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Checks a text that is to be an id: all of it can be seen, and two that look alike are alike.
///
/// # Errors
/// The rule that it breaks.
pub fn check_id(text: &str) -> Result<(), &'static str> {
    if text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_control()) {
        return Ok(());
    }
    if text.chars().any(is_hidden) {
        return Err("it contains a character that is not seen, as a control or a zero-width one");
    }
    if !unicode_normalization::is_nfc(text) {
        return Err("it is not in the composed form of Unicode (NFC); compose it first");
    }
    Ok(())
}

/// Checks a text that people write: nothing in it changes the order in which it is read.
///
/// # Errors
/// The rule that it breaks.
pub fn check_prose(text: &str) -> Result<(), &'static str> {
    if text.is_ascii() || !text.chars().any(is_bidi) {
        return Ok(());
    }
    Err("it must have no characters that change the order of reading")
}

/// A text for a terminal or a log, on one line: characters that are not seen stand there as escapes.
///
/// ```
/// use minwon_core::foreign_text::shown;
/// assert_eq!(shown("종로구청"), "종로구청");
/// assert_eq!(shown("a\u{1b}[2Jb\u{202e}c"), r"a\u{1b}[2Jb\u{202e}c");
/// ```
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' | '\0' => shown.extend(c.escape_debug()),
            c if is_hidden(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown.into()
}

/// Lines of text for a terminal: each line as [`shown`] has it.
#[must_use]
pub fn shown_lines(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(shown).collect();
    lines.join("\n")
}

/// JSON for a terminal: the same to whoever parses it, with characters that are not seen in the escapes
/// of JSON.
///
/// ```
/// use minwon_core::foreign_text::shown_json;
/// assert_eq!(shown_json("[\"a\u{202e}b\"]"), r#"["a\u202eb"]"#);
/// ```
#[must_use]
pub fn shown_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        if is_hidden(c) {
            let units = c.encode_utf16(&mut [0; 2]).to_vec();
            shown.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            shown.push(c);
        }
    }
    shown
}

/// The texts of an error and of its causes, as operators may read them: each [`masked`] and
/// [`shown`], of at most 2,400 bytes, and without the values that a decoder of JSON quotes. A cause
/// that says what was just said, as of an error that wraps another, is left out.
pub fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = String> + use<'e> {
    let texts = iter::successors(Some(error), |&cause| cause.source()).map(cause);
    let mut said = None;
    texts.filter(move |text| said.replace(text.clone()).as_ref() != Some(text))
}

/// Longest text of one error. Unit: bytes.
const CAUSE_BYTES_MAX: usize = 2_400;

fn cause(error: &(dyn Error + 'static)) -> String {
    let json = error.downcast_ref::<serde_json::Error>();
    kept(&json.map_or_else(|| error.to_string(), without_values))
}

/// The part of a foreign text that is kept.
pub(crate) fn kept(text: &str) -> String {
    let masked = masked(cut(text));
    cut(&shown(&masked)).to_owned()
}

/// At most the longest text. A word that does not fit goes with the rest, or half of a number would
/// pass for none.
fn cut(text: &str) -> &str {
    if text.len() <= CAUSE_BYTES_MAX {
        return text;
    }
    let starts = text.char_indices().map(|(start, _)| start);
    let end = starts.take_while(|start| *start <= CAUSE_BYTES_MAX).last();
    let whole = &text[..end.unwrap_or(0)];
    whole.trim_end_matches(|c: char| c.is_ascii_graphic() || c == ' ')
}

/// The text of an error of `serde_json` without what it quotes of the payload: keywords of ours, the
/// rule that was broken and the place are left.
fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    const QUOTING: [&str; 5] = [
        "invalid type",
        "invalid value",
        "invalid length",
        "unknown variant",
        "unknown field",
    ];
    if let Some(what) = QUOTING.iter().find(|what| text.starts_with(**what)) {
        // The value may say ", expected" too: ours is the last.
        let rule = text.rfind(", expected ").map_or("", |at| &text[at..]);
        return format!("{what}{rule}");
    }
    without_quotes(&text)
}

/// Leaves out what stands between quotation marks as `Debug` writes them.
fn without_quotes(text: &str) -> String {
    let (mut left, mut is_quoted, mut is_escaped) = (String::new(), false, false);
    for c in text.chars() {
        let is_end = c == '"' && !is_escaped;
        if is_end {
            is_quoted = !is_quoted;
            left.push_str(if is_quoted { "\"" } else { "…\"" });
        } else if !is_quoted {
            left.push(c);
        }
        is_escaped = is_quoted && c == '\\' && !is_escaped;
    }
    left
}

/// A text without what is a person's: resident registration numbers, telephone numbers and mail
/// addresses, as far as their form shows them.
///
/// ```
/// use minwon_core::foreign_text::masked;
/// let said = "no row for 900101-1234567 (gildong@example.kr, 010-1234-5678)";
/// assert_eq!(masked(said), "no row for <resident number> (<mail>, <phone>)");
/// assert_eq!(masked("2026-000123 at 10.0.0.17:5432"), "2026-000123 at 10.0.0.17:5432");
/// ```
#[must_use]
pub fn masked(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let (mut out, mut copied, mut at) = (String::new(), 0, 0);
    while at < bytes.len() {
        // Behind a number that was found another may begin at once.
        let is_first = at == copied || bytes[at] == b'+' || !bytes[at - 1].is_ascii_digit();
        let found = match bytes[at] {
            b'0'..=b'9' | b'+' if is_first => {
                number(&bytes[at..]).map(|(length, what)| (at, at + length, what))
            }
            b'@' => mail(text, copied, at).map(|(start, end)| (start, end, "<mail>")),
            _ => None,
        };
        let Some((start, end, what)) = found else {
            at += 1;
            continue;
        };
        out.push_str(&text[copied..start]);
        out.push_str(what);
        (copied, at) = (end, end);
    }
    if copied == 0 {
        return text.into();
    }
    out.push_str(&text[copied..]);
    out.into()
}

/// The length and the name of the person's number that `bytes` begin with.
fn number(bytes: &[u8]) -> Option<(usize, &'static str)> {
    const PHONE: &str = "<phone>";
    let (groups, count, is_abroad) = groups(bytes);
    let length = |groups_used: usize| groups[groups_used - 1].1;
    let lengths = groups.map(|(start, end)| end - start);
    if is_abroad {
        let digits: usize = lengths[..count].iter().sum();
        return (digits >= 9).then(|| (length(count), PHONE));
    }
    // A dialling code is a zero and another digit.
    let is_dialled = bytes[0] == b'0' && matches!(bytes.get(1), Some(b'1'..=b'9'));
    Some(match lengths {
        [13, ..] => (length(1), "<resident number>"),
        [6, 7, ..] => (length(2), "<resident number>"),
        [9..=11, ..] if is_dialled => (length(1), PHONE),
        [2..=4, 3..=4, 4, ..] if is_dialled => (length(3), PHONE),
        [2..=4, 7..=8, ..] | [5..=7, 4, ..] if is_dialled => (length(2), PHONE),
        _ => return None,
    })
}

/// Groups of digits that a text begins with, each with its start and end, how many there are, and
/// whether a plus stands in front. Between two of them stand at most three separators.
fn groups(bytes: &[u8]) -> ([(usize, usize); 5], usize, bool) {
    let (mut groups, mut count) = ([(0, 0); 5], 0);
    let is_abroad = bytes[0] == b'+';
    let mut at = usize::from(is_abroad);
    while count < groups.len() {
        let separators = bytes[at..].iter().take(3);
        let is_between = |byte: &&u8| count > 0 && matches!(byte, b'-' | b' ' | b'.' | b')' | b'(');
        let start = at + separators.take_while(is_between).count();
        let digits = bytes[start..].iter().take_while(|b| b.is_ascii_digit());
        let end = start + digits.count();
        if start == end {
            break;
        }
        groups[count] = (start, end);
        count += 1;
        at = end;
    }
    (groups, count, is_abroad)
}

/// The place of the mail address whose sign is at `at`, from `from` on.
fn mail(text: &str, from: usize, at: usize) -> Option<(usize, usize)> {
    let before = text[from..at].char_indices().rev();
    let is_name = |(_, c): &(usize, char)| c.is_alphanumeric() || "._%+-'".contains(*c);
    let start = from + before.take_while(is_name).last()?.0;
    let domain = &text[at + 1..];
    let is_domain = |c: char| c.is_alphanumeric() || c == '.' || c == '-';
    let domain = &domain[..domain.find(|c| !is_domain(c)).unwrap_or(domain.len())];
    let domain = domain.trim_end_matches(['.', '-']);
    let (_, top) = domain.rsplit_once('.')?;
    top.chars()
        .all(char::is_alphabetic)
        .then_some((start, at + 1 + domain.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Found by the fuzz targets.
    #[test]
    fn a_number_right_behind_another_is_masked_too() {
        for (text, left) in [
            ("010-1234-5678+82 10 1234 5678", "<phone><phone>"),
            ("x7+82 10 1234 5678", "x7<phone>"),
        ] {
            assert_eq!(masked(text), left);
        }
    }

    /// On a terminal, and in what operators read.
    #[test]
    fn names_titles_and_addresses_in_korean_are_shown_as_they_stand() {
        for text in [
            "김민수",
            "건축물 사용승인 신청서(변경)",
            "서울특별시 종로구 세종대로 209, 3층 「가」호 (우편번호 03171)",
            "처리주무부서: 교통행정과 ― 담당자 17",
        ] {
            assert_eq!(shown(text), text);
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn what_a_cause_says_again_is_said_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("{0}")]
        struct Wraps(&'static str, #[source] Box<dyn Error + 'static>);
        let low = Wraps("the disk is full", "the disk is full".into());
        let error = Wraps("writing failed", low.into());
        let said: Vec<_> = causes(&error).collect();
        assert_eq!(said, ["writing failed", "the disk is full"]);
    }

    #[test]
    fn ids_hold_no_character_that_is_not_seen_and_are_composed() {
        for good in ["2026-000123", "담당자-17", "민원_ñ", "👩"] {
            assert_eq!(check_id(good), Ok(()), "{good}");
        }
        let hidden = [
            "a\u{1b}[2J",
            "a\u{202e}b",
            "a\u{2066}b",
            "a\u{200e}b",
            "a\u{61c}b",
            "a\u{200b}b",
            "a\u{200d}b",
            "\u{feff}a",
            "a\u{ad}b",
            "a\u{3164}",
            "a\u{e0041}",
            "a\u{85}",
        ];
        for bad in hidden {
            assert!(check_id(bad).unwrap_err().contains("not seen"), "{bad:?}");
        }
        for bad in ["n\u{303}", "\u{1112}\u{1161}\u{11ab}", "\u{212b}"] {
            assert!(check_id(bad).unwrap_err().contains("NFC"), "{bad:?}");
        }
    }

    #[test]
    fn numbers_and_addresses_of_persons_are_masked_in_every_form() {
        let resident = "<resident number>";
        let cases = [
            ("900101-1234567", resident),
            ("9001011234567", resident),
            ("900101 - 1234567", resident),
            ("010-1234-5678", "<phone>"),
            ("01012345678", "<phone>"),
            ("010.1234.5678", "<phone>"),
            ("010 123 4567", "<phone>"),
            ("02-123-4567", "<phone>"),
            ("(02) 2100-1234", "(<phone>"),
            ("0212345678", "<phone>"),
            ("010-12345678", "<phone>"),
            ("0101234-5678", "<phone>"),
            ("+82 10-1234-5678", "<phone>"),
            ("+821012345678", "<phone>"),
            ("gil.dong+1@mail.example.go.kr", "<mail>"),
            ("길동@예시.한국", "<mail>"),
            (
                "postgres://minwon:secret@db.example.kr/x",
                "postgres://minwon:<mail>/x",
            ),
            ("주민900101-1234567번", "주민<resident number>번"),
            (
                "a 900101-1234567, 8001012234567.",
                "a <resident number>, <resident number>.",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(masked(text), expected, "{text}");
        }
    }

    #[test]
    fn what_operators_look_for_is_left() {
        for text in [
            "2026-000123 is not known",
            "general@42",
            "general_CarIssuance-2026-000123.1",
            "2026-03-09T09:00:00.123456+09:00",
            "10.0.0.17:5432",
            "status 503 after 1200 ms",
            "e656ba07-5df6-58b8-9422-bf11a8953ac3",
            "",
            "@",
            "+",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn an_error_of_json_says_the_rule_and_quotes_no_value() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        #[allow(dead_code, reason = "read alone")]
        enum Fee {
            Won { won: u32, by: crate::ActorId },
        }
        let secret = "홍길동, expected nothing\\\" 900101";
        let cases = [
            format!(r#"{{"won":{{"won":{secret:?},"by":"a"}}}}"#),
            format!(r#"{{"won":{{"won":1,"by":{secret:?}}}}}"#),
            format!(r#"{{"won":{{{secret:?}:1}}}}"#),
            format!(r#"{{{secret:?}:1}}"#),
            format!(r#"{secret:?}"#),
            r#"{"won":{"won":-900101,"by":"a"}}"#.to_owned(),
        ];
        for json in cases {
            let error = serde_json::from_str::<Fee>(&json).unwrap_err();
            let said: Vec<_> = causes(&error).collect();
            let [said] = said.as_slice() else {
                panic!("{said:?}")
            };
            assert!(
                !said.contains("길동") && !said.contains("900101"),
                "{error}: {said}"
            );
            assert!(said.contains("line 1"), "{error}: {said}");
        }
        let error = serde_json::from_str::<Fee>(r#"{"won":{"by":"a"}}"#).unwrap_err();
        assert!(
            causes(&error)
                .next()
                .unwrap()
                .contains("missing field `won`")
        );
    }

    #[test]
    fn a_number_that_is_cut_is_not_half_shown() {
        for length in CAUSE_BYTES_MAX - 24..CAUSE_BYTES_MAX + 6 {
            let text = format!("{} 900101-1234567 and more", "가".repeat(length / 3));
            let padded = format!("{}{text}", "x".repeat(length % 3));
            let kept = kept(&padded);
            assert!(kept.len() <= CAUSE_BYTES_MAX);
            assert!(!kept.contains("9001"), "{kept}");
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_bounded_seen_and_masked_for_good(text in "\\PC{0,40}|[0-9+@. a-z\u{202e}-]{0,60}|.{0,2000}") {
            let kept = kept(&text);
            prop_assert!(kept.len() <= CAUSE_BYTES_MAX);
            prop_assert!(!kept.chars().any(is_hidden));
            let masked_once = masked(&text).into_owned();
            prop_assert_eq!(masked(&masked_once), masked_once.as_str());
        }

        #[test]
        fn no_resident_number_survives_any_surroundings(
            before in "[^0-9+@]{0,10}", birth in "[0-9]{6}", rest in "[0-9]{7}", dash in "-?", after in "[^0-9@]{0,10}"
        ) {
            let said = masked(&format!("{before}{birth}{dash}{rest}{after}")).into_owned();
            prop_assert!(!said.contains(&rest), "{}", said);
        }
    }
}
