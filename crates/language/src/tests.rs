use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use fluent_syntax::ast::Entry;
use minwon_petitions::{
    ApplicationRejection, ApplicationStatus, Calendar, CalendarError, Category, Date, DayKind, Due,
    IssuanceRejection, Message, Period, PetitionTypeRejection, Value, Won, message_forms,
};

use crate::{
    Language, Phrasebook, TextsError,
    forms::{self, Name, key, names},
    writer::Writer,
};

/// The variables of each text of a file, by key.
fn texts(language: Language) -> BTreeMap<String, Vec<String>> {
    let book = Phrasebook::of(language);
    let entries = book.resource().entries();
    let texts = entries.filter_map(|entry| match entry {
        Entry::Message(message) => {
            let pattern = message.value.as_ref().expect("no text is empty");
            let values = names(pattern).into_iter().filter_map(|name| match name {
                Name::Value(name) => Some(name.to_owned()),
                _ => None,
            });
            Some((message.id.name.to_owned(), values.collect()))
        }
        _ => None,
    });
    texts.collect()
}

fn written(language: Language, value: &Value<'_>) -> String {
    let book = Phrasebook::of(language);
    let mut writer = Writer::new(&book);
    let text = writer.value("", value);
    assert_eq!(writer.faults, [""; 0], "{language}: {value:?}");
    text
}

fn check(told: &impl minwon_petitions::AsValue, korean: &str, english: &str) {
    let value = told.as_value();
    assert_eq!(written(Language::Korean, &value), korean);
    assert_eq!(written(Language::English, &value), english);
}

fn read<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

#[test]
fn what_is_told_has_a_text_in_each_language_and_no_text_is_of_nothing() {
    let forms: BTreeSet<_> = forms::all().into_keys().collect();
    for language in Language::ALL {
        let texts: BTreeSet<_> = texts(*language).into_keys().collect();
        let missing: Vec<_> = forms.difference(&texts).collect();
        let unused: Vec<_> = texts.difference(&forms).collect();
        assert!(missing.is_empty(), "{language} has no {missing:?}");
        assert!(
            unused.is_empty(),
            "nobody says the {language} of {unused:?}"
        );
    }
}

#[test]
fn no_two_messages_share_a_key_and_no_key_stands_twice() {
    let forms = message_forms();
    let keys: BTreeSet<_> = forms.iter().map(|form| key(form.of, form.name)).collect();
    assert_eq!(keys.len(), forms.len());
    for language in Language::ALL {
        let book = Phrasebook::of(*language);
        let entries = book.resource().entries();
        let entries = entries.filter(|entry| matches!(entry, Entry::Message(_)));
        assert_eq!(entries.count(), texts(*language).len(), "{language}");
    }
}

#[test]
fn texts_speak_of_what_their_message_has_and_in_each_language_of_the_same() {
    let (forms, english) = (forms::all(), texts(Language::English));
    for (key, names) in texts(Language::Korean) {
        assert_eq!(Some(&names), english.get(&key), "{key}");
        for name in &names {
            assert!(forms[&key].contains(&name.as_str()), "{key}: ${name}");
        }
    }
}

/// Particles differ by the last sound of what is before them, which is not known of a value.
#[test]
fn no_particle_follows_a_value() {
    let lines = include_str!("../text/ko.ftl").lines();
    for line in lines.filter(|line| !line.starts_with('#')) {
        for after in line.split('}').skip(1) {
            let next = after.chars().next().unwrap_or(' ');
            assert!(!"은는이가을를과와으로아야나며라고".contains(next), "{line}");
        }
    }
}

/// All names of values at once, so that whatever a text speaks of is there.
#[test]
fn every_message_is_written_without_a_fault() {
    let samples = [
        Value::Count(0),
        Value::Count(1),
        Value::Count(2),
        Value::Text("종로구"),
        Value::Due(read("2026-03-09")),
        Value::Instant(read("2026-03-09T10:00:00+09:00")),
        Value::Period(read("7 days")),
        Value::WorkingTime(Duration::from_secs(90 * 60)),
        Value::List(vec![Value::Won(Won::new(500)), Value::Text("Jongno")]),
    ];
    let forms = message_forms();
    let told = forms
        .iter()
        .flat_map(|form| samples.iter().map(move |sample| (form, sample)));
    for (form, sample) in told {
        let values = form.values.iter().map(|name| (*name, sample.clone()));
        let message = Message {
            of: form.of,
            name: form.name,
            values: values.collect(),
        };
        for language in Language::ALL {
            let text = written(*language, &Value::Message(message.clone()));
            assert!(
                !text.is_empty() && !text.contains(['{', '}', '$']),
                "{text}"
            );
        }
    }
}

