//! Where is my petition? The answers to a citizen while an officer works on it.
//!
//! ```sh
//! cargo run --example result_query
//! cargo run --example result_query -- --lang ko
//! cargo run --features redis --example result_query -- --redis redis://localhost
//! ```
//!
//! Every command returns a token; the question that comes with it waits until the read model shows
//! the command's effect. Every answer says as of where in the log it is. The whole answer says what
//! the law lets a petitioner know: how much working time is left, or what stops the clock; it is
//! computed again with every question, as time passes without an event.

mod petition;
mod phrases;
#[path = "../shared/read_models.rs"]
mod read_models;
#[path = "../shared/mod.rs"]
mod shared;
#[path = "../shared/store.rs"]
mod store;

use std::{num::NonZeroU32, process::ExitCode, time::Duration};

use clap::Parser;
use minwon::{
    Clock as _, ListPart, Namespace, PetitionId, ReadModels, ResultQuery, SystemClock, Timestamp,
    Token,
    language::Language,
    petitions::{Date, PetitionView, VerificationNumber},
};
use serde_json::{Value, json};

use crate::{
    petition::{
        APPLICANT, Story, approve, ask_for_plan, assign, complete, examine, extend, file, issue,
        receive, supply,
    },
    phrases::Phrases,
    shared::{Failure, say, say_json},
};

/// How long a question waits for the read model. Here it is there within milliseconds.
const WAIT_MAX: Duration = Duration::from_secs(60);
const RECEIPT: &str = "R-2026-000123";

/// Files a petition and asks about it while it is worked on.
#[derive(Debug, Parser)]
#[command(name = "result_query")]
struct Options {
    /// Keeps the events there: memory:, sqlite:PATH or the URL of a server, which needs its
    /// feature; every run has a namespace of its own
    #[arg(long, value_name = "URL", default_value = "memory:")]
    store: String,
    /// Keeps the read models in this Redis, as redis://HOST:PORT; needs `--features redis`
    /// [default: beside the events in memory or a file, else in memory]
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// The language of the answers: en or ko
    #[arg(long, default_value = "en")]
    lang: Language,
    /// Prints one JSON object as the last line
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::exit(run(&Options::parse()).await)
}

async fn run(options: &Options) -> Result<(), Failure> {
    let (url, store) = store::open(&options.store)?;
    let read_models = read_models::open(options.redis.as_deref(), &store).await?;
    let phrases = Phrases::of(options.lang);
    let (events, views) = (store::place(&url), read_models::place(&read_models));
    say(phrases.places(&events, views))?;
    let namespace = Namespace::new(store::namespace("general", &url)?, store, SystemClock);
    // A Redis may hold the read model of another log. It is replaced before anybody asks.
    namespace.projector(read_models.clone()).catch_up().await?;
    let projector = namespace.projector(read_models.clone()).start();
    let mut citizen = Citizen {
        results: namespace.results(read_models),
        timeline: Vec::new(),
        answers: Vec::new(),
        phrases,
    };
    let (number, now) = work(&namespace, &mut citizen).await?;
    let filed = citizen.list().await?;
    let verified = citizen.verify(number, Date::in_seoul(now)).await?;
    projector.stop().await;
    if options.json {
        say_json(
            &json!({ "timeline": citizen.timeline, "answers": citizen.answers, "filed": filed, "verified": verified }),
        )?;
    }
    Ok(())
}

/// All that is done about two petitions, and what is asked meanwhile.
async fn work(
    namespace: &Namespace,
    citizen: &mut Citizen,
) -> Result<(VerificationNumber, Timestamp), Failure> {
    let filed_at: Timestamp = "2026-11-23T09:00:00+09:00".parse()?;
    let story = |petition| Story {
        namespace: namespace.clone(),
        petition,
        now: filed_at,
    };
    let mut first = story(PetitionId::new("2026-000123")?);

    let filed = file(&mut first, "certificate of building use").await?;
    citizen.ask(&filed, &first.petition).await?;
    let received = receive(&mut first, RECEIPT).await?;
    citizen.ask(&received, &first.petition).await?;
    assign(&mut first).await?;
    let examined = examine(&mut first, "Documents checked").await?;
    citizen.ask(&examined, &first.petition).await?;
    citizen.ask_all(first.now).await?;
    let asked = ask_for_plan(&mut first).await?;
    citizen.ask(&asked, &first.petition).await?;
    first.minutes(2 * 24 * 60);
    citizen.ask_all(first.now).await?;
    supply(&mut first).await?;
    let extended = extend(&mut first).await?;
    citizen.ask(&extended, &first.petition).await?;
    citizen.ask_all(first.now).await?;
    let approved = approve(&mut first).await?;
    citizen.ask(&approved, &first.petition).await?;
    let (_, number) = issue(&mut first).await?;
    let completed = complete(&mut first).await?;
    citizen.ask(&completed, &first.petition).await?;
    citizen.ask_by_receipt().await?;
    citizen.ask_all(first.now).await?;

    let mut second = story(PetitionId::new("2026-000124")?);
    second.minutes(120);
    let filed = file(&mut second, "change of use").await?;
    citizen.results.wait_for(&filed, WAIT_MAX).await?;
    Ok((number, first.now))
}

