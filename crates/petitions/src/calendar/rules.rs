//! Which days are public holidays by the Regulations on Public Holidays of Government Offices
//! (text of 2026-05), from what the regulations leave to the moon and to the government.

use std::collections::BTreeMap;

use chrono::Weekday;

use crate::date::Date;

/// The facts about a year that the regulations do not fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YearFacts<'a> {
    /// The year.
    pub year: i32,
    /// Seollal: the first day of the lunar year.
    pub seollal: Date,
    /// Buddha's Birthday: the eighth of the fourth lunar month.
    pub buddhas_birthday: Date,
    /// Chuseok: the fifteenth of the eighth lunar month.
    pub chuseok: Date,
    /// Elections on expiry of a term and days that the government designated, with their names.
    pub designated: &'a [(Date, &'a str)],
}

/// On which days a holiday has a substitute (Art. 3①).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Substituted {
    /// An election, or a day that the government designated: never, nor does it give one to a holiday
    /// that it coincides with.
    Designated,
    /// 1 January and Memorial Day: never.
    Never,
    /// On a Sunday, or on a weekday that is a holiday already. From the year and month on.
    OnSunday(i32, u32),
    /// Also on a Saturday. From the year and month on.
    OnWeekend(i32, u32),
}
use Substituted::{Designated, Never, OnSunday, OnWeekend};

/// Holidays of the solar calendar: month, day, name, since when, substitute. Substitutes came in
/// steps: 2014, 2021-08 (national days), 2023-05 (Buddha's Birthday, Christmas), 2026-05 (Labour
/// Day, Constitution Day, which are holidays only since then).
const SOLAR: [(u32, u32, &str, i32, Substituted); 10] = [
    (1, 1, "NewYear", 0, Never),
    (3, 1, "IndependenceMovementDay", 0, OnWeekend(2021, 8)),
    (5, 1, "LabourDay", 2026, OnWeekend(2026, 5)),
    (5, 5, "ChildrensDay", 0, OnWeekend(2014, 1)),
    (6, 6, "MemorialDay", 0, Never),
    (7, 17, "ConstitutionDay", 2026, OnWeekend(2026, 5)),
    (8, 15, "LiberationDay", 0, OnWeekend(2021, 8)),
    (10, 3, "NationalFoundationDay", 0, OnWeekend(2021, 8)),
    (10, 9, "HangulDay", 0, OnWeekend(2021, 8)),
    (12, 25, "Christmas", 0, OnWeekend(2023, 5)),
];

type Named = BTreeMap<Date, BTreeMap<String, Substituted>>;

/// The public holidays of a year from 2014 on, by the regulations: for checking a table, and for
/// making the next one. Holidays on the same day are joined by `+`; a substitute is called
/// `Substitute(…)`.
///
/// ```
/// use minwon_petitions::calendar::{YearFacts, holidays_by_rule};
/// let facts = YearFacts {
///     year: 2025,
///     seollal: "2025-01-29".parse()?,
///     buddhas_birthday: "2025-05-05".parse()?,
///     chuseok: "2025-10-06".parse()?,
///     designated: &[],
/// };
/// let holidays = holidays_by_rule(&facts);
/// assert_eq!(holidays[&"2025-05-05".parse()?], "BuddhasBirthday+ChildrensDay");
/// assert_eq!(holidays[&"2025-05-06".parse()?], "Substitute(BuddhasBirthday)");
/// # Ok::<(), minwon_petitions::FormatError>(())
/// ```
#[must_use]
pub fn holidays_by_rule(facts: &YearFacts<'_>) -> BTreeMap<Date, String> {
    let named = named(facts);
    let join = |names: &BTreeMap<String, _>| names.keys().cloned().collect::<Vec<_>>().join("+");
    let mut holidays: BTreeMap<_, _> = named.iter().map(|(&day, n)| (day, join(n))).collect();
    for (day, names) in &named {
        for name in substituted(*day, names) {
            let substitute = first_free_after(*day, &holidays);
            holidays.insert(substitute, format!("Substitute({name})"));
        }
    }
    holidays
}