#[test]
fn every_holiday_of_the_calendar_has_a_text() {
    let calendar = Calendar::published();
    let mut day: Date = read("2020-01-01");
    while day.year() <= 2030 {
        let kind = calendar.day(day).unwrap();
        for language in Language::ALL {
            let text = written(*language, &minwon_petitions::AsValue::as_value(&kind));
            assert!(!text.contains("Substitute("), "{text}");
        }
        day = day.plus_days(1);
    }
    let names = [
        (
            "BuddhasBirthday+ChildrensDay",
            "부처님오신날·어린이날",
            "Buddha's Birthday and Children's Day",
        ),
        (
            "Substitute(BuddhasBirthday)",
            "부처님오신날 대체공휴일",
            "Substitute for Buddha's Birthday",
        ),
        (
            "Temporary(ArmedForcesDay)",
            "임시공휴일(국군의 날)",
            "Temporary public holiday (Armed Forces Day)",
        ),
        (
            "LocalElections(computed)",
            "지방선거일(잠정)",
            "Local Elections Day (provisional)",
        ),
    ];
    for (name, korean, english) in names {
        check(&DayKind::Holiday(name), korean, english);
    }
}

#[test]
fn times_are_those_of_seoul() {
    check(&read::<Due>("2026-03-09"), "2026년 3월 9일", "9 March 2026");
    check(
        &read::<Due>("2026-03-09T01:00:00Z"),
        "2026년 3월 9일 10:00",
        "9 March 2026, 10:00 (Seoul)",
    );
    check(
        &read::<minwon_core::Timestamp>("2026-03-09T15:00:01Z"),
        "2026년 3월 10일 00:00:01",
        "10 March 2026, 00:00:01 (Seoul)",
    );
    let last = minwon_core::Timestamp::MAX;
    check(
        &last,
        "9999년 12월 31일 23:59:59",
        "31 December 9999, 23:59:59 (Seoul)",
    );
}

#[test]
fn periods_and_amounts_are_written_as_offices_do() {
    for (period, korean, english) in [
        ("immediate", "즉시", "immediately"),
        ("8 hours", "8시간", "8 hours"),
        ("1 day", "1일", "1 day"),
        ("7 days", "7일", "7 days"),
        ("2 weeks", "2주", "2 weeks"),
        ("1 month", "1개월", "1 month"),
        ("3 years", "3년", "3 years"),
    ] {
        check(&read::<Period>(period), korean, english);
    }
    for (won, korean, english) in [
        (0, "0원", "0 won"),
        (500, "500원", "500 won"),
        (1_234_500, "1,234,500원", "1,234,500 won"),
    ] {
        check(&Won::new(won), korean, english);
    }
}

#[test]
fn the_time_that_is_left_is_told_with_what_stops_it() {
    use minwon_petitions::{
        Remaining,
        statute::SuspensionGround,
        view::{ClockStop, StopCause},
    };

    let left = Duration::from_secs(11 * 3_600 + 1_800);
    let running = Remaining::Running { left };
    check(
        &running,
        "남은 처리시간: 11시간 30분",
        "Working time left: 11 hours 30 minutes",
    );
    let stop = ClockStop {
        cause: StopCause::Suspension(SuspensionGround::Outage),
        since: read("2026-05-07T13:00:00+09:00"),
    };
    let left = Duration::from_secs(3_600);
    check(
        &Remaining::Standing { left, stop },
        "남은 처리시간: 1시간, 처리기간 정지: 정보시스템 장애(2026년 5월 7일 13:00부터)",
        "Working time left: 1 hour; suspended: system outage, since 7 May 2026, 13:00 (Seoul)",
    );
}

