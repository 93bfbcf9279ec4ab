//! What leads to what: the flow of events between services, as the log says that it happened.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use minwon::{
    ServiceName,
    engine::{EventType, FlowCause, FlowEdge, LetterGroup, MessageKind, dead_letter_category},
};

use super::letters::Filter;
use crate::{Failure, door::Visitor, page, words::Words};

/// Edges that are drawn, the most frequent; the table has all of them.
const DRAWN_MAX: usize = 120;

/// Sizes of the picture. Unit: pixels.
const WIDTH: usize = 280;
const HEIGHT: usize = 52;
const BESIDE: usize = 120;
const BELOW: usize = 18;
const MARGIN: usize = 12;

/// Which kinds of events led to which, drawn and as a table that says the same.
pub(crate) async fn page(visitor: Visitor) -> Result<Markup, Failure> {
    let (desk, words) = (&visitor.app.desk, visitor.words);
    let title = words.say("flow");
    let Some(flow) = desk.flow().await else {
        let body = html! { p { (words.say("no-index-flow")) } };
        return Ok(page::page(&visitor, &title, &body));
    };
    let flow = flow?;
    let letters = desk.letter_groups().await?;
    let held = held(&letters.value);
    let letters_are = dead_letter_category();
    let is_work = |edge: &&FlowEdge| edge.effect.category != letters_are.as_str();
    let mut edges: Vec<_> = flow.value.iter().filter(is_work).collect();
    edges.sort_by_key(|edge| std::cmp::Reverse(edge.count));
    let body = html! {
        p { (words.say("flow-is")) }
        @if edges.is_empty() { p { (words.say("nothing-happened")) } } @else {
            (picture(&visitor, &edges[..edges.len().min(DRAWN_MAX)], &held))
            @if edges.len() > DRAWN_MAX { p { (words.count("flow-is-cut", DRAWN_MAX as u64)) } }
            (table(&visitor, &edges, &held))
        }
        (page::as_of(&visitor, &flow))
    };
    Ok(page::page(&visitor, &title, &body))
}

/// Who could not handle how many events of a type.
type HeldUp<'l> = BTreeMap<&'l EventType, BTreeMap<&'l str, u64>>;

fn held(groups: &BTreeMap<LetterGroup, u64>) -> HeldUp<'_> {
    let mut held = HeldUp::new();
    for (group, count) in groups {
        let consumers = held.entry(&group.event_type).or_default();
        *consumers.entry(group.consumer.as_str()).or_default() += count;
    }
    held
}

/// What stands in the picture: who gives commands, what nobody knows the cause of, and kinds of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place<'e> {
    Commands(&'e ServiceName),
    Elsewhere,
    Kind(&'e MessageKind),
}

fn from(edge: &FlowEdge) -> Place<'_> {
    match &edge.cause {
        FlowCause::Event(kind) => Place::Kind(kind),
        FlowCause::Command => Place::Commands(&edge.service),
        _ => Place::Elsewhere,
    }
}

/// Where each place stands, in columns: what leads to nothing but by itself first, and each other behind the
/// first that leads to it.
fn columns<'e>(edges: &[&'e FlowEdge]) -> Vec<Vec<Place<'e>>> {
    let ends = |edge: &&'e FlowEdge| (from(edge), Place::Kind(&edge.effect));
    let mut left: BTreeSet<_> = edges
        .iter()
        .flat_map(|edge| [ends(edge).0, ends(edge).1])
        .collect();
    let is_event = |place: &Place<'_>| matches!(place, Place::Kind(_));
    let is_effect = |place: &Place<'_>| {
        let mut causes = edges.iter().map(ends).filter(|(_, effect)| effect == place);
        causes.any(|(cause, _)| is_event(&cause) && cause != *place)
    };
    let mut columns: Vec<Vec<Place<'_>>> = Vec::new();
    let roots: Vec<_> = left.iter().copied().filter(|it| !is_event(it)).collect();
    columns.push(roots);
    columns.push(
        left.iter()
            .copied()
            .filter(|it| is_event(it) && !is_effect(it))
            .collect(),
    );
    while let Some(last) = columns.last() {
        left.retain(|place| !columns.iter().any(|column| column.contains(place)));
        let leads = |place: &Place<'_>| {
            let mut causes = edges.iter().map(ends).filter(|(_, effect)| effect == place);
            causes.any(|(cause, _)| is_event(&cause) && last.contains(&cause))
        };
        let mut next: Vec<_> = left.iter().copied().filter(leads).collect();
        if next.is_empty() {
            // What leads to itself by way of others begins anywhere.
            next.extend(left.first());
        }
        if next.is_empty() {
            break;
        }
        columns.push(next);
    }
    columns.retain(|column| !column.is_empty());
    columns
}

