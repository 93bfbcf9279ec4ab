//! What a service that runs says of itself and its log, over the API of its console.

mod client;

use minwon::{
    engine::GlobalPosition,
    operator::api::{Lags, LogPart, MessagePart, PetitionShown, Status},
};

pub(crate) use self::client::{Client, Fields, ServiceError, encoded};
use crate::{
    failure::{Failure, Found, Usage},
    find::{self, Finding},
    lag, letters,
    options::{Find, LagLimits, ShowPetition, Tail, Task, Wanted},
    output::{Out, complain},
    progress::Progress,
    rebuild,
    settings::{ServiceAt, Settings},
    show, status,
    tail::{LAST, Printer},
    verify,
};

/// How long a service waits at a time for something to happen. Unit: seconds.
pub(crate) const WAIT: u64 = 25;

pub(crate) async fn run(
    at: &ServiceAt,
    settings: &Settings,
    task: &Task,
    out: Out,
) -> Result<Found, Failure> {
    let files = match task {
        Task::Check(_) => "check",
        Task::Digest(_) => "digest",
        Task::Backup(_) => "backup",
        Task::Restore(_) => "restore",
        _ => "",
    };
    if !files.is_empty() {
        let what = format!(
            "`{files}` needs the store itself, and a service shows it to nobody: run it where the store is, with \
             --store and without --service"
        );
        return Err(Usage::new(what).into());
    }
    let client = Client::new(at, settings)?;
    match task {
        Task::Lag(limits) => lag(&client, limits, out).await,
        Task::Show(show) => self::show(&client, show, out).await,
        Task::Tail(tail) => self::tail(&client, tail, out).await,
        Task::Find(find) => self::find(&client, find, out).await,
        Task::Letters(letters) => letters::ask(&client, letters, out).await,
        Task::Verify => verify::ask(&client, out).await,
        Task::Rebuild(rebuild) => rebuild::ask(&client, rebuild, out).await,
        _ => {
            let status: Status = client.get("/status", &Fields::new()).await?;
            status::show(&client.url, &status, out)
        }
    }
}

async fn lag(client: &Client, limits: &LagLimits, out: Out) -> Result<Found, Failure> {
    let models: Vec<_> = limits.models.iter().map(ToString::to_string).collect();
    let lags: Lags = client
        .get("/lag", &vec![("models", models.join(","))])
        .await?;
    lag::show(&lags, limits, out)
}

async fn show(client: &Client, show: &ShowPetition, out: Out) -> Result<Found, Failure> {
    let to = format!("/petitions/{}", encoded(show.petition.as_str()));
    let shown = client
        .get::<PetitionShown>(&to, &payload(show.payload))
        .await;
    match unless(shown, "no-such-petition")? {
        Ok(shown) => show::show(&shown, out),
        Err(why) => {
            complain(&why);
            Ok(Found::Wrong)
        }
    }
}

/// An answer, or what the service says where it refused for this reason.
pub(crate) fn unless<A>(
    answer: Result<A, Failure>,
    kind: &str,
) -> Result<Result<A, String>, Failure> {
    match answer {
        Ok(answer) => Ok(Ok(answer)),
        Err(error) => match error.downcast_ref::<ServiceError>() {
            Some(refused) if refused.is(kind) => Ok(Err(refused.to_string())),
            _ => Err(error),
        },
    }
}

fn payload(is_shown: bool) -> Fields {
    Fields::from_iter(is_shown.then(|| ("payload", "true".to_owned())))
}

async fn tail(client: &Client, tail: &Tail, out: Out) -> Result<Found, Failure> {
    let mut printer = Printer::of(tail, out);
    let mut place = match tail.after {
        Some(after) => ("after", after.to_string()),
        None => ("last", tail.last.unwrap_or(LAST).to_string()),
    };
    loop {
        let mut fields = payload(tail.payload);
        fields.push(place);
        let part: LogPart = client.wait("/log", &fields, WAIT).await?;
        for event in &part.events {
            if printer.print(event)? {
                return Ok(Found::Well);
            }
        }
        place = ("after", part.position.to_string());
    }
}

impl Wanted {
    fn fields(&self) -> Fields {
        let types: Vec<_> = self.types.iter().map(ToString::to_string).collect();
        let fields = [
            ("trace", self.trace.as_ref().map(ToString::to_string)),
            ("correlation", self.correlation.map(|id| id.to_string())),
            ("subject", self.subject.as_ref().map(ToString::to_string)),
            ("types", (!types.is_empty()).then(|| types.join(","))),
            ("source", self.source.as_ref().map(ToString::to_string)),
        ];
        let said = fields.into_iter();
        said.filter_map(|(name, text)| Some((name, text?)))
            .collect()
    }
}

async fn find(client: &Client, find: &Find, out: Out) -> Result<Found, Failure> {
    let mut finding = Finding::of(find, out);
    let indexed = match find.scan {
        true => None,
        false => by_index(client, &mut finding).await?,
    };
    let after = indexed.unwrap_or(find.after).max(find.after);
    let until = by_scan(client, &mut finding, after).await?;
    Ok(finding.told(indexed, until))
}

/// Prints what the index of messages has, and returns up to where it knows the log; none where there is none that
/// answers.
async fn by_index(
    client: &Client,
    finding: &mut Finding<'_>,
) -> Result<Option<GlobalPosition>, Failure> {
    let (mut place, mut known) = (String::new(), None::<GlobalPosition>);
    while !finding.is_enough() {
        let mut fields = bounds(finding.find, finding.find.after);
        fields.push(("place", place));
        let part = client.get::<MessagePart>("/messages", &fields).await;
        let part = match part {
            Err(error) if known.is_none() => {
                let refused = error.downcast_ref::<ServiceError>();
                let may_scan = |it: &ServiceError| it.is("no-index") || it.is_not_yet();
                return if refused.is_some_and(may_scan) {
                    Ok(None)
                } else {
                    Err(error)
                };
            }
            part => part?,
        };
        let first = *known.get_or_insert(part.known);
        finding.unreadable += part.unreadable;
        finding.more_unreadable |= part.more_unreadable;
        part.astray.iter().for_each(|event| find::astray(event));
        // What it came to know meanwhile is looked for in the log, with all that is behind.
        let events = part.events.iter().filter(|event| event.position <= first);
        for event in events {
            if finding.is_enough() {
                break;
            }
            finding.print(event)?;
        }
        match part.next {
            Some(next) => place = next,
            None => break,
        }
    }
    Ok(known)
}

/// Looks through the log; returns where it ended.
async fn by_scan(
    client: &Client,
    finding: &mut Finding<'_>,
    mut after: GlobalPosition,
) -> Result<GlobalPosition, Failure> {
    let progress = Progress::new();
    let is_before = |after| finding.find.until.is_none_or(|until| after < until);
    let mut is_end = !is_before(after);
    while !is_end && !finding.is_enough() {
        let part: LogPart = client.get("/log", &bounds(finding.find, after)).await?;
        for event in &part.events {
            if finding.is_enough() {
                break;
            }
            finding.print(event)?;
        }
        finding.looked_at += part.looked_at;
        finding.unreadable += part.unreadable;
        (after, is_end) = (part.position, part.is_end);
        finding.tell_progress(&progress, after);
    }
    Ok(after)
}

/// What is wanted, behind `after`.
fn bounds(find: &Find, after: GlobalPosition) -> Fields {
    let mut fields = find.wanted.fields();
    fields.extend(payload(find.payload));
    fields.push(("after", after.to_string()));
    fields.extend(find.until.map(|until| ("until", until.to_string())));
    fields
}
