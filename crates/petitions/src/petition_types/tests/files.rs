//! Files with something wrong in them.

use proptest::prelude::*;

use super::{super::*, QUESTION, REGISTER, register_with, replaced};

fn problems(text: &str) -> Vec<String> {
    let error = PetitionCatalogue::parse(text).expect_err("the file is wrong");
    error.problems().iter().map(ToString::to_string).collect()
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(problems(text), expected, "{text}");
}

#[test]
fn an_unknown_field_is_reported_with_those_there_are() {
    check(
        &format!("{QUESTION}perod = \"7 days\"\n"),
        &[
            "line 7, column 1, \"question\", field `perod`: there is no such field here, only \
             name, category, kind, service, period, document, copies, pick_up, fees, \
             required_documents, shared_documents, agency, department",
        ],
    );
    check(
        &format!("title = \"ours\"\n{QUESTION}"),
        &[
            "line 1, column 1, field `title`: there is no such field here, only petition_type, \
             categories",
        ],
    );
}

#[test]
fn a_missing_field_is_reported_at_the_head_of_its_type() {
    for field in ["category", "kind", "service", "period"] {
        let text = format!("# ours\n{}", replaced(QUESTION, field, ""));
        let missing = format!("line 2, column 1, \"question\", field `{field}`: it is missing");
        check(&text, &[&missing]);
    }
    let nameless = replaced(QUESTION, "name", "");
    check(
        &nameless,
        &["line 1, column 1, field `name`: it is missing"],
    );
}

#[test]
fn a_name_is_given_once() {
    check(
        &format!(
            "{QUESTION}{}",
            replaced(QUESTION, "category", "category = \"General\"")
        ),
        &[
            "line 8, column 8, \"question\", field `name`: the petition type in line 2 has the \
             same name; give each a name of its own",
        ],
    );
    let in_a_line = r#"petition_type = [{ name = "a" }, { name = "a" }]"#;
    let problems = problems(in_a_line);
    assert!(
        problems.iter().any(|it| it.contains("same name")),
        "{problems:?}"
    );
}

#[test]
fn a_file_may_name_categories_of_its_own() {
    let boat = replaced(QUESTION, "category", "category = \"Boat\"");
    let catalogue = PetitionCatalogue::parse(&format!("categories = [\"Boat\"]\n{boat}")).unwrap();
    let categories: Vec<_> = catalogue.categories().into_iter().collect();
    assert_eq!(categories, [Category::new("Boat")]);
    check(
        &format!("categories = [\"Pass port\"]\n{QUESTION}"),
        &[
            "line 1, column 15, field `categories`: no valid category: it must be 1 to 23 ASCII \
           letters and digits, a letter first, and hold neither `Application` nor `Issuance`",
        ],
    );
    check(
        &format!("categories = \"Boat\"\n{QUESTION}"),
        &["line 1, column 14, field `categories`: it must be a list of names, and this is a text"],
    );
}

#[test]
fn words_have_to_be_known() {
    let known: Vec<_> = Category::BUILT_IN.iter().map(ToString::to_string).collect();
    let message = "line 3, column 12, \"question\", field `category`: no valid category: \"Boat\" is \
                   none of";
    check(
        &replaced(QUESTION, "category", "category = \"Boat\""),
        &[&format!("{message} {}", known.join(", "))],
    );
    for (line, message) in [
        (
            "kind = \"complaint\"",
            "line 4, column 8, \"question\", field `kind`: no valid petition kind: \"complaint\" \
             is none of statutory, inquiry, suggestion, other, grievance",
        ),
        (
            "service = \"instant\"",
            "line 5, column 11, \"question\", field `service`: no valid service type: \"instant\" \
             is none of instant-issuance, deadline-bound, unlinked",
        ),
        (
            "period = \"a week\"",
            "line 6, column 10, \"question\", field `period`: no valid period: it must be \
             `immediate` or a number and a unit, as in `7 days` or `8 hours`",
        ),
        (
            "period = \"0 days\"",
            "line 6, column 10, \"question\", field `period`: no valid period: it must be at \
             least one of its unit",
        ),
        (
            "name = \"\"",
            "line 2, column 8, \"\", field `name`: no valid petition type: it must have 1 to 200 \
             bytes",
        ),
    ] {
        let field = line.split_once(" = ").unwrap().0;
        check(&replaced(QUESTION, field, line), &[message]);
    }
}