fn picture(visitor: &Visitor, edges: &[&FlowEdge], held: &HeldUp<'_>) -> Markup {
    let words = visitor.words;
    let columns = columns(edges);
    let (x, y) = (
        |column: usize| MARGIN + column * (WIDTH + BESIDE),
        |row: usize| MARGIN + row * (HEIGHT + BELOW),
    );
    let places = columns.iter().enumerate().flat_map(|(column, places)| {
        let places = places.iter().enumerate();
        places.map(move |(row, place)| (*place, (x(column), y(row))))
    });
    let places: BTreeMap<_, _> = places.collect();
    let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
    let (width, height) = (x(columns.len()) - BESIDE + MARGIN, y(rows) - BELOW + MARGIN);
    let most = edges.iter().map(|edge| edge.count).max().unwrap_or(1);
    html! {
        figure.flow tabindex="0" role="region" aria-label=(words.say("flow-picture")) {
            svg role="img" aria-labelledby="flow-title flow-said" width=(width) height=(height)
                viewBox={ "0 0 " (width) " " (height) } {
                title #flow-title { (words.say("flow-picture")) }
                desc #flow-said { (words.say("flow-said")) }
                @for edge in edges {
                    @let effect = Place::Kind(&edge.effect);
                    @if let (Some(cause), Some(at)) = (places.get(&from(edge)), places.get(&effect)) {
                        (line(words, edge, *cause, *at, most))
                    }
                }
                @for (place, at) in &places { (node(words, edges, *place, *at, held)) }
            }
        }
    }
}

/// A line from the right of what led to it to the left of what it led to.
fn line(
    words: &Words,
    edge: &FlowEdge,
    (from_x, from_y): (usize, usize),
    (to_x, to_y): (usize, usize),
    most: u64,
) -> Markup {
    let (from_x, from_y) = (from_x + WIDTH, from_y + HEIGHT / 2);
    let to_y = to_y + HEIGHT / 2;
    let bend = BESIDE / 2;
    let (out, into) = (from_x + bend, to_x.saturating_sub(bend));
    // Ten times as many are one step wider.
    let steps = most.max(1).ilog10() - edge.count.max(1).ilog10();
    let width = 5_u32.saturating_sub(steps).max(1);
    html! {
        path.edge d={ "M" (from_x) " " (from_y) " C" (out) " " (from_y) " " (into) " " (to_y) " " (to_x) " " (to_y) }
            stroke-width=(width) {
            title { (cause_of(words, edge)) " → " (edge.effect.event_type) " · " (edge.service) ": " (edge.count) }
        }
        text.count x=((from_x + to_x) / 2) y=((from_y + to_y) / 2) text-anchor="middle" { (edge.count) }
    }
}

fn node(
    words: &Words,
    edges: &[&FlowEdge],
    place: Place<'_>,
    (x, y): (usize, usize),
    held: &HeldUp<'_>,
) -> Markup {
    let count = match place {
        Place::Kind(kind) => edges
            .iter()
            .filter(|it| it.effect == *kind)
            .map(|it| it.count)
            .sum::<u64>(),
        place => edges
            .iter()
            .filter(|it| from(it) == place)
            .map(|it| it.count)
            .sum(),
    };
    let (name, told) = match place {
        Place::Commands(service) => (service.to_string(), words.say("flow-commands")),
        Place::Elsewhere => (words.say("flow-elsewhere"), String::new()),
        Place::Kind(kind) => (short(kind).to_owned(), kind.category.clone()),
    };
    let held = match place {
        Place::Kind(kind) => held.get(&kind.event_type).map(said),
        _ => None,
    };
    html! {
        g.node.command[!matches!(place, Place::Kind(_))].wrong[held.is_some()] {
            rect x=(x) y=(y) width=(WIDTH) height=(HEIGHT) rx="6" {}
            text.name x=(x + 10) y=(y + 21) { (name) }
            text.count x=(x + WIDTH - 10) y=(y + 21) text-anchor="end" { (count) }
            text.told x=(x + 10) y=(y + 41) {
                @match &held { Some(held) => { "! " (held) } None => { (told) } }
            }
        }
    }
}

