//! What operators do about read models: shown first, confirmed, on record, and followed.

use axum::{extract::Query, response::Redirect};
use maud::{Markup, html};
use minwon::{
    Timestamp,
    engine::{
        BuildState, DifferenceKind, Generation, GenerationLook, GenerationName, GenerationRole,
        Item, ModelLook, ModelName, REASON_BYTES_MAX, Verification, VerificationLook, VerifyState,
        Work,
    },
};
use serde::{Deserialize, Serialize};

use crate::{
    Failure,
    authentication::Role,
    door::{Posted, Visitor},
    page::{self, secret, since},
    record::Deed,
    words::span,
};

/// Differences that are shown; all are counted.
const SHOWN: usize = 50;

/// What is done about a read model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Act {
    Rebuild,
    Resume,
    StopBuild,
    Verify,
    StopVerification,
    Promote,
    PromoteDespiteHeld,
    RollBack,
    Retire,
}

impl Act {
    /// Its name in an address, and on record.
    const fn name(self) -> &'static str {
        match self {
            Self::Rebuild => "rebuild",
            Self::Resume => "resume",
            Self::StopBuild => "stop-build",
            Self::Verify => "verify",
            Self::StopVerification => "stop-verification",
            Self::Promote => "promote",
            Self::PromoteDespiteHeld => "promote-despite-held",
            Self::RollBack => "roll-back",
            Self::Retire => "retire",
        }
    }

    /// Its keys in the words: what it is called, and what it means.
    const fn keys(self) -> [&'static str; 2] {
        match self {
            Self::Rebuild => ["act-rebuild", "rebuild-means"],
            Self::Resume => ["act-resume", "resume-means"],
            Self::StopBuild => ["act-stop-build", "stop-build-means"],
            Self::Verify => ["act-verify", "verify-means"],
            Self::StopVerification => ["act-stop-verification", "stop-verification-means"],
            Self::Promote => ["act-promote", "promote-means"],
            Self::PromoteDespiteHeld => ["act-promote-despite-held", "promote-despite-held-means"],
            Self::RollBack => ["act-roll-back", "roll-back-means"],
            Self::Retire => ["act-retire", "retire-means"],
        }
    }

    const fn needs_reason(self) -> bool {
        matches!(self, Self::PromoteDespiteHeld | Self::RollBack)
    }
}

/// An act, and what it was shown to be about.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    act: Act,
    model: String,
    /// The generation that it is about; of a rebuild the one that answers.
    generation: u32,
}

#[derive(Deserialize)]
pub(crate) struct ActForm {
    act: Act,
    model: String,
    generation: u32,
    /// The generation that answered when it was shown.
    answering: u32,
    #[serde(default)]
    reason: String,
}

/// The read model with this name.
pub(crate) fn model_of(visitor: &Visitor, name: &str) -> Result<ModelName, Failure> {
    let models = visitor.app.desk.upkeep().models().into_iter();
    let mut models = models.filter(|model| model.projection.as_str() == name);
    models.next().ok_or(Failure::Missing("no-such-generation"))
}

fn find(look: &ModelLook, generation: u32) -> Result<&GenerationLook, Failure> {
    let mut generations = look.generations.iter();
    let found = generations.find(|it| it.generation.get() == generation);
    found.ok_or(Failure::Missing("no-such-generation"))
}

