use std::collections::BTreeSet;

use chrono::Datelike;

use super::*;

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Seollal, Buddha's Birthday and Chuseok of each year.
const LUNAR: [(i32, &str, &str, &str); 11] = [
    (2020, "2020-01-25", "2020-04-30", "2020-10-01"),
    (2021, "2021-02-12", "2021-05-19", "2021-09-21"),
    (2022, "2022-02-01", "2022-05-08", "2022-09-10"),
    (2023, "2023-01-22", "2023-05-27", "2023-09-29"),
    (2024, "2024-02-10", "2024-05-15", "2024-09-17"),
    (2025, "2025-01-29", "2025-05-05", "2025-10-06"),
    (2026, "2026-02-17", "2026-05-24", "2026-09-25"),
    (2027, "2027-02-07", "2027-05-13", "2027-09-15"),
    (2028, "2028-01-27", "2028-05-02", "2028-10-03"),
    (2029, "2029-02-13", "2029-05-20", "2029-09-22"),
    (2030, "2030-02-03", "2030-05-09", "2030-09-12"),
];

/// Elections and days designated by the government.
const DESIGNATED: [(&str, &str); 12] = [
    ("2020-04-15", "NationalAssemblyElection"),
    ("2020-08-17", "Temporary"),
    ("2022-03-09", "PresidentialElection"),
    ("2022-06-01", "LocalElections"),
    ("2023-10-02", "Temporary"),
    ("2024-04-10", "NationalAssemblyElection"),
    ("2024-10-01", "Temporary(ArmedForcesDay)"),
    ("2025-01-27", "Temporary"),
    ("2025-06-03", "Temporary(PresidentialElection)"),
    ("2026-06-03", "LocalElections"),
    ("2028-04-12", "NationalAssemblyElection(computed)"),
    ("2030-06-12", "LocalElections(computed)"),
];

/// The presidential election of 2030 is not settled, and nothing is tested on it.
const UNSETTLED: &str = "2030-03-27";

fn by_rule(year: i32) -> BTreeMap<Date, String> {
    let (_, seollal, buddha, chuseok) = LUNAR[usize::try_from(year - 2020).unwrap()];
    let designated: Vec<_> = DESIGNATED.map(|(day, name)| (date(day), name)).into();
    let designated: Vec<_> = designated
        .into_iter()
        .filter(|(day, _)| day.year() == year)
        .collect();
    holidays_by_rule(&YearFacts {
        year,
        seollal: date(seollal),
        buddhas_birthday: date(buddha),
        chuseok: date(chuseok),
        designated: &designated,
    })
}

#[test]
fn the_table_is_what_the_rules_say() {
    for year in table::YEARS {
        let table: BTreeMap<_, _> = Calendar::published()
            .holidays()
            .filter(|(day, _)| day.year() == year && *day != date(UNSETTLED))
            .map(|(day, name)| (day, name.to_owned()))
            .collect();
        assert_eq!(table, by_rule(year), "{year}");
    }
}

#[test]
fn every_row_of_the_table_is_sound() {
    let mut last = None;
    let mut lines = table::CSV.lines();
    assert_eq!(lines.next(), Some("date,weekday,name,source"));
    for row in lines {
        let [day, weekday, name, source] = row.split(',').collect::<Vec<_>>()[..] else {
            panic!("{row}");
        };
        let day = date(day);
        assert!(table::YEARS.contains(&day.year()), "{row}");
        assert_eq!(day.weekday().to_string(), weekday, "{row}");
        assert!(Some(day) > last, "{row}");
        assert_eq!(table::published().get(&day), Some(&name), "{row}");
        let official = source == "npm-official-almanac+rule";
        assert_eq!(official, day.year() < table::PROVISIONAL_FROM, "{row}");
        last = Some(day);
    }
    assert_eq!(table::published().len(), table::CSV.lines().count() - 1);
}

