//! A team's file of petition types.

use minwon_petitions::PetitionCatalogue;

use super::{check_error, inputs};

pub(super) fn golden() -> Vec<Vec<u8>> {
    let published = PetitionCatalogue::published_text();
    // A few at a time: a whole file is changed at a place that matters too seldom.
    let tables: Vec<_> = published.split_inclusive("\n\n").collect();
    let mut golden: Vec<_> = tables
        .chunks(3)
        .map(|some| some.concat().into_bytes())
        .collect();
    golden.push(published.as_bytes().to_vec());
    golden.extend(inputs(&[r#"
        categories = ["Passport"]
        [[petition_type]]
        name = "certificate of a closed school"
        category = "Passport"
        kind = "statutory"
        service = "unlinked"
        period = "10 days"
        document = "certificate of graduation"
        copies = 2
        pick_up = true
        fees = { online = 0, counter = 400 }
        required_documents = ["deed"]
        shared_documents = ["register"]
        agency = "서울특별시 종로구"
        department = "민원여권과"
    "#]));
    golden
}

/// Every entry of what is read is found; of what is refused every problem is at a place that there is.
pub(super) fn run(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else {
        return;
    };
    match PetitionCatalogue::parse(text) {
        Ok(catalogue) => {
            for entry in catalogue.entries() {
                assert_eq!(catalogue.get(&entry.name), Some(entry));
                assert!(catalogue.categories().contains(&entry.category));
                let document = entry.document.as_ref();
                assert!(document.is_none_or(|document| !document.fees.is_empty()));
            }
        }
        Err(error) => {
            assert!(!error.problems().is_empty());
            let lines: Vec<_> = text.split('\n').collect();
            for problem in error.problems() {
                let line = problem.line.checked_sub(1).and_then(|line| lines.get(line));
                let columns = line.map(|line| 1..=line.chars().count() + 1);
                assert!(
                    columns.is_some_and(|it| it.contains(&problem.column)),
                    "{problem}"
                );
                if text.len() < 500 {
                    check_error(&problem.fault);
                }
            }
        }
    }
}
