//! What is kept is read as it was, whatever view it holds, and what was spoilt is noticed.

use std::{
    collections::BTreeMap,
    error::Error as _,
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::{document::Document, testing::recorded};

fn key(key: &str) -> ViewKey {
    ViewKey::new(key).unwrap()
}

fn kept(document: &impl Serialize) -> Vec<u8> {
    let mut kept = Vec::new();
    write(document, &key("p-1"), &mut kept);
    kept
}

/// A value of MessagePack as it is kept under `p-1`.
fn with_sum(value: &[u8]) -> Vec<u8> {
    sealed(&key("p-1"), value)
}

fn document() -> Document<u64> {
    let mut document = Document::default();
    document.advance(&recorded("p-1", 0, 1)).unwrap();
    document.view = Some(7);
    document
}

/// As an earlier build kept it, and a still earlier one.
const SUMMED: &str =
    r#"{"streams":[["general_GeneralApplication-p-1",0]],"view":7,"sum":"f832c60e"}"#;
const PLAIN: &str = r#"{"streams":[["general_GeneralApplication-p-1",0]],"view":7}"#;

#[test]
fn the_form_of_a_kept_document_is_frozen() {
    let form = [
        b"\x01\x82\xa7streams\x91\x92\xbegeneral_GeneralApplication-p-1\x00\xa4view\x07",
        &b"\xc2\xbb\xaf\x0b"[..],
    ];
    assert_eq!(kept(&document()), form.concat());
}

#[test]
fn what_earlier_builds_kept_is_read_and_renewed() {
    let own = kept(&document());
    for earlier in [SUMMED, PLAIN] {
        let read: Document<u64> = read(&key("p-1"), earlier.as_bytes()).unwrap();
        assert_eq!(kept(&read), own);
        let renewed = Document::<u64>::renewed(&key("p-1"), earlier.as_bytes());
        assert_eq!(renewed.as_ref(), Some(&own));
        // No build wrote it so, and it may not pass for the same.
        let other = earlier.replace("\"view\"", " \"view\"");
        let renewed = Document::<u64>::renewed(&key("p-1"), other.as_bytes());
        assert_eq!(renewed, None);
    }
    assert_eq!(Document::<u64>::renewed(&key("p-1"), &own), None);
}

#[test]
fn people_see_json() {
    for kept in [kept(&document()), SUMMED.into(), PLAIN.into()] {
        assert_eq!(document_json(&key("p-1"), &kept).unwrap(), PLAIN);
        document_json(&key("p-1"), &kept[1..]).unwrap_err();
    }
}

/// Whatever is spoilt of it, it says the same or cannot be read.
#[test]
fn no_byte_of_a_kept_document_can_change_what_it_says() {
    let (write_anew, said) = (|it: &Document<u64>| self::kept(it), self::kept(&document()));
    // Without its checksum it is one of a still earlier build.
    for (kept, sum) in [
        (kept(&document()), 0),
        (SUMMED.into(), r#","sum":"f832c60e"}"#.len()),
    ] {
        let own = key("p-1");
        let is_right = |spoilt: &[u8]| {
            let read = read::<Document<u64>>(&own, spoilt);
            assert!(
                read.is_err() || read.is_ok_and(|read| write_anew(&read) == said),
                "{}",
                String::from_utf8_lossy(spoilt)
            );
        };
        for at in 0..kept.len() {
            for bit in 0..8 {
                let mut spoilt = kept.clone();
                spoilt[at] ^= 1 << bit;
                is_right(&spoilt);
            }
            is_right(&kept[..at]);
            is_right(&kept[at..]);
            for to in at..kept.len() {
                is_right(&[&kept[..to], &kept[at..]].concat());
                if to <= kept.len() - sum {
                    is_right(&[&kept[..at], &kept[to..]].concat());
                }
            }
        }
        let other = read::<Document<u64>>(&key("p-2"), &kept);
        assert!(matches!(other, Err(DocumentError::Checksum)), "{other:?}");
    }
}

#[test]
fn a_newer_encoding_is_told_from_damage() {
    let mut newer = kept(&document());
    newer[0] = MESSAGE_PACK + 1;
    let read = |kept: &[u8]| read::<Document<u64>>(&key("p-1"), kept).unwrap_err();
    assert!(matches!(read(&newer), DocumentError::Checksum));
    newer.truncate(newer.len() - 4);
    let sum = sum(&key("p-1"), &[&newer]);
    newer.extend_from_slice(&sum.to_le_bytes());
    assert!(matches!(read(&newer), DocumentError::Newer(2)));
    for short in [&b""[..], b"\x01", b"\x01\x00\x00\x00\x00"] {
        assert!(matches!(read(short), DocumentError::Checksum));
    }
    let unfit = read(&with_sum(b"\x07"));
    assert!(unfit.source().is_some(), "{unfit:?}");
}

/// A view that holds views of its own, in each of the ways that are read differently.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Deep {
    Leaf,
    #[allow(dead_code, reason = "only read")]
    Inner(Box<Deep>),
    #[allow(dead_code, reason = "only read")]
    Rows(Vec<Deep>),
}

/// Whoever may write into a store may seal what he likes with a checksum: it is refused, and not at
/// the cost of the stack or of more memory than it is long.
#[test]
fn a_forged_document_is_refused() {
    let inner = b"\x81\xa5inner";
    let rows = b"\x81\xa4rows\x91";
    for step in [&inner[..], rows] {
        let forged = [&step.repeat(1_000_000)[..], b"\xa4leaf"].concat();
        read::<Deep>(&key("p-1"), &with_sum(&forged)).unwrap_err();
        document_json(&key("p-1"), &with_sum(&forged)).unwrap_err();
        let right = [&step.repeat(50)[..], b"\xa4leaf"].concat();
        read::<Deep>(&key("p-1"), &with_sum(&right)).unwrap();
    }
    for forged in [
        &b"\xdd\xff\xff\xff\xff"[..],
        b"\xdf\xff\xff\xff\xff\x01",
        b"\xdb\xff\xff\xff\xffabc",
        b"\xc6\xff\xff\xff\xff",
        b"\xdd\xff\xff",
        b"\xc1",
        b"\xd4\x01\x01",
        b"\x91",
        b"\x07\x07",
        b"",
    ] {
        read::<Value>(&key("p-1"), &with_sum(forged)).unwrap_err();
        read::<Vec<()>>(&key("p-1"), &with_sum(forged)).unwrap_err();
        read::<IgnoredAny>(&key("p-1"), &with_sum(forged)).unwrap_err();
    }
}

/// What lies as deep as JSON allows is read from JSON, so it has to be read from here.
#[test]
fn values_lie_in_each_other_as_deep_as_in_json() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let deepest =
        (1..).take_while(|levels| serde_json::from_str::<Value>(&nested(*levels)).is_ok());
    let value: Value = serde_json::from_str(&nested(deepest.last().unwrap())).unwrap();
    assert_eq!(read::<Value>(&key("p-1"), &kept(&value)).unwrap(), value);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Wrapped<T>(T);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Plain {
    Bare,
    One(i64),
    Two(String, Option<u8>),
    Named {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left_out: Option<u16>,
        unit: (),
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Tagged {
    Bare,
    Named {
        address: IpAddr,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        plain: Vec<Plain>,
    },
    Inner(Flattened),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Address(IpAddr),
    Pair(f64, f64),
    Number(i64),
    Named { plain: Plain },
    Text(String),
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Bare,
    One(Untagged),
    Named { on: bool },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Flattened {
    address: IpAddr,
    #[serde(flatten)]
    rest: BTreeMap<String, Untagged>,
}

/// What a view may be made of, as far as JSON carries it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Odd {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    left_out: Option<u64>,
    none: Option<Wrapped<Plain>>,
    texts: (Box<str>, char, String),
    numbers: (i8, u64, i64, f32, f64),
    wide: (u128, i128),
    bytes: Vec<u8>,
    time: Duration,
    unit: ((), Unit),
    plain: Vec<Plain>,
    tagged: Vec<Tagged>,
    untagged: Vec<Untagged>,
    adjacent: Vec<Adjacent>,
    numbered: BTreeMap<i32, Wrapped<u8>>,
    lettered: BTreeMap<char, Vec<Option<bool>>>,
    value: Value,
}

fn plain() -> impl Strategy<Value = Plain> {
    prop_oneof![
        Just(Plain::Bare),
        any::<i64>().prop_map(Plain::One),
        any::<(String, Option<u8>)>().prop_map(|(text, number)| Plain::Two(text, number)),
        any::<Option<u16>>().prop_map(|left_out| Plain::Named { left_out, unit: () }),
    ]
}

fn address() -> impl Strategy<Value = IpAddr> {
    any::<(u32, u128, bool)>().prop_map(|(short, long, is_short)| match is_short {
        true => IpAddr::from(short.to_be_bytes()),
        false => Ipv6Addr::from_bits(long).into(),
    })
}

fn untagged() -> impl Strategy<Value = Untagged> {
    prop_oneof![
        address().prop_map(Untagged::Address),
        any::<(i32, i32)>().prop_map(|(x, y)| Untagged::Pair(x.into(), f64::from(y) / 8.0)),
        any::<i64>().prop_map(Untagged::Number),
        plain().prop_map(|plain| Untagged::Named { plain }),
        "[가-힣]*".prop_map(Untagged::Text),
        Just(Untagged::Nothing),
    ]
}

fn flattened() -> impl Strategy<Value = Flattened> {
    let rest = proptest::collection::btree_map("r[a-z]*", untagged(), 0..4);
    (address(), rest).prop_map(|(address, rest)| Flattened { address, rest })
}

fn tagged() -> impl Strategy<Value = Tagged> {
    let plain = proptest::collection::vec(plain(), 0..3);
    prop_oneof![
        Just(Tagged::Bare),
        (address(), plain).prop_map(|(address, plain)| Tagged::Named { address, plain }),
        flattened().prop_map(Tagged::Inner),
    ]
}

fn adjacent() -> impl Strategy<Value = Adjacent> {
    prop_oneof![
        Just(Adjacent::Bare),
        untagged().prop_map(Adjacent::One),
        any::<bool>().prop_map(|on| Adjacent::Named { on }),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 16.0)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..40).prop_map(Value::from),
            proptest::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn odd() -> impl Strategy<Value = Odd> {
    use proptest::collection::{btree_map, vec};
    let few = (
        any::<Option<u64>>(),
        proptest::option::of(plain().prop_map(Wrapped)),
        any::<(Box<str>, char, String)>(),
        any::<(i8, u64, i64, i16, i32)>(),
        any::<(u128, i128)>(),
        any::<Vec<u8>>(),
        any::<(u32, u16)>(),
    );
    let enums = (
        vec(plain(), 0..20),
        vec(tagged(), 0..3),
        vec(untagged(), 0..3),
        vec(adjacent(), 0..3),
    );
    let maps = (
        btree_map(any::<i32>(), any::<u8>().prop_map(Wrapped), 0..20),
        btree_map(any::<char>(), any::<Vec<Option<bool>>>(), 0..3),
        value(),
    );
    (few, enums, maps).prop_map(|(few, enums, maps)| {
        let (left_out, none, texts, (small, large, signed, real, double), wide, bytes, time) = few;
        let (plain, tagged, untagged, adjacent) = enums;
        let (numbered, lettered, value) = maps;
        Odd {
            left_out,
            none,
            texts,
            numbers: (small, large, signed, real.into(), f64::from(double) / 3.0),
            wide,
            bytes,
            time: Duration::new(time.0.into(), time.1.into()),
            unit: ((), Unit),
            plain,
            tagged,
            untagged,
            adjacent,
            numbered,
            lettered,
            value,
        }
    })
}

proptest! {
    /// Whatever survives JSON survives this.
    #[test]
    fn a_view_of_any_type_reads_back(odd in odd()) {
        let json = serde_json::to_string(&odd).unwrap();
        let is_right = serde_json::from_str::<Odd>(&json).is_ok_and(|it| it == odd);
        prop_assume!(is_right);
        let kept = kept(&odd);
        prop_assert_eq!(read::<Odd>(&key("p-1"), &kept).unwrap(), odd);
        prop_assert!(document_json(&key("p-1"), &kept).is_ok());
    }

    /// Any bytes are refused or read, with the right checksum too.
    #[test]
    fn any_bytes_are_refused_or_read(bytes in any::<Vec<u8>>()) {
        for kept in [&with_sum(&bytes), &bytes] {
            let _ = read::<Odd>(&key("p-1"), kept);
            let _ = read::<Value>(&key("p-1"), kept);
            let _ = document_json(&key("p-1"), kept);
            let _ = held_in(kept);
        }
    }
}

/// The few that JSON carries and this does not. Whoever makes such a view meets it in the first test.
#[test]
#[should_panic(expected = "cannot be read as it is written")]
fn a_view_that_does_not_read_back_is_noticed_when_it_is_written() {
    #[derive(Debug, Clone, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Wide {
        Number { number: u128 },
    }
    let document = Document {
        view: Some(Wide::Number { number: 7 }),
        ..Document::default()
    };
    document.write(&key("p-1"), &mut Vec::new());
}

/// What JSON does not have is kept as well; people do not see it then.
#[test]
fn keys_that_are_no_texts_are_kept() {
    let map: BTreeMap<(u8, u8), f64> = [((1, 2), f64::INFINITY)].into();
    let kept = kept(&map);
    assert_eq!(
        read::<BTreeMap<(u8, u8), f64>>(&key("p-1"), &kept).unwrap(),
        map
    );
    document_json(&key("p-1"), &kept).unwrap_err();
}