/// Who asks.
struct Citizen {
    results: ResultQuery<ReadModels>,
    timeline: Vec<Value>,
    answers: Vec<Value>,
    phrases: Phrases,
}

impl Citizen {
    /// Asks for what a command has just changed.
    async fn ask(&mut self, token: &Token, petition: &PetitionId) -> Result<(), Failure> {
        let wait = self.results.wait_for_petition(token, petition, WAIT_MAX);
        wait.await?;
        let answer = self.results.petition(petition).await?;
        let view = answer.value.ok_or("the petition is gone")?;
        let status = view.status().ok_or("the petition is gone")?;
        let as_of = answer.as_of.position.commit();
        say(self.phrases.stands(petition, status, as_of))?;
        self.timeline.push(json!({
            "status": status.as_str(),
            "steps": steps(&view),
            "as_of": as_of,
            "token": token.position.commit(),
        }));
        if let Some(step) = view.last_step() {
            say(self.phrases.step(step))?;
        }
        Ok(())
    }

    /// Asks by the number on the slip of paper.
    async fn ask_by_receipt(&self) -> Result<(), Failure> {
        let answer = self.results.by_receipt(&RECEIPT.parse()?).await?;
        let view = answer
            .value
            .ok_or("nothing was received under the number")?;
        let as_of = answer.as_of.position.commit();
        say(self.phrases.happened(RECEIPT, &view.id, as_of))?;
        for step in view.timeline.steps() {
            say(self.phrases.step(step))?;
        }
        Ok(())
    }

    /// Asks for everything about the own petition, at some time.
    async fn ask_all(&mut self, now: Timestamp) -> Result<(), Failure> {
        let (number, own) = (RECEIPT.parse()?, APPLICANT.parse()?);
        let answer = self.results.result(&number, &own, now).await?;
        self.answers.push(json!(answer));
        let result = answer.value.ok_or("the petition is gone")?;
        let as_of = answer.as_of.position.commit();
        say(self.phrases.all_about(RECEIPT, now, as_of))?;
        for line in result.lines() {
            say(format_args!("  {}", self.phrases.book.message(&line)))?;
        }
        Ok(())
    }

    /// Asks for all own petitions.
    async fn list(&self) -> Result<Value, Failure> {
        let ten = ListPart::first(NonZeroU32::new(10).ok_or("ten is not zero")?);
        let answer = self.results.of_applicant(&APPLICANT.parse()?, &ten).await?;
        say(self
            .phrases
            .filed_by(APPLICANT, answer.as_of.position.commit()))?;
        let shown = self.results.shown(answer, SystemClock.now());
        for (_, petition) in &shown.value.views {
            let (id, what) = (&petition.id, &petition.petition_type);
            let status = self.phrases.book.say(&petition.status);
            say(format_args!("  {id}  {status}  {what}"))?;
        }
        Ok(json!(shown.value))
    }

    /// Asks whether documents are genuine, as whoever is shown one does.
    async fn verify(&self, number: VerificationNumber, today: Date) -> Result<Value, Failure> {
        let asker = "employer-1".parse()?;
        let genuine = self.results.document(&asker, &number, today).await?.value;
        let last_day = genuine
            .issued
            .map_or(today, |issued| issued.verifiable_until);
        let unknown = VerificationNumber::from_random(0);
        say(self.phrases.about_documents())?;
        let mut verdicts = Vec::new();
        let questions = [
            (number, today),
            (number, last_day.plus_days(1)),
            (unknown, today),
        ];
        for (number, on) in questions {
            let answer = self.results.document(&asker, &number, on).await?;
            let document = answer.value;
            say(self.phrases.document(&number.masked(), on, &document))?;
            verdicts.push(document.verdict.as_str());
        }
        Ok(json!(verdicts))
    }
}

fn steps(view: &PetitionView) -> Vec<&'static str> {
    let steps = view.timeline.steps().iter();
    steps.map(|step| step.what.as_str()).collect()
}