/// What would be done, before it is.
pub(crate) async fn preview(
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Failure> {
    visitor.needs(Role::Mend)?;
    let (words, upkeep) = (visitor.words, visitor.app.desk.upkeep());
    let (act, model) = (wanted.act, model_of(&visitor, &wanted.model)?);
    let look = upkeep.look(&model).await?;
    let meant = find(&look, wanted.generation)?;
    let mut generations = look.generations.iter();
    let answering = generations.find(|it| it.role == GenerationRole::Answers);
    let answering = answering.ok_or(Failure::Missing("no-such-generation"))?;
    let plan = match act {
        Act::Rebuild => Some(upkeep.plan(&model).await?),
        _ => None,
    };
    let holds_more = act == Act::Promote && meant.held_keys > answering.held_keys;
    let [title, means] = act.keys();
    let body = html! {
        p.headline { (model.projection) " · " (words.say("generation")) " "
            @match &plan { Some(plan) => { (plan.generation) } None => { (meant.generation) } } }
        @if let Some(plan) = &plan {
            p {
                (words.count(if plan.is_counted { "plan-events" } else { "plan-events-about" }, plan.events)) " "
                @match plan.time {
                    Some(time) => { (words.with("plan-time", [("time", length(time).into())])) }
                    None => { (words.say("plan-time-unknown")) }
                }
            }
        }
        p.advice { (words.say(means)) }
        table {
            (head(&visitor, None))
            tbody {
                (row(&visitor, answering))
                @if meant.generation != answering.generation { (row(&visitor, meant)) }
            }
        }
        @if holds_more {
            p.wrong { (words.say("holds-more")) }
            p {
                a href=(address(&visitor, Act::PromoteDespiteHeld, &model, meant.generation)) {
                    (words.say("act-promote-despite-held")) " …"
                }
                " · " a href=(visitor.app.at("/read-models")) { (words.say("leave-it")) }
            }
        } @else {
            form.stacked method="post" action=(visitor.app.at("/read-models/act")) {
                (secret(&visitor))
                input type="hidden" name="act" value=(act.name());
                input type="hidden" name="model" value=(model.projection);
                input type="hidden" name="generation" value=(meant.generation);
                input type="hidden" name="answering" value=(answering.generation);
                label for="reason" { (words.say("reason")) }
                textarea #reason name="reason" rows="2" maxlength=(REASON_BYTES_MAX) required[act.needs_reason()] autofocus {}
                button.wrong[act.needs_reason()] { (words.say(title)) }
                a href=(visitor.app.at("/read-models")) { (words.say("leave-it")) }
            }
        }
    };
    Ok(page::page(&visitor, &words.say(title), &body))
}

/// Does it, and leads to where it is followed.
pub(crate) async fn act(Posted(visitor, form): Posted<ActForm>) -> Result<Redirect, Failure> {
    form.carry_out(&visitor).await?;
    Ok(Redirect::to(&visitor.app.at("/read-models")))
}

impl ActForm {
    /// Does it, once it stands on record; returns about which read model.
    pub(crate) async fn carry_out(self, visitor: &Visitor) -> Result<ModelName, Failure> {
        visitor.needs(Role::Mend)?;
        let upkeep = visitor.app.desk.upkeep();
        let (act, reason) = (self.act, self.reason.trim().to_owned());
        if act.needs_reason() && reason.is_empty() {
            return Err(Failure::Malformed("no-reason"));
        }
        if reason.len() > REASON_BYTES_MAX {
            return Err(Failure::Malformed("reason-too-long"));
        }
        let model = model_of(visitor, &self.model)?;
        let look = upkeep.look(&model).await?;
        let meant = find(&look, self.generation)?.generation;
        let answering = find(&look, self.answering)?;
        // Whatever was decided was decided with another in mind.
        if answering.role != GenerationRole::Answers {
            return Err(Failure::Refused("generation-changed"));
        }
        let answering = answering.generation;
        let name = GenerationName {
            model: model.clone(),
            generation: meant,
        };
        visitor
            .record(Deed::TendedReadModel {
                act: act.name(),
                generation: name.to_string(),
                reason,
            })
            .await?;
        match act {
            Act::Rebuild => drop(upkeep.rebuild(&model).await?),
            Act::Resume => upkeep.resume(&name).await?,
            Act::StopBuild => upkeep.stop_build(&name).await?,
            Act::Verify => upkeep.verify(&name).await?,
            Act::StopVerification => upkeep.stop_verification(&name)?,
            Act::Promote => upkeep.promote(&name, answering).await?,
            Act::PromoteDespiteHeld => upkeep.promote_despite_held(&name, answering).await?,
            Act::RollBack => upkeep.roll_back(&model, answering, meant).await?,
            Act::Retire => upkeep.retire(&name).await?,
        }
        Ok(model)
    }
}

fn address(visitor: &Visitor, act: Act, model: &ModelName, generation: Generation) -> String {
    let (act, model) = (act.name(), &model.projection);
    let query = format!("/read-models/act?act={act}&model={model}&generation={generation}");
    visitor.app.at(&query)
}

/// The generations of all read models, with what can be done about them.
pub(crate) async fn section(visitor: &Visitor) -> Markup {
    let (words, upkeep) = (visitor.words, visitor.app.desk.upkeep());
    let mut looks = Vec::new();
    for model in upkeep.models() {
        looks.push((upkeep.look(&model).await, model));
    }
    let found = looks.iter().filter_map(|(look, _)| look.as_ref().ok());
    let found: Vec<_> = found.collect();
    let goes_on = found.iter().any(|look| goes_on(look));
    html! {
        section #under-way data-refresh=[goes_on.then_some("1")] aria-live="polite" {
            @for look in &found { (under_way(visitor, look)) }
        }
        h2 { (words.say("generations")) }
        @for (look, model) in &looks {
            h3 { (model.projection) }
            @match look {
                Ok(look) => { (generations(visitor, look)) }
                Err(error) => { p.wrong { (words.say("no-answer")) " " (minwon::foreign_text::causes(error).collect::<Vec<_>>().join(": ")) } }
            }
        }
    }
}