#[test]
fn a_value_has_to_be_of_its_sort() {
    for (field, value, message) in [
        (
            "name",
            "7",
            "it must be a text in quotes, and this is a whole number",
        ),
        (
            "period",
            "7",
            "it must be a text in quotes, and this is a whole number",
        ),
        (
            "document",
            "2026-05-06",
            "it must be a text in quotes, and this is a date",
        ),
        (
            "fees",
            "400",
            "it must be a table of channels, as in `{ online = 0, counter = 400 }`, and this is a whole number",
        ),
        (
            "fees",
            "{}",
            "nobody could file it; name a channel, as in `{ online = 0 }`",
        ),
    ] {
        let text = register_with(field, &format!("{field} = {value}"));
        let problems = problems(&text);
        assert!(
            problems.iter().any(|it| it.ends_with(message)),
            "{problems:?}"
        );
    }
    for (line, message) in [
        (
            "pick_up = \"yes\"",
            "it must be true or false, and this is a text",
        ),
        (
            "copies = \"two\"",
            "it must be a whole number, such as 1, and this is a text",
        ),
        ("copies = 0", "it must be 1 to 1000 copies"),
        ("copies = 1001", "it must be 1 to 1000 copies"),
        (
            "required_documents = \"deed\"",
            "it must be a list of texts, as in `[\"deed\"]`, and this is a text",
        ),
    ] {
        let text = format!("{REGISTER}{line}\n");
        let (field, value) = line.split_once(" = ").unwrap();
        let column = line.len() - value.len() + 1;
        let place = format!("line 9, column {column}, \"register\", field `{field}`");
        check(&text, &[&format!("{place}: {message}")]);
    }
}

#[test]
fn a_fee_is_a_whole_number_of_won() {
    for (fee, message) in [
        ("-1", "a fee is never negative; write 0 where it is free"),
        (
            "-99999999999999999999",
            "a fee is never negative; write 0 where it is free",
        ),
        (
            "0.5",
            "it must be a whole number of won, such as 400, and this is a number with a fraction",
        ),
        (
            "\"400 won\"",
            "it must be a whole number of won, such as 400, and this is a text",
        ),
        ("4294967296", "it must be at most 4294967295"),
        ("99999999999999999999", "it must be at most 4294967295"),
    ] {
        let line = format!("fees = {{ online = 0, counter = {fee} }}");
        let place = "line 8, column 32, \"register\", field `fees.counter`";
        check(
            &register_with("fees", &line),
            &[&format!("{place}: {message}")],
        );
    }
}

#[test]
fn a_fee_is_for_a_channel_that_there_is() {
    check(
        &register_with("fees", "fees = { desk = 0 }"),
        &[
            "line 8, column 10, \"register\", field `fees.desk`: there is no such field here, \
             only online, counter, post, email, telephone, oral, kiosk",
        ],
    );
    check(
        &register_with("fees", "fees = { online = 0, telephone = 0 }"),
        &[
            "line 8, column 34, \"register\", field `fees.telephone`: it cannot be filed by \
             telephone, since only the kind other may be spoken (A8)",
        ],
    );
}

/// A10.
#[test]
fn what_the_office_looks_up_is_not_demanded() {
    let lists = "required_documents = [\"deed\", \"map\"]\nshared_documents = [\"map\"]\n";
    check(
        &format!("{REGISTER}{lists}"),
        &[
            "line 9, column 31, \"register\", field `required_documents`: it is among the \
             `shared_documents`, so it must not be demanded (A10); keep it in one list",
        ],
    );
    check(
        &format!("{REGISTER}required_documents = [\"deed\", \"\", \"deed\"]\n"),
        &[
            "line 9, column 31, \"register\", field `required_documents[1]`: no valid document \
             type: it must have 1 to 200 bytes",
            "line 9, column 35, \"register\", field `required_documents[2]`: this document is \
             listed twice; keep one",
        ],
    );
}

