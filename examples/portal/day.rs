//! The working day: what people do, and when. All that follows from it the services do.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use minwon::petitions::{Category, ServiceType};
use tokio::task::JoinSet;

use crate::{
    agenda::{Agenda, Turn},
    branch::{Branch, Outside},
    case::{Case, Step, Stop},
    hours,
    petition::Petition,
    roles::{
        citizen::{self, Served},
        officer,
    },
    shared::Failure,
};

/// A day's work.
pub(crate) struct Day {
    pub(crate) branches: Vec<Branch>,
    pub(crate) outside: Outside,
    pub(crate) agenda: Arc<Agenda>,
    /// The number of the first petition.
    pub(crate) first: u64,
    /// How many arrive.
    pub(crate) petitions: u64,
    /// Which petitions go how.
    pub(crate) seed: u64,
    /// Begins the ids of all commands of this run.
    pub(crate) run: String,
    /// How long each call took that came back with a document.
    pub(crate) instant_calls: Mutex<Vec<Duration>>,
}

impl Day {
    pub(crate) fn branch(&self, category: Category) -> &Branch {
        let index = Category::BUILT_IN.iter().position(|it| *it == category);
        &self.branches[index.expect("a category is one of all")]
    }

    /// Plays the day until the offices close. Petitions that are open stay in memory until then.
    pub(crate) async fn run(self: &Arc<Self>) -> Result<(), Failure> {
        let mut stories = JoinSet::new();
        let mut arrival = self.plan(0);
        while let Some((index, turn)) = arrival {
            let turn = turn.await;
            // Planned before this one begins, or the clock might pass it.
            arrival = self.plan(index + 1);
            let day = Arc::clone(self);
            stories.spawn(async move { day.play(index, turn).await });
            while let Some(story) = stories.try_join_next() {
                story??;
            }
        }
        while let Some(story) = stories.join_next().await {
            story??;
        }
        Ok(())
    }

    /// The offices close, and the services finish what is left to them.
    pub(crate) async fn close(&self) -> Result<(), Failure> {
        self.outside.clock.reach(hours::closing());
        for branch in &self.branches {
            branch.rested().await?;
        }
        Ok(())
    }

    /// The arrival of the petition with this index; none after the last.
    fn plan(&self, index: u64) -> Option<(u64, impl Future<Output = Turn> + use<>)> {
        (index < self.petitions).then(|| {
            let time = hours::arrival(index, self.petitions);
            (index, self.agenda.enter(time, self.first + index))
        })
    }

    pub(crate) fn instant_calls(&self) -> Vec<Duration> {
        let calls = self.instant_calls.lock();
        calls.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn add_instant_call(&self, took: Duration) {
        let calls = self.instant_calls.lock();
        calls.unwrap_or_else(PoisonError::into_inner).push(took);
    }

    async fn play(&self, index: u64, turn: Turn) -> Result<(), Failure> {
        let petition = Petition::drawn(self.first + index, self.seed, &self.outside.catalogue)?;
        let arrival = hours::arrival(index, self.petitions);
        let mut case = Case::new(self, petition, arrival, turn);
        match serve(&mut case).await {
            Ok(()) | Err(Stop::EndOfDay) => Ok(()),
            Err(Stop::Failed(error)) => Err(error),
        }
    }
}

async fn serve(case: &mut Case<'_>) -> Step {
    match case.petition.entry.service {
        ServiceType::InstantIssuance => serve_at_once(case).await,
        ServiceType::DeadlineBound => serve_within_period(case).await,
        ServiceType::Unlinked => serve_by_hand(case).await,
    }
}

/// 즉시발급: one call. Only where the register does not answer is there anything left to do.
async fn serve_at_once(case: &mut Case<'_>) -> Step {
    match citizen::issue_now(case).await? {
        Served::AtOnce if case.chance.happens(2) => officer::revoke(case).await,
        Served::Later if case.petition.fate.is_failure() => {
            if case.chance.happens(25) {
                return citizen::withdraw_after_failure(case).await;
            }
            officer::issue_anew(case).await
        }
        Served::AtOnce | Served::Later => Ok(()),
    }
}

/// 유기한: an officer examines, perhaps asks back, and decides.
async fn serve_within_period(case: &mut Case<'_>) -> Step {
    citizen::file(case).await?;
    officer::examine(case).await?;
    if case.petition.entry.kind.ends_in_answer() {
        return officer::answer(case).await;
    }
    if case.chance.happens(6) {
        return citizen::withdraw(case).await;
    }
    if case.chance.happens(30) {
        officer::request_supplement(case).await?;
        if case.chance.happens(25) {
            // It does not come today. The clock stands still, the work on the rest does not (D20).
            return officer::examine(case).await;
        }
        citizen::supplement(case).await?;
        officer::examine(case).await?;
    }
    if case.chance.happens(15) {
        officer::reject(case).await?;
        return officer::notify_refusal(case).await;
    }
    officer::approve(case).await?;
    let has_document = case.petition.entry.document.is_some();
    let is_stuck = case.petition.meets_typing_error();
    if has_document && !is_stuck && case.petition.fate.is_failure() {
        return officer::issue_anew(case).await;
    }
    Ok(())
}

/// 미연계: an officer carries it to the agency and the result back.
async fn serve_by_hand(case: &mut Case<'_>) -> Step {
    citizen::file(case).await?;
    officer::examine(case).await?;
    if case.petition.entry.kind.ends_in_answer() {
        return officer::answer(case).await;
    }
    officer::approve(case).await?;
    let has_document = case.petition.entry.document.is_some();
    if !has_document || case.chance.happens(20) {
        // The agency does not answer today, or there is nothing to hand out.
        return Ok(());
    }
    officer::enter_result(case).await?;
    Ok(())
}
