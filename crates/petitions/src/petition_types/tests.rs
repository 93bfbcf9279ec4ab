mod files;
mod filings;

use super::*;

/// A petition type to which lines are added, or which has them in place of its own.
pub(super) const REGISTER: &str = r#"[[petition_type]]
name = "register"
category = "General"
kind = "statutory"
service = "deadline-bound"
period = "7 days"
document = "register"
fees = { online = 0, counter = 400 }
"#;

pub(super) const QUESTION: &str = r#"[[petition_type]]
name = "question"
category = "Car"
kind = "inquiry"
service = "deadline-bound"
period = "14 days"
"#;

/// [`REGISTER`] with the line of a field replaced, or left out where nothing replaces it.
pub(super) fn register_with(field: &str, line: &str) -> String {
    replaced(REGISTER, field, line)
}

pub(super) fn replaced(text: &str, field: &str, line: &str) -> String {
    let is_field = |it: &&str| it.starts_with(&format!("{field} ="));
    assert_eq!(text.lines().filter(is_field).count(), 1, "{field}");
    let lines = text.lines();
    let replaced = lines.map(|it| if is_field(&it) { line } else { it });
    replaced.map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_published_catalogue_can_be_read() {
    let catalogue = PetitionCatalogue::parse(PetitionCatalogue::published_text());
    let catalogue = catalogue.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(&catalogue, PetitionCatalogue::published());
}

/// Types that are offered at all are offered in each category.
#[test]
fn the_published_catalogue_has_each_service_and_kind_in_each_category() {
    let entries = PetitionCatalogue::published().entries();
    let categories: std::collections::BTreeSet<_> = entries.iter().map(|it| it.category).collect();
    for category in categories {
        let own = || entries.iter().filter(move |it| it.category == category);
        for kind in PetitionKind::ALL {
            assert!(own().any(|it| it.kind == *kind), "{category} {kind}");
        }
        for service in ServiceType::ALL {
            assert!(
                own().any(|it| it.service == *service),
                "{category} {service}"
            );
        }
    }
}

/// Domain notes, section 1.
#[test]
fn the_published_fees_are_those_of_the_sources() {
    let fees = |name: &str| {
        let entry = PetitionCatalogue::published().get(&name.parse().unwrap());
        let document = entry.unwrap().document.as_ref().unwrap();
        [Channel::Online, Channel::Kiosk, Channel::Counter].map(|it| document.fee(&it))
    };
    let won = |fees: [u32; 3]| fees.map(|fee| Some(Won::new(fee)));
    assert_eq!(fees("resident registration abstract"), won([0, 200, 400]));
    assert_eq!(fees("vehicle register"), won([300, 300, 300]));
    assert_eq!(fees("building register"), won([0, 500, 500]));
}

#[test]
fn all_that_is_written_is_read() {
    let text = r#"
        [[petition_type]]
        name = "permit"
        category = "Building"
        kind = "statutory"
        service = "unlinked"
        period = "2 weeks"
        document = "deed"
        copies = 2
        pick_up = true
        required_documents = ["plan", "proof"]
        shared_documents = ["map"]
        agency = "Jongno District Office"
        department = "Building Division"
        [petition_type.fees]
        kiosk = 0x10
        online = 0
    "#;
    let catalogue = PetitionCatalogue::parse(text).unwrap();
    let names = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).collect();
    let entry = PetitionTypeEntry {
        name: "permit".parse().unwrap(),
        category: Category::Building,
        kind: PetitionKind::Statutory,
        service: ServiceType::Unlinked,
        period: "2 weeks".parse().unwrap(),
        document: Some(DocumentOffer {
            document_type: "deed".parse().unwrap(),
            copies: 2,
            pick_up: true,
            fees: vec![(Channel::Online, Won::ZERO), (Channel::Kiosk, Won::new(16))],
        }),
        required_documents: names(&["plan", "proof"]),
        shared_documents: names(&["map"]),
        agency: Some("Jongno District Office".parse().unwrap()),
        department: Some("Building Division".parse().unwrap()),
    };
    assert_eq!(catalogue.entries(), [entry]);
}

#[test]
fn what_need_not_be_written_has_defaults() {
    let catalogue = PetitionCatalogue::parse(&format!("{REGISTER}{QUESTION}")).unwrap();
    let [register, question] = catalogue.entries() else {
        panic!("{catalogue:?}");
    };
    let document = register.document.as_ref().unwrap();
    assert_eq!((document.copies, document.pick_up), (1, false));
    assert_eq!(question.document, None);
    assert_eq!((&question.agency, &question.department), (&None, &None));
    assert!(question.required_documents.is_empty() && question.shared_documents.is_empty());
}

#[test]
fn entries_keep_the_order_of_the_file() {
    let names = |text: &str| {
        let catalogue = PetitionCatalogue::parse(text).unwrap();
        let entries = catalogue.entries().iter();
        entries.map(|it| it.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(
        names(&format!("{REGISTER}{QUESTION}")),
        ["register", "question"]
    );
    assert_eq!(
        names(&format!("{QUESTION}{REGISTER}")),
        ["question", "register"]
    );
}