/// The holidays but for substitutes (Art. 2).
fn named(facts: &YearFacts<'_>) -> Named {
    let mut named = Named::new();
    let mut add = |day: Date, name: &str, substituted| {
        let names = named.entry(day).or_default();
        names.insert(name.to_owned(), substituted);
    };
    for (month, day, name, since, substituted) in SOLAR {
        if facts.year >= since {
            let day = Date::new(facts.year, month, day).expect("a day of every year");
            add(day, name, substituted);
        }
    }
    add(
        facts.buddhas_birthday,
        "BuddhasBirthday",
        OnWeekend(2023, 5),
    );
    for (middle, name) in [(facts.seollal, "Seollal"), (facts.chuseok, "Chuseok")] {
        add(
            shifted(middle, -1),
            &format!("{name}Eve"),
            OnSunday(2014, 1),
        );
        add(middle, name, OnSunday(2014, 1));
        add(
            shifted(middle, 1),
            &format!("{name}Next"),
            OnSunday(2014, 1),
        );
    }
    for (day, name) in facts.designated {
        add(*day, name, Designated);
    }
    named
}

/// Returns which of the holidays of a day have a substitute. Where several meet on a weekday, one
/// day off is lost, and there is one substitute (2025-05-06); on a weekend each has its own.
fn substituted(day: Date, names: &BTreeMap<String, Substituted>) -> Vec<&str> {
    let of = |wanted: fn(&Substituted) -> bool| {
        let since = move |how: &Substituted| match *how {
            Designated | Never => false,
            OnSunday(year, month) | OnWeekend(year, month) => {
                (day.year(), day.month()) >= (year, month)
            }
        };
        let names = names
            .iter()
            .filter(move |(_, how)| since(how) && wanted(how));
        names.map(|(name, _)| name.as_str())
    };
    match day.weekday() {
        Weekday::Sun => of(|_| true).collect(),
        Weekday::Sat => of(|how| matches!(how, OnWeekend(..))).collect(),
        // A day of Art. 2, item 10-2 or 11, makes no coincidence: Art. 3①3 speaks of items 2 to 10.
        _ if names.values().filter(|how| **how != Designated).count() > 1 => {
            of(|_| true).take(1).collect()
        }
        _ => Vec::new(),
    }
}

/// The first day after `day` that is no holiday and no Saturday (Art. 3①-③).
fn first_free_after(day: Date, holidays: &BTreeMap<Date, String>) -> Date {
    let mut day = shifted(day, 1);
    while holidays.contains_key(&day) || matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
        day = shifted(day, 1);
    }
    day
}

fn shifted(day: Date, days: i64) -> Date {
    Date::from_epoch_days(day.epoch_days() + days).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Art. 3①3 covers what items 2 to 10 of Art. 2 name.
    #[test]
    fn an_election_on_a_holiday_gives_no_substitute() {
        let date = |text: &str| -> Date { text.parse().unwrap() };
        let hangul_day = date("2026-10-09");
        let elections = [(hangul_day, "Election")];
        let facts = YearFacts {
            year: 2026,
            seollal: date("2026-02-17"),
            buddhas_birthday: date("2026-05-24"),
            chuseok: date("2026-09-25"),
            designated: &elections,
        };
        let holidays = holidays_by_rule(&facts);
        assert_eq!(holidays[&hangul_day], "Election+HangulDay");
        assert!(!holidays.contains_key(&date("2026-10-12")), "{holidays:?}");
        // A weekend gives one all the same.
        let liberation = [(date("2026-08-15"), "Election")];
        let holidays = holidays_by_rule(&YearFacts {
            designated: &liberation,
            ..facts
        });
        assert_eq!(holidays[&date("2026-08-17")], "Substitute(LiberationDay)");
    }
}
