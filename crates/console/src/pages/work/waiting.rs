//! What has waited longer than it should, and for what.

use std::time::Duration;

use maud::{Markup, html};
use minwon::{
    Answer, ListPart, Timestamp,
    engine::{Letter, ListPlace, Selection},
    petitions::{Group, PetitionView, view::StepKind},
};
use serde::Deserialize;

use super::super::letters;
use crate::{
    Failure,
    door::Visitor,
    page::{self, ROWS, encoded, since},
};

/// Parts of the list of open petitions that one page looks through.
const PARTS_MAX: usize = 10;

/// Longest time that can be asked for. Unit: hours.
const HOURS_MAX: u32 = 24 * 366;

/// For what a petition waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum For {
    #[default]
    Register,
    Agency,
    Supplement,
    Officer,
    Notice,
    Letter,
}

/// What there is to wait for, by its name in an address and the key of its words.
const ALL: [(For, &str, &str); 6] = [
    (For::Register, "register", "wait-register"),
    (For::Agency, "agency", "wait-agency"),
    (For::Supplement, "supplement", "wait-supplement"),
    (For::Officer, "officer", "wait-officer"),
    (For::Notice, "notice", "wait-notice"),
    (For::Letter, "letter", "wait-letter"),
];

impl For {
    /// The steps that begin it, and those that end it.
    const fn steps(self) -> (&'static [StepKind], &'static [StepKind]) {
        use StepKind as S;
        match self {
            Self::Register => (
                &[S::SourceRequested],
                &[
                    S::SourceRetrieved,
                    S::SourceFailed,
                    S::ResultEntered,
                    S::DocumentIssued,
                    S::IssuanceCancelled,
                    S::IssuanceFailed,
                ],
            ),
            Self::Agency => (&[S::ConsultationRequested], &[S::ConsultationReplied]),
            Self::Supplement => (&[S::SupplementRequested], &[S::Supplemented]),
            Self::Officer => (&[S::Received], &[S::Assigned]),
            Self::Notice => (&[S::Approved, S::Rejected], &[S::ResultNotified]),
            Self::Letter => (&[], &[]),
        }
    }

    /// Since when a petition waits for it; none where it does not, as far as its newest steps say.
    fn since(self, view: &PetitionView) -> Option<Timestamp> {
        let (begin, end) = self.steps();
        let mut since = None;
        for step in view.timeline.steps() {
            if end.contains(&step.what) {
                since = None;
            } else if begin.contains(&step.what) {
                since = since.or(Some(step.at));
            }
        }
        since
    }
}

#[derive(Deserialize)]
pub(crate) struct Wait {
    #[serde(default, rename = "for")]
    what: For,
    /// How long at least. Unit: hours.
    #[serde(default)]
    hours: String,
}

impl Wait {
    /// # Errors
    /// Where it is no number of hours.
    fn hours(&self) -> Result<u32, Failure> {
        let hours = match self.hours.trim() {
            "" => Ok(1),
            hours => hours.parse(),
        };
        let hours = hours.ok().filter(|hours| *hours <= HOURS_MAX);
        hours.ok_or(Failure::Malformed("malformed-filter"))
    }

    fn name(&self) -> &'static str {
        ALL[self.what as usize].1
    }

    /// As the record has it.
    pub(super) fn told(&self) -> String {
        format!("waiting for={} hours={}", self.name(), self.hours)
    }
}

/// The petitions of a category that have waited for so long, or the letters, and what is asked.
pub(super) async fn page(
    visitor: &Visitor,
    wait: &Wait,
    of: &Group,
    part: ListPart,
) -> Result<Markup, Failure> {
    let hours = wait.hours()?;
    let now = visitor.app.desk.now();
    let until = now.saturating_sub(Duration::from_secs(60 * 60 * u64::from(hours)));
    let here = format!(
        "{}?list=waiting&for={}&hours={hours}&of={}",
        visitor.app.at("/work"),
        wait.name(),
        encoded(&of.member()).0
    );
    let words = visitor.words;
    Ok(html! {
        form.filters action=(visitor.app.at("/work")) {
            input type="hidden" name="list" value="waiting";
            input type="hidden" name="of" value=(of.member());
            label { (words.say("wait-for"))
                select name="for" {
                    @for (what, name, key) in ALL { option value=(name) selected[what == wait.what] { (words.say(key)) } }
                }
            }
            label { (words.say("wait-hours")) input type="number" name="hours" min="0" max=(HOURS_MAX) value=(hours); }
            button { (words.say("find")) }
        }
        @match wait.what {
            For::Letter => { (stuck(visitor, &here, until, &part).await?) }
            what => { (petitions(visitor, what, &here, until, of, part).await?) }
        }
        p.told { (words.say("wait-unknown")) }
    })
}

async fn stuck(
    visitor: &Visitor,
    here: &str,
    until: Timestamp,
    part: &ListPart,
) -> Result<Markup, Failure> {
    let answer = visitor.app.desk.letters(&Selection::All, part).await?;
    let waiting = answer.value.letters.iter();
    let waiting: Vec<Letter> = waiting.filter(|it| it.since <= until).cloned().collect();
    Ok(html! {
        (letters::rows(visitor, &waiting))
        (page::next(visitor, here, answer.value.next.as_ref()))
        (page::as_of(visitor, &answer))
    })
}

type Waiting = (Vec<(Timestamp, PetitionView)>, Option<ListPlace>);

async fn petitions(
    visitor: &Visitor,
    what: For,
    here: &str,
    until: Timestamp,
    of: &Group,
    part: ListPart,
) -> Result<Markup, Failure> {
    let words = visitor.words;
    let answer = look(visitor, what, until, of, part).await?;
    let (waiting, next) = &answer.value;
    Ok(html! {
        @if waiting.is_empty() { p { (words.say(if next.is_some() { "wait-none-here" } else { "nothing-here" })) } } @else {
            table {
                thead { tr { th { (words.say("petition")) } th { (words.say("status")) } th { (words.say("since")) } } }
                tbody {
                    @for (at, view) in waiting {
                        tr {
                            td { a href={ (visitor.app.at("/petitions/")) (encoded(view.id.as_str())) } { (view.id) } }
                            td { @if let Some(status) = view.status() { (words.book.say(&status)) } }
                            td { (since(visitor, *at)) }
                        }
                    }
                }
            }
        }
        (page::next(visitor, here, next.as_ref()))
        (page::as_of(visitor, &answer))
    })
}

/// Looks through some of the open petitions, the most urgent first.
async fn look(
    visitor: &Visitor,
    what: For,
    until: Timestamp,
    of: &Group,
    mut part: ListPart,
) -> Result<Answer<Waiting>, Failure> {
    let mut waiting = Vec::new();
    let mut parts = 0;
    loop {
        let answer = visitor.app.desk.open(of, &part).await?;
        let views = answer.value.views.iter();
        let since = views.filter_map(|(_, view)| Some((what.since(view)?, view.clone())));
        waiting.extend(since.filter(|(since, _)| *since <= until));
        parts += 1;
        match answer.value.next.clone() {
            Some(next) if parts < PARTS_MAX && waiting.len() < ROWS.get() as usize => {
                part = part.after(next);
            }
            next => return Ok(answer.map(|_| (waiting, next))),
        }
    }
}