/// The type without its category, by which most begin.
fn short(kind: &MessageKind) -> &str {
    let (name, category) = (kind.event_type.as_str(), &*kind.category);
    name.strip_prefix(category)
        .filter(|rest| !rest.is_empty())
        .unwrap_or(name)
}

fn said(consumers: &BTreeMap<&str, u64>) -> String {
    let consumers = consumers
        .iter()
        .map(|(consumer, count)| format!("{consumer}: {count}"));
    consumers.collect::<Vec<_>>().join(", ")
}

fn cause_of(words: &Words, edge: &FlowEdge) -> String {
    match &edge.cause {
        FlowCause::Event(kind) => kind.event_type.to_string(),
        FlowCause::Command => words.say("flow-a-command"),
        _ => words.say("flow-elsewhere"),
    }
}

fn table(visitor: &Visitor, edges: &[&FlowEdge], held: &HeldUp<'_>) -> Markup {
    let words = visitor.words;
    html! {
        div.wide {
            table {
                caption { (words.say("flow-table")) }
                thead { tr {
                    th { (words.say("cause")) } th { (words.say("service")) } th { (words.say("event-type")) }
                    th.number { (words.say("count")) } th { (words.say("held-up")) }
                } }
                tbody {
                    @for edge in edges {
                        @let of_type = &edge.effect.event_type;
                        tr.wrong[held.contains_key(of_type)] {
                            td { (cause_of(words, edge)) }
                            td { (edge.service) }
                            td { a href={ (visitor.app.at("/messages")) "?types=" (of_type) } { (of_type) } }
                            td.number { (edge.count) }
                            td {
                                @if let Some(consumers) = held.get(of_type) {
                                    a href={ (visitor.app.at("/letters/list")) "?" (Filter::of_type(of_type).query()) } {
                                        (said(consumers))
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str) -> MessageKind {
        MessageKind {
            category: "Application".into(),
            event_type: EventType::new(name).unwrap(),
        }
    }

    /// How many places stand in each column, and that each stands in one.
    fn widths(edges: &[(&str, &str)]) -> Vec<usize> {
        let edges = edges.iter().map(|(cause, effect)| {
            let cause = match *cause {
                "" => FlowCause::Command,
                "?" => FlowCause::Elsewhere,
                cause => FlowCause::Event(kind(cause)),
            };
            FlowEdge::new(cause, kind(effect), ServiceName::new("portal").unwrap(), 1)
        });
        let edges: Vec<_> = edges.collect();
        let edges: Vec<_> = edges.iter().collect();
        let columns = columns(&edges);
        let all: Vec<_> = columns.iter().flatten().collect();
        assert_eq!(all.len(), all.iter().collect::<BTreeSet<_>>().len());
        columns.iter().map(Vec::len).collect()
    }

    #[test]
    fn what_leads_to_something_stands_before_it_and_a_circle_ends() {
        assert_eq!(
            widths(&[("", "A"), ("", "B"), ("A", "C"), ("C", "D")]),
            [1, 2, 1, 1]
        );
        assert_eq!(widths(&[("", "A"), ("?", "A"), ("A", "A")]), [2, 1]);
        assert_eq!(widths(&[("A", "B"), ("B", "C"), ("C", "A")]), [1, 1, 1]);
        assert_eq!(widths(&[("", "A"), ("B", "C"), ("C", "B")]), [1, 1, 1, 1]);
        assert_eq!(widths(&[]), [0; 0]);
    }
}
