//! The read models: which generation answers, how far each is, and what is being built.

use maud::{Markup, html};
use minwon::engine::{ModelStatus, PartState};

use crate::{
    Failure,
    door::Visitor,
    page::{self, since},
    pages::upkeep,
};

pub(crate) async fn page(visitor: Visitor) -> Result<Markup, Failure> {
    let (desk, words) = (&visitor.app.desk, visitor.words);
    let head = desk.head().await?;
    let status = desk.status();
    let body = html! {
        p.as-of { (words.say("log-ends-at")) " " (head) }
        table {
            thead { tr {
                th { (words.say("read-model")) } th { (words.say("schema")) } th { (words.say("generation")) }
                th { (words.say("position")) } th { (words.say("slices")) } th.number { (words.say("folded")) }
                th { (words.say("behind-since")) } th { (words.say("state")) }
            } }
            tbody { @for model in &status.projector.models { (row(&visitor, model)) } }
        }
        (upkeep::section(&visitor).await)
        h2 { (words.say("reactors")) }
        p { (words.say("since-start")) }
        table {
            thead { tr {
                th { (words.say("reactor")) } th { (words.say("position")) } th.number { (words.say("handled")) }
                th.number { (words.say("letters")) } th.number { (words.say("parked")) } th { (words.say("state")) }
            } }
            tbody {
                @for reactor in &status.reactors {
                    tr.wrong[reactor.state != PartState::Running] {
                        th scope="row" { (reactor.reactor) }
                        td { @if let Some(position) = reactor.position() { (position) } }
                        td.number { (reactor.handled_events) }
                        td.number { (reactor.dead_letters) }
                        td.number { (reactor.parked_events) }
                        td { (state(&visitor, &reactor.state)) }
                    }
                }
            }
        }
    };
    Ok(page::page(&visitor, &words.say("read-models"), &body))
}

fn row(visitor: &Visitor, model: &ModelStatus) -> Markup {
    let words = visitor.words;
    html! {
        tr.wrong[model.state != PartState::Running || (model.is_asked && !model.is_ready)] {
            th scope="row" { (model.model.projection) @if model.is_asked { " · " (words.say("answers")) } }
            td { (model.schema) @if model.is_earlier { " (" (words.say("earlier")) ")" } }
            td { @if let Some(generation) = model.generation { (generation) } }
            td { @if let Some(position) = model.position { (position) } }
            td { (model.slices.len()) }
            td.number { (model.folded_events) }
            td { @if let Some(at) = model.behind_since { (since(visitor, at)) } }
            td {
                @if model.is_ready { (state(visitor, &model.state)) } @else { (words.say("being-built")) }
                @if let Some(why) = &model.not_promoted { br; span.cause { (words.say("not-promoted")) " " (why) } }
            }
        }
    }
}

fn state(visitor: &Visitor, state: &PartState) -> Markup {
    let words = visitor.words;
    html! {
        @match state {
            PartState::Paused(paused) => { (words.say("paused")) br; span.cause { (paused.why) } }
            PartState::Stopped(ended) => { (words.say("stopped")) br; span.cause { (ended.why) } }
            _ => { (words.say("running")) }
        }
    }
}