/// A due is stored with the version of the calendar it was counted with.
#[test]
fn a_changed_table_has_another_version() {
    let digest = table::CSV
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |digest, byte| {
            (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    let known = ("kr-2020-2030.1", 0x59bb_ccba_3a05_88b5);
    let advice = "raise the number in TABLE_VERSION, then write both here";
    assert_eq!((TABLE_VERSION, digest), known, "{advice}");
}

#[test]
fn the_traps_of_the_table() {
    let calendar = Calendar::published();
    let off = [
        // Designated, and elections.
        "2020-08-17",
        "2023-10-02",
        "2024-10-01",
        "2025-01-27",
        "2025-06-03",
        "2022-03-09",
        "2022-06-01",
        "2024-04-10",
        "2026-06-03",
        // Two holidays on one weekday; substitutes that wait for other holidays.
        "2025-05-06",
        "2024-02-12",
        "2025-10-08",
        "2028-10-05",
        "2023-01-24",
        // Holidays since 2026.
        "2026-05-01",
        "2026-07-17",
        "2027-05-03",
        "2027-07-19",
        "2027-12-27",
    ];
    for day in off {
        let kind = calendar.day(date(day)).unwrap();
        assert!(matches!(kind, DayKind::Holiday(_)), "{day}: {kind:?}");
        assert!(!calendar.is_working_day(date(day)).unwrap(), "{day}");
    }
    let on = [
        // Before the rules for them came: 1 May and 17 July, and substitutes of 2021 to 2023.
        "2025-05-01",
        "2025-07-17",
        "2021-06-07",
        "2022-12-26",
        "2022-05-09",
        // New Year's Day and Memorial Day have none; Seollal and Chuseok none for a Saturday.
        "2022-01-03",
        "2028-01-03",
        "2026-06-08",
        "2021-02-15",
        "2026-09-28",
    ];
    for day in on {
        assert_eq!(calendar.day(date(day)), Ok(DayKind::Working), "{day}");
        assert_eq!(calendar.is_working_day(date(day)), Ok(true), "{day}");
    }
}

#[test]
fn weekends_are_no_holidays() {
    let calendar = Calendar::published();
    let kind = |day| calendar.day(date(day)).unwrap();
    assert_eq!(kind("2026-03-07"), DayKind::Saturday);
    assert_eq!(kind("2026-03-08"), DayKind::Sunday);
    assert_eq!(kind("2026-05-24"), DayKind::Holiday("BuddhasBirthday"));
}

#[test]
fn outside_the_covered_years_nothing_is_a_working_day() {
    let calendar = Calendar::published();
    for day in ["2019-12-31", "2031-01-01"] {
        let day = date(day);
        let error = calendar.day(day).unwrap_err();
        assert!(matches!(error, CalendarError::Uncovered { .. }));
        assert_eq!(calendar.is_working_day(day), Err(error.clone()));
        assert_eq!(calendar.working_day_from(day), Err(error.clone()));
        assert!(calendar.with_holiday(day).is_err());
        assert!(calendar.without_holiday(day).is_err());
        let inside = at("2026-03-09T10:00:00+09:00");
        let outside = day.start_in_seoul();
        assert!(calendar.working_time_between(inside, outside).is_err());
        assert!(calendar.working_time_between(outside, inside).is_err());
    }
    assert!(calendar.is_working_day(date("2030-12-31")).unwrap());
    assert!(!calendar.is_working_day(date("2020-01-01")).unwrap());
    assert!(!calendar.is_provisional(date("2027-12-31")));
    assert!(calendar.is_provisional(date("2028-01-01")));
}

#[test]
fn overrides_make_one_version_per_set_of_holidays() {
    let published = Calendar::published();
    let (a, b) = (date("2026-03-13"), date("2026-10-02"));
    let both = published.with_holiday(b).unwrap().with_holiday(a).unwrap();
    assert_eq!(
        both.version().as_str(),
        "kr-2020-2030.1+2026-03-13+2026-10-02"
    );
    assert_eq!(
        both,
        published.with_holiday(a).unwrap().with_holiday(b).unwrap()
    );
    assert_eq!(both.day(a), Ok(DayKind::Holiday("Temporary")));
    let none = both.without_holiday(a).unwrap().without_holiday(b).unwrap();
    assert_eq!(&none, published);
    assert_eq!(
        &published.with_holiday(date("2026-12-25")).unwrap(),
        published
    );
    assert_eq!(&published.without_holiday(a).unwrap(), published);
}

#[test]
fn an_election_can_be_withdrawn_and_comes_back_under_its_name() {
    let published = Calendar::published();
    let election = date("2026-06-03");
    let without = published.without_holiday(election).unwrap();
    assert_eq!(without.version().as_str(), "kr-2020-2030.1-2026-06-03");
    assert!(without.is_working_day(election).unwrap());
    assert_eq!(without, without.without_holiday(election).unwrap());
    assert_eq!(&without.with_holiday(election).unwrap(), published);
}

#[test]
fn holidays_by_statute_are_not_withdrawn() {
    for day in ["2026-12-25", "2026-10-05", "2025-05-05"] {
        let refused = Calendar::published().without_holiday(date(day));
        assert!(
            matches!(refused, Err(OverrideError::Statutory { .. })),
            "{day}"
        );
    }
}

#[test]
fn a_version_has_room_for_so_many_overrides() {
    let mut calendar = Calendar::published().clone();
    for day in 0..10 {
        calendar = calendar
            .with_holiday(date("2026-04-01").plus_days(day))
            .unwrap();
    }
    assert_eq!(
        Calendar::of_version(calendar.version()),
        Ok(calendar.clone())
    );
    let more = calendar.with_holiday(date("2026-04-20"));
    assert_eq!(more, Err(OverrideError::TooMany { max: OVERRIDES_MAX }));
}

#[test]
fn a_version_that_no_calendar_has_is_refused() {
    for text in [
        "kr-2020-2030.2",
        "kr-2020-2030.1+",
        "kr-2020-2030.1+2026-03-1",
        "kr-2020-2030.1*2026-03-13",
        "kr-2020-2030.1+2026-10-02+2026-03-13",
        "kr-2020-2030.1+2026-12-25",
        "kr-2020-2030.1-2026-12-25",
        "kr-2020-2030.1+2026-03-1한",
        "kr-2020-2030.1한2026-03-13",
    ] {
        let version = CalendarVersion::new(text).unwrap();
        assert!(Calendar::of_version(&version).is_err(), "{text}");
    }
}

/// The axes beside a count by hand, around each hour of a week with a holiday in it.
#[test]
fn positions_are_working_time() {
    let calendar = Calendar::published();
    let between = |from: &str, until: &str| {
        let time = calendar.working_time_between(at(from), at(until)).unwrap();
        time.as_secs() / 60
    };
    let from = "2026-03-06T00:00:00+09:00";
    assert_eq!(between(from, "2026-03-06T09:00:00+09:00"), 0);
    assert_eq!(between(from, "2026-03-06T09:01:00+09:00"), 1);
    assert_eq!(between(from, "2026-03-06T12:00:00+09:00"), 180);
    assert_eq!(between(from, "2026-03-06T12:30:00+09:00"), 180);
    assert_eq!(between(from, "2026-03-06T13:30:00+09:00"), 210);
    assert_eq!(between(from, "2026-03-06T18:00:00+09:00"), 480);
    assert_eq!(between(from, "2026-03-08T13:00:00+09:00"), 480);
    assert_eq!(between(from, "2026-03-09T23:59:00+09:00"), 960);
    assert_eq!(between("2026-03-09T10:00:00+09:00", from), 0);
}

#[test]
fn a_position_is_reached_at_the_earliest_instant() {
    let calendar = Calendar::published();
    let from = calendar.position(at("2026-03-06T17:00:00+09:00")).unwrap();
    for (hours, reached) in [
        (1, "2026-03-06T18:00:00+09:00"),
        (2, "2026-03-09T10:00:00+09:00"),
        (4, "2026-03-09T12:00:00+09:00"),
        (5, "2026-03-09T14:00:00+09:00"),
        (9, "2026-03-09T18:00:00+09:00"),
    ] {
        let instant = calendar.instant_at(from + hours * WORKING_HOUR_MICROS);
        assert_eq!(instant, Ok(at(reached)), "{hours}");
    }
    let end = calendar.position_cut(Timestamp::MAX);
    assert_eq!(
        calendar.instant_at(end),
        Ok(at("2030-12-31T18:00:00+09:00"))
    );
    assert!(calendar.instant_at(end + 1).is_err());
    assert!(calendar.instant_at(0).is_err());
}

/// Look-ups agree with a walk over every covered day.
#[test]
fn every_covered_day_is_where_a_walk_finds_it() {
    let calendar = Calendar::published();
    let holidays: BTreeSet<_> = calendar.holidays().map(|(day, _)| day).collect();
    let (mut day, mut before) = (date("2020-01-01"), 0);
    while day.year() <= 2030 {
        let weekday = chrono::NaiveDate::parse_from_str(&day.to_string(), "%Y-%m-%d")
            .unwrap()
            .weekday()
            .number_from_monday();
        let working = weekday <= 5 && !holidays.contains(&day);
        assert_eq!(calendar.is_working_day(day), Ok(working), "{day}");
        assert_eq!(calendar.working_days_before(day), Ok(before), "{day}");
        if working {
            assert_eq!(calendar.nth_working_day(before), Ok(day));
            assert_eq!(calendar.working_day_from(day), Ok(day));
            before += 1;
        } else if day < date("2030-12-31") {
            assert!(calendar.working_day_from(day).unwrap() > day);
        }
        day = day.plus_days(1);
    }
    assert!(calendar.nth_working_day(before).is_err());
}
