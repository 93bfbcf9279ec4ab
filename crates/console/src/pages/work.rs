//! What an office has to do: due today, late, awaited, and whose it is.

pub(crate) mod waiting;

use axum::extract::Query;
use maud::{Markup, html};
use minwon::{
    PetitionList,
    petitions::{Date, Group, Grouping, PetitionView},
};
use serde::Deserialize;

use super::letters::Part;
use crate::{
    Failure,
    door::Visitor,
    page::{self, encoded},
    record::Deed,
};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum List {
    #[default]
    DueToday,
    Late,
    Awaiting,
    Department,
    Officer,
    Waiting,
}

/// The lists, by their names in an address and the keys of their words.
const LISTS: [(List, &str, &str); 6] = [
    (List::DueToday, "due-today", "due-today"),
    (List::Late, "late", "late"),
    (List::Awaiting, "awaiting", "awaiting"),
    (List::Department, "department", "by-department"),
    (List::Officer, "officer", "by-officer"),
    (List::Waiting, "waiting", "waiting"),
];

#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    list: List,
    #[serde(default)]
    of: String,
}

pub(crate) async fn page(
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
    Query(wait): Query<waiting::Wait>,
    Query(part): Query<Part>,
) -> Result<Markup, Failure> {
    let (desk, words) = (&visitor.app.desk, visitor.words);
    let (now, rows) = (desk.now(), part.rows()?);
    let (_, name, _) = LISTS[wanted.list as usize];
    let grouping = match wanted.list {
        List::Department => Some(Grouping::Department),
        List::Officer => Some(Grouping::Officer),
        List::Waiting => Some(Grouping::Category),
        _ => None,
    };
    let here = format!(
        "{}?list={name}&of={}",
        visitor.app.at("/work"),
        encoded(&wanted.of).0
    );
    let content = match (grouping, &*wanted.of) {
        (Some(grouping), "") => {
            let answer = desk.open_counts(grouping).await?;
            html! {
                (counts(&visitor, name, &answer.value))
                (page::as_of(&visitor, &answer))
            }
        }
        (grouping, of) => {
            let group = grouping.map(|it| Group::of_member(it, of)).transpose();
            let group = group.map_err(|_| Failure::Malformed("malformed-filter"))?;
            let list = match wanted.list {
                List::Waiting => format!("{} {of}", wait.told()),
                _ => format!("{name} {of}"),
            };
            visitor.record(Deed::LookedAtList { list }).await?;
            match (wanted.list, &group) {
                (List::Waiting, Some(group)) => {
                    html! { p.told { (told(group)) } (waiting::page(&visitor, &wait, group, rows).await?) }
                }
                _ => {
                    let list = match (wanted.list, &group) {
                        (List::Late, _) => desk.late_at(now, &rows).await,
                        (List::Awaiting, _) => desk.awaiting_supplement(&rows).await,
                        (_, Some(group)) => desk.open(group, &rows).await,
                        _ => desk.due_on(Date::in_seoul(now), &rows).await,
                    };
                    let list = list?;
                    html! {
                        @if let Some(group) = &group { p.told { (told(group)) } }
                        (petitions(&visitor, &list))
                        (page::next(&visitor, &here, list.value.next.as_ref()))
                        (page::as_of(&visitor, &list))
                    }
                }
            }
        }
    };
    let body = html! {
        nav.tabs aria-label=(words.say("work")) {
            @for (list, name, key) in LISTS {
                a href={ (visitor.app.at("/work")) "?list=" (name) } aria-current=[(list == wanted.list).then_some("true")] {
                    (words.say(key))
                }
            }
        }
        (content)
    };
    Ok(page::page(&visitor, &words.say("work"), &body))
}

fn told(group: &Group) -> String {
    match group {
        Group::Department { agency, department } => format!("{agency} · {department}"),
        group => group.member(),
    }
}

fn counts(visitor: &Visitor, list: &str, counts: &minwon::OpenCounts) -> Markup {
    let mut counts: Vec<_> = counts.iter().collect();
    counts.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    html! {
        @if counts.is_empty() { p { (visitor.words.say("nothing-open")) } }
        table { tbody {
            @for (group, count) in counts {
                tr {
                    td.number { (count) }
                    th scope="row" {
                        a href={ (visitor.app.at("/work")) "?list=" (list) "&of=" (encoded(&group.member())) } { (told(group)) }
                    }
                }
            }
        } }
    }
}

fn petitions(visitor: &Visitor, list: &PetitionList) -> Markup {
    let words = visitor.words;
    html! {
        @if list.value.views.is_empty() { p { (words.say("nothing-here")) } } @else {
            table {
                thead { tr {
                    th { (words.say("petition")) } th { (words.say("receipt")) } th { (words.say("petition-type")) }
                    th { (words.say("status")) } th { (words.say("due")) } th { (words.say("officer")) }
                } }
                tbody { @for (_, view) in &list.value.views { (row(visitor, view)) } }
            }
        }
    }
}

fn row(visitor: &Visitor, view: &PetitionView) -> Markup {
    let book = &visitor.words.book;
    let filed = view.filed();
    let case = filed.and_then(|filed| filed.case.as_ref());
    html! {
        tr {
            td { a href={ (visitor.app.at("/petitions/")) (encoded(view.id.as_str())) } { (view.id) } }
            td { @if let Some(case) = case { (case.receipt.receipt_number) } }
            td { @if let Some(filed) = filed { (filed.filing.petition_type) } }
            td { @if let Some(status) = view.status() { (book.say(&status)) } }
            td { @if let Some(due) = filed.and_then(|filed| filed.due()) { (book.say(&due)) } }
            td { @if let Some(officer) = filed.and_then(|filed| filed.officer()) { (officer) } }
        }
    }
}