/// Returns whether anything is shown that changes by itself.
fn goes_on(look: &ModelLook) -> bool {
    let is_built = |it: &GenerationLook| match &it.build {
        Some((work, BuildState::Running)) => work.done.is_none(),
        Some((_, BuildState::Waits { .. })) => true,
        _ => false,
    };
    let is_verified = |it: &VerificationLook| it.state == VerifyState::Running;
    look.generations.iter().any(is_built) || look.verification.as_ref().is_some_and(is_verified)
}

/// How far it is with what takes long.
fn under_way(visitor: &Visitor, look: &ModelLook) -> Markup {
    let (words, model) = (visitor.words, &look.model.projection);
    html! {
        @for (it, (work, state)) in look.generations.iter().filter_map(|it| Some((it, it.build.as_ref()?))) {
            p.headline {
                (words.say("build-of")) " " (model) " · " (it.generation) ": "
                (words.say(match state {
                    BuildState::Running if work.done.is_some() => "build-done",
                    BuildState::Running => "build-runs",
                    BuildState::Waits { .. } => "build-waits",
                    BuildState::Failed { .. } => "build-failed",
                    _ => "build-stopped",
                }))
            }
            @if let BuildState::Waits { why } | BuildState::Failed { why } = state { p.wrong { span.cause { (why) } } }
            (bar(visitor, work, "build-of"))
        }
        @if let Some(it) = &look.verification {
            p.headline {
                (words.say("verification-of")) " " (model) " · " (it.generation) ": "
                @match &it.state {
                    VerifyState::Done(found) if found.is_sound() => { (words.say("verified-sound")) }
                    VerifyState::Done(_) => { span.wrong { (words.say("verified-different")) } }
                    VerifyState::Stopped => { (words.say("build-stopped")) }
                    VerifyState::Failed { .. } => { span.wrong { (words.say("build-failed")) } }
                    _ => { (words.say("build-runs")) }
                }
                @if let Some(at) = it.ended { " · " (since(visitor, at)) }
            }
            @match &it.state {
                VerifyState::Done(found) => { (differences(visitor, found)) }
                VerifyState::Failed { why } => { p.wrong { span.cause { (why) } } }
                VerifyState::Running => { (bar(visitor, &it.work, "verification-of")) }
                _ => {}
            }
        }
    }
}

fn bar(visitor: &Visitor, work: &Work, label: &str) -> Markup {
    let (words, now) = (visitor.words, visitor.app.desk.now());
    let percent = (work.share() * 100.0).floor();
    html! {
        progress aria-label=(words.say(label)) max="100" value=(percent) { (percent) " %" }
        p {
            (percent) " % · " (words.count("folded-count", work.folded_events))
            @if let Some(rate) = work.events_per_second(now) { " · " (words.count("per-second", rate.round() as u64)) }
            @if let Some(done) = work.done {
                " · " (words.with("took", [("time", span(work.began, done).into())]))
            } @else {
                " · "
                @match work.time_left(now) {
                    Some(time) => { (words.with("time-left", [("time", length(time).into())])) }
                    None => { (words.say("time-left-unknown")) }
                }
            }
        }
    }
}