#[test]
fn fields_about_a_document_need_one() {
    check(
        &format!("{QUESTION}copies = 2\npick_up = true\nfees = {{ online = 0 }}\n"),
        &[
            "line 7, column 10, \"question\", field `copies`: it is about a document, and no \
             `document` is named; name it, or leave this out",
            "line 8, column 11, \"question\", field `pick_up`: it is about a document, and no \
             `document` is named; name it, or leave this out",
            "line 9, column 8, \"question\", field `fees`: it is about a document, and no \
             `document` is named; name it, or leave this out",
        ],
    );
    check(
        &register_with("fees", ""),
        &["line 1, column 1, \"register\", field `fees`: it is missing"],
    );
    check(
        &format!("{QUESTION}document = \"deed\"\nfees = {{ online = 0 }}\n"),
        &[
            "line 7, column 12, \"question\", field `document`: no document follows from the kind \
             inquiry, which ends in an answer; leave it out",
        ],
    );
}

/// Returns the problem that is reported for a question of this kind with this period.
fn period_problem(kind: &str, period: &str) -> Option<String> {
    let text = replaced(QUESTION, "kind", &format!("kind = \"{kind}\""));
    let text = replaced(&text, "period", &format!("period = \"{period}\""));
    let error = PetitionCatalogue::parse(&text).err()?;
    let [problem] = error.problems() else {
        panic!("{error}");
    };
    assert_eq!((problem.line, &*problem.field), (6, "period"));
    Some(problem.fault.to_string())
}

/// D14 to D17.
#[test]
fn a_period_is_one_that_the_law_has_for_the_kind() {
    for (kind, allowed) in [
        (
            "statutory",
            &["immediate", "8 hours", "7 days", "2 weeks", "1 year"] as &[_],
        ),
        ("inquiry", &["14 days", "7 days", "112 hours", "immediate"]),
        ("suggestion", &["14 days", "10 days"]),
        ("grievance", &["7 days", "56 hours"]),
        // D16③: what cannot be done at once has a period of the agency's own.
        ("other", &["immediate", "3 hours", "10 days", "2 weeks"]),
    ] {
        for period in allowed {
            assert_eq!(period_problem(kind, period), None, "{kind} {period}");
        }
    }
    for (kind, period, message) in [
        (
            "inquiry",
            "15 days",
            "the kind inquiry has at most 14 days (D14)",
        ),
        (
            "inquiry",
            "113 hours",
            "the kind inquiry has at most 14 days (D14)",
        ),
        (
            "inquiry",
            "1 week",
            "for the kind inquiry it is counted in days or hours (D14)",
        ),
        (
            "suggestion",
            "15 days",
            "the kind suggestion has at most 14 days (D15)",
        ),
        (
            "suggestion",
            "1 month",
            "for the kind suggestion it is counted in days or hours (D15)",
        ),
        (
            "grievance",
            "8 days",
            "the kind grievance has at most 7 days (D17)",
        ),
        (
            "grievance",
            "57 hours",
            "the kind grievance has at most 7 days (D17)",
        ),
    ] {
        assert_eq!(
            period_problem(kind, period).as_deref(),
            Some(message),
            "{kind} {period}"
        );
    }
}

#[test]
fn what_is_issued_at_once_is_a_statutory_document() {
    let instant = register_with("service", "service = \"instant-issuance\"");
    check(
        &instant,
        &[
            "line 6, column 10, \"register\", field `period`: it must be immediate, since its \
             service is instant-issuance",
        ],
    );
    let instant = replaced(&instant, "period", "period = \"immediate\"");
    assert!(PetitionCatalogue::parse(&instant).is_ok());
    check(
        &replaced(&instant, "kind", "kind = \"grievance\""),
        &[
            "line 5, column 11, \"register\", field `service`: instant-issuance is for the kind \
             statutory, and this is grievance",
        ],
    );
    let no_document = replaced(&replaced(&instant, "document", ""), "fees", "");
    check(
        &no_document,
        &["line 5, column 11, \"register\", field `document`: it is missing"],
    );
}

