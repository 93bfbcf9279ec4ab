//! Views that somebody else has written over: each was found by the fuzz targets, and is refused when it is
//! restored.

use std::fs;

use minwon_core::Stored;
use minwon_petitions::PetitionView;
use serde_json::Value;

/// Every golden view.
fn golden_views() -> Vec<Value> {
    let files = fs::read_dir(super::folder("views")).unwrap();
    let texts = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let views = texts.flat_map(|text| {
        let lines = text.lines().filter(|line| line.starts_with('{'));
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect::<Vec<Value>>()
    });
    views.collect()
}

/// The view after the clock was stopped, resumed and stopped again.
fn suspended() -> Value {
    let stopped = |view: &Value| view.pointer("/filed/case/clock/not_counted/0").is_some();
    golden_views().into_iter().find(stopped).unwrap()
}

fn is_refused(view: &Value) -> bool {
    serde_json::from_value::<Stored<PetitionView>>(view.clone()).is_err()
}

#[test]
fn a_clock_that_stood_backwards_is_found_when_its_view_is_read() {
    let mut view = suspended();
    assert!(!is_refused(&view));
    let part = view
        .pointer_mut("/filed/case/clock/not_counted/0/days/last")
        .unwrap();
    *part = "2020-01-01".into();
    assert!(is_refused(&view), "{view}");
}

#[test]
fn attempts_out_of_order_are_found_when_their_view_is_read() {
    let documents = |view: &Value| view.pointer("/issuances/0").is_some();
    let mut view = golden_views().into_iter().find(documents).unwrap();
    assert!(!is_refused(&view));
    let issuances = view
        .pointer_mut("/issuances")
        .unwrap()
        .as_array_mut()
        .unwrap();
    issuances.push(issuances[0].clone());
    assert!(is_refused(&view), "the same attempt twice");
    *view.pointer_mut("/issuances/0/n").unwrap() = 0.into();
    assert!(is_refused(&view), "an attempt before the first");
}

#[test]
fn a_timeline_that_is_too_long_is_found_when_its_view_is_read() {
    let mut view = golden_views().remove(0);
    let steps = view.pointer_mut("/log").unwrap().as_array_mut().unwrap();
    while steps.len() <= 1 + 2 * 65 {
        steps.extend(["progress".into(), 1.into()]);
    }
    assert!(is_refused(&view));
}