/// What differs, by its keys: what a view says stands on no page.
fn differences(visitor: &Visitor, found: &Verification) -> Markup {
    let words = visitor.words;
    let slices = found.slices.iter();
    let items: u64 = slices.clone().map(|slice| slice.items).sum();
    let different: u64 = slices.clone().map(|slice| slice.different).sum();
    let named: Vec<_> = slices.flat_map(|slice| &slice.differences).collect();
    html! {
        p {
            (words.count("verified-items", items)) " · " (words.count("verified-differences", different))
            " · " (format!("{:016x}", found.digest()))
        }
        @if !named.is_empty() {
            ul {
                @for difference in named.iter().take(SHOWN) {
                    li {
                        @match &difference.item {
                            Item::Document { key } => { (words.say("item-view")) " " (key) }
                            Item::Lookup { index, key, .. } => { (words.say("item-lookup")) " " (index) " → " (key) }
                            Item::Listed { index, place, .. } => { (words.say("item-listed")) " " (index) " · " (place.key) }
                            Item::Count { index, .. } => { (words.say("item-count")) " " (index) }
                            _ => { (words.say("item-other")) }
                        }
                        ": "
                        (words.say(match difference.kind {
                            DifferenceKind::Missing => "is-missing",
                            DifferenceKind::Unexpected => "is-unexpected",
                            DifferenceKind::Different => "is-different",
                        }))
                    }
                }
            }
            @if different > SHOWN as u64 { p { (words.count("more-letters", different - SHOWN as u64)) } }
        }
    }
}

fn head(visitor: &Visitor, acts: Option<&str>) -> Markup {
    let words = visitor.words;
    html! {
        thead { tr {
            th.number { (words.say("generation")) } th { (words.say("role")) } th { (words.say("schema")) }
            th { (words.say("position")) } th.number { (words.say("slices")) } th.number { (words.say("held-keys")) }
            th { (words.say("state")) } @if let Some(acts) = acts { th { (words.say(acts)) } }
        } }
    }
}

fn row(visitor: &Visitor, it: &GenerationLook) -> Markup {
    html! { tr { (cells(visitor, it)) } }
}

fn cells(visitor: &Visitor, it: &GenerationLook) -> Markup {
    let words = visitor.words;
    html! {
        th.number scope="row" { (it.generation) }
        td { (words.say(match it.role {
            GenerationRole::Answers => "answers",
            GenerationRole::AnsweredBefore => "answered-before",
            GenerationRole::Next => "role-next",
            GenerationRole::Gone => "role-gone",
            _ => "role-beside",
        })) }
        td { (it.schema) @if !it.is_understood { " (" (words.say("other-fold")) ")" } }
        td { (it.position) }
        td.number { (it.slices.get()) }
        td.number { (it.held_keys) }
        td {
            (words.say(if it.is_complete { "is-complete" } else { "not-complete" }))
            @if it.role == GenerationRole::Next && it.build.is_none() && !it.is_kept {
                br; (words.say("stands-still"))
            }
        }
    }
}

fn generations(visitor: &Visitor, look: &ModelLook) -> Markup {
    let words = visitor.words;
    let may_mend = visitor.operator.may(Role::Mend);
    html! {
        table {
            (head(visitor, may_mend.then_some("act")))
            tbody {
                @for it in &look.generations {
                    tr {
                        (cells(visitor, it))
                        @if may_mend {
                            td {
                                @for act in acts(look, it) {
                                    a href=(address(visitor, act, &look.model, it.generation)) { (words.say(act.keys()[0])) " …" } " "
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What can be done about a generation; whether it may be is found out when it is asked for.
fn acts(look: &ModelLook, it: &GenerationLook) -> Vec<Act> {
    let is_on = matches!(
        it.build,
        Some((_, BuildState::Running | BuildState::Waits { .. }))
    );
    let mut acts = Vec::new();
    let is_there = |role| look.generations.iter().any(|it| it.role == role);
    match it.role {
        GenerationRole::Gone => return acts,
        GenerationRole::Answers if !is_there(GenerationRole::Next) => acts.push(Act::Rebuild),
        GenerationRole::Next if is_on => acts.push(Act::StopBuild),
        GenerationRole::Next if !it.is_kept => acts.push(Act::Resume),
        GenerationRole::AnsweredBefore => acts.push(Act::RollBack),
        _ => {}
    }
    let is_spare = !matches!(
        it.role,
        GenerationRole::Answers | GenerationRole::AnsweredBefore
    );
    if is_spare && it.is_complete {
        acts.push(Act::Promote);
    }
    if !it.is_understood {
        acts.clear();
    }
    let verification = look.verification.as_ref();
    let running = verification.filter(|on| on.state == VerifyState::Running);
    match running.map(|on| on.generation) {
        Some(generation) if generation == it.generation => acts.push(Act::StopVerification),
        None if it.is_understood => acts.push(Act::Verify),
        _ => {}
    }
    if it.role != GenerationRole::Answers {
        acts.push(Act::Retire);
    }
    acts
}

fn length(time: std::time::Duration) -> String {
    let zero = Timestamp::UNIX_EPOCH;
    span(zero, zero.saturating_add(time))
}