#[test]
fn all_errors_are_reported_at_once_in_the_order_of_the_file() {
    let text = "\
        [[petition_type]]\nname = \"급\"\ncategory = \"Boat\"\nfee = 3\n\
        [[petition_type]]\nname = \"급\"\nkind = \"other\"\nperiod = \"7 days\"\n";
    let error = PetitionCatalogue::parse(text).unwrap_err();
    let found: Vec<_> = error
        .problems()
        .iter()
        .map(|it| (it.line, &*it.field))
        .collect();
    let expected = [
        (1, "kind"),
        (1, "service"),
        (1, "period"),
        (3, "category"),
        (4, "fee"),
        (5, "category"),
        (5, "service"),
        (6, "name"),
    ];
    assert_eq!(found, expected, "{error}");
    assert!(
        error
            .to_string()
            .starts_with("8 problems in the petition catalogue\n  line 1, ")
    );
}

#[test]
fn a_long_list_of_problems_is_cut() {
    let error = PetitionCatalogue::parse(&"[[petition_type]]\n".repeat(10)).unwrap_err();
    assert_eq!(error.problems().len(), 50);
    let text = error.to_string();
    assert_eq!(text.lines().count(), 22);
    assert!(text.ends_with("\n  and 30 more"), "{text}");
}

#[test]
fn columns_are_counted_in_characters() {
    let text = register_with("fees", "fees = { online = 0 } # 수수료");
    let text = text.replace("document = \"register\"", "\"document\" = \"대장\" # 대장");
    assert!(PetitionCatalogue::parse(&text).is_ok());
    let inline = "petition_type = [{ name = \"자동차\", kind = 7 }]";
    let problems = problems(inline);
    assert!(
        problems
            .iter()
            .any(|it| it.starts_with("line 1, column 41, \"자동차\", field `kind`")),
        "{problems:?}"
    );
}

#[test]
fn invalid_toml_is_reported_as_such() {
    let problems = problems(&format!("{REGISTER}kind = \"other\"\nperiod = 7 days\n"));
    assert!(
        problems[0].starts_with("line 9, column 1: this is no TOML: duplicate key"),
        "{problems:?}"
    );
    assert!(problems[1].starts_with("line 10, column "), "{problems:?}");
}

#[test]
fn a_file_lists_something() {
    for empty in ["", "# nothing yet\n", "petition_type = []"] {
        check(
            empty,
            &[
                "line 1, column 1: no petition type is listed; write `[[petition_type]]`, and its fields below",
            ],
        );
    }
    check(
        "[petition_type]\nname = \"one\"",
        &[
            "line 1, column 1, field `petition_type`: it must be a list: write `[[petition_type]]`, and this is a table",
        ],
    );
    check(
        "petition_type = [\"one\"]",
        &[
            "line 1, column 18, field `petition_type`: it must be a table: write `[[petition_type]]`, and this is a text",
        ],
    );
}

proptest! {
    #[test]
    fn no_text_makes_reading_panic(text: String) {
        let _ = PetitionCatalogue::parse(&text);
    }

    /// A file damaged anywhere is read or refused; a refusal names a place in it.
    #[test]
    fn a_damaged_file_is_refused_at_a_place(
        at in 0..PetitionCatalogue::published_text().len(),
        put in prop::sample::select(vec!["", "\"", "=", "[", "]", "\n", "7", "가", "{", "\r"]),
        cut in 0_usize..40,
    ) {
        let text = PetitionCatalogue::published_text();
        let boundary = |at: usize| (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        let (begin, end) = (boundary(at), boundary((at + cut).min(text.len())));
        let damaged = [&text[..begin], put, &text[end..]].concat();
        if let Err(error) = PetitionCatalogue::parse(&damaged) {
            for problem in error.problems() {
                let line = damaged.split('\n').nth(problem.line - 1);
                let columns = line.map_or(0, |line| line.chars().count() + 1);
                prop_assert!((1..=columns).contains(&problem.column), "{problem}");
            }
        }
    }
}
