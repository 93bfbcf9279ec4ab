//! The messages that some consumer could not handle, and those that wait behind them.

use std::collections::BTreeMap;

use maud::{Markup, html};
use minwon::{
    Answer, ListPart,
    engine::{
        ConsumerName, EventRef, GlobalPosition, Letter, ListPlace, Message, MessageFilter,
        Selection, Subject,
    },
};

use super::{super::letters::Filter, table_of};
use crate::{Failure, desk::Desk, door::Visitor, page};

/// Messages that wait behind one letter, as far as they stand here; the letter's own page has all of them.
const WAITING_MAX: usize = 20;

/// Who holds a message up, and how.
pub(super) enum Held {
    /// The letter is about it.
    Letter(Letter),
    /// It waits behind one.
    Behind {
        consumer: ConsumerName,
        letter: Filter,
    },
}

/// A message that is held up, with each who holds it.
type Failed = (Message, Vec<Held>);

/// Part of those that a filter means: of some petitions, the last that got stuck first.
pub(super) async fn list(
    visitor: &Visitor,
    filter: &MessageFilter,
    subject: Option<Subject>,
    part: &ListPart,
) -> Result<Answer<(Vec<Failed>, Option<ListPlace>)>, Failure> {
    let desk = &*visitor.app.desk;
    let selection = subject.map_or(Selection::All, Selection::Subject);
    let answer = desk.letters(&selection, part).await?;
    let mut failed = BTreeMap::<GlobalPosition, Failed>::new();
    for letter in &answer.value.letters {
        let behind = letter.parked.iter().take(WAITING_MAX);
        for event in std::iter::once(&letter.event).chain(behind) {
            let held = match event.id == letter.event.id {
                true => Held::Letter(letter.clone()),
                false => Held::Behind {
                    consumer: letter.consumer.clone(),
                    letter: Filter::of_letter(letter),
                },
            };
            if let Some((_, known)) = failed.get_mut(&event.position) {
                known.push(held);
                continue;
            }
            let message = find(desk, event).await?;
            if let Some(message) = message.filter(|it| filter.means(it)) {
                failed.insert(event.position, (message, vec![held]));
            }
        }
    }
    let next = answer.value.next.clone();
    Ok(answer.map(|_| (failed.into_values().rev().collect(), next)))
}

/// What the index knows of an event; none where it is not that far yet.
async fn find(desk: &dyn Desk, event: &EventRef) -> Result<Option<Message>, Failure> {
    let here = MessageFilter::default()
        .subject(event.subject.clone())
        .up_to(event.position);
    let last = ListPart::first(std::num::NonZeroU32::MIN).last_first();
    let found = desk.messages(&here, &last).await;
    let found = found.ok_or(Failure::Missing("no-index"))??;
    let mut found = found.value.messages.into_iter();
    Ok(found.find(|message| message.id == event.id))
}

/// They, as a table.
pub(super) fn table(
    visitor: &Visitor,
    answer: &Answer<(Vec<Failed>, Option<ListPlace>)>,
    here: &str,
) -> Markup {
    let (failed, next) = &answer.value;
    let messages = failed
        .iter()
        .map(|(message, held)| (message, Some(&**held)));
    html! {
        p.told { (visitor.words.say("failed-are")) }
        (table_of(visitor, messages))
        (page::next(visitor, here, next.as_ref()))
        (page::as_of(visitor, answer))
    }
}

/// Who holds a message up.
pub(super) fn held(visitor: &Visitor, held: &[Held]) -> Markup {
    let words = visitor.words;
    html! {
        ul.held {
            @for held in held {
                @match held {
                    Held::Letter(letter) => {
                        li.wrong {
                            a href={ (visitor.app.at("/letters/one")) "?" (Filter::of_letter(letter).query()) } {
                                (words.with("held-by", [("consumer", letter.consumer.as_str().into())]))
                            }
                            ": " span.cause { (letter.failure.error) }
                            @if let Some(more) = letter.parked.len().checked_sub(WAITING_MAX).filter(|it| *it > 0) {
                                " " (words.count("held-more", more as u64))
                            }
                        }
                    }
                    Held::Behind { consumer, letter } => {
                        li {
                            a href={ (visitor.app.at("/letters/one")) "?" (letter.query()) } {
                                (words.with("held-behind", [("consumer", consumer.as_str().into())]))
                            }
                        }
                    }
                }
            }
        }
    }
}