#[test]
fn rejections_name_their_article_and_times_in_seoul() {
    check(
        &ApplicationRejection::ObjectionTooLate {
            due: read("2026-05-08"),
            at: read("2026-05-08T15:00:00Z"),
        },
        "이의신청 기간이 지났습니다(이의신청 기한: 2026년 5월 8일, 신청: 2026년 5월 9일 00:00, \
         민원처리법 제35조제1항). 행정심판 또는 행정소송을 제기할 수 있습니다.",
        "The time to object is over (until: 8 May 2026, filed: 9 May 2026, 00:00 (Seoul); Civil Petitions \
         Treatment Act, Article 35(1)). An administrative appeal or lawsuit remains open.",
    );
    check(
        &ApplicationRejection::SupplementAwaited {
            command: "approve",
            due: read("2026-03-20"),
        },
        "보완을 기다리는 중이므로 처리할 수 없습니다(요청한 처리: 승인, 보완기한: 2026년 3월 20일).",
        "You cannot approve a petition while a supplement is awaited (due: 20 March 2026).",
    );
    check(
        &IssuanceRejection::WrongAmount {
            assessed: Won::new(1_500),
            paid: Won::new(500),
        },
        "납부한 금액이 산정된 수수료와 다릅니다(산정된 수수료: 1,500원, 납부한 금액: 500원).",
        "The amount paid is not the assessed fee (fee: 1,500 won, paid: 500 won).",
    );
    check(
        &PetitionTypeRejection::NotOffered {
            petition_type: read("건축물대장 발급"),
            channel: read("telephone"),
            offered: vec![read("online"), read("kiosk")],
        },
        "해당 방법으로는 신청할 수 없습니다(민원명: 건축물대장 발급, 신청 방법: 전화, \
         신청할 수 있는 방법: 전자민원창구, 무인민원발급창구).",
        "The petition type is not offered on this channel (type: 건축물대장 발급, channel: Telephone, \
         offered: Electronic petition window, Unattended issuing kiosk).",
    );
}

#[test]
fn what_a_rejection_wraps_is_told_with_it() {
    let calendar = Calendar::published().day(read("2031-01-01")).unwrap_err();
    assert!(matches!(calendar, CalendarError::Uncovered { .. }));
    check(
        &ApplicationRejection::from(calendar),
        "기한을 산정할 수 없습니다. 공휴일 자료에 없는 날입니다(해당일: 2031년 1월 1일, 자료의 범위: 2020년부터 \
         2030년까지, 자료: kr-2020-2030.1). 해당 연도의 자료가 있는 배포판을 사용하시기 바랍니다.",
        "The due date cannot be counted. The calendar does not know this day (day: 1 January 2031, from: 2020, \
         until: 2030, calendar: kr-2020-2030.1). Please use a release with a table that covers it.",
    );
}

#[test]
fn keywords_of_a_teams_own_are_shown_as_they_are_stored() {
    let book = Phrasebook::of(Language::Korean);
    assert_eq!(book.say(&Category::Car), "자동차등록원부 민원");
    assert_eq!(book.say(&Category::new("Passport")), "Passport");
    assert_eq!(book.say(&read::<minwon_petitions::Channel>("Desk")), "Desk");
}

#[test]
fn keys_are_in_lower_case_with_hyphens() {
    for (of, name, expected) in [
        ("PetitionKind", "statutory", "petition-kind-statutory"),
        ("DeliveryWay", "e-mail", "delivery-way-e-mail"),
        (
            "command",
            "enter an agency's answer to",
            "command-enter-an-agency-s-answer-to",
        ),
        ("article", "D6⑤", "article-d6-5"),
        ("BeforeCause", "", "before-cause"),
        ("what", "SHA-256", "what-sha-256"),
    ] {
        assert_eq!(key(of, name), expected);
    }
}

#[test]
fn an_office_puts_its_own_texts_in_the_place_of_ours() {
    let book = Phrasebook::of(Language::Korean);
    let own = book
        .with_texts("application-status-received = 접수 완료\n-act = 민원법\n")
        .unwrap();
    let again = own.with_texts("application-status-closed = 종료").unwrap();
    assert_eq!(again.say(&ApplicationStatus::Received), "접수 완료");
    assert_eq!(again.say(&ApplicationStatus::Closed), "종료");
    assert!(
        again
            .say(&ApplicationRejection::NoReasons)
            .contains("민원법 제27조")
    );
    assert_eq!(book.say(&ApplicationStatus::Received), "접수");

    let refused = |texts: &str| book.with_texts(texts).unwrap_err();
    assert!(matches!(refused("= ?"), TextsError::Syntax(_)));
    assert!(matches!(
        refused("recieved = 접수"),
        TextsError::UnknownKey { .. }
    ));
    assert!(matches!(
        refused("won =\n  .x = 원"),
        TextsError::NoText { .. }
    ));
    let unknown = refused("won = { $count ->\n  [one] 원\n *[other] { $amount }원\n}\n");
    assert_eq!(
        unknown.to_string(),
        "the text of won speaks of $count, and there is only: amount"
    );
}

#[test]
fn languages_read_back() {
    for language in Language::ALL {
        assert_eq!(language.to_string().parse(), Ok(*language));
    }
    assert_eq!(Language::default(), Language::Korean);
    assert!("fr".parse::<Language>().is_err());
}
