//! The working day: which commands are given in which order.
//!
//! It plays all roles itself. Choreography, where one event brings about the next command, takes
//! its place later.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use indicatif::ProgressBar;
use minwon::{
    Namespace, Store,
    petitions::{ApplicationStatus, PetitionKind, ServiceType, issuance::Basis},
};
use tokio::task::JoinSet;

use crate::{
    case::{Case, Step, Stop},
    chance::Chance,
    hours,
    petition::Petition,
    roles::{citizen, front_office, issuance_office, officer},
    shared::Failure,
};

/// A day's work.
pub(crate) struct Day {
    pub(crate) namespace: Namespace<Store>,
    /// The number of the first petition.
    pub(crate) first: u64,
    /// How many arrive.
    pub(crate) petitions: u64,
    /// How many are processed at a time.
    pub(crate) in_flight: u16,
    /// Which petitions go how.
    pub(crate) seed: u64,
    pub(crate) progress: ProgressBar,
}

impl Day {
    /// Processes every petition as far as it gets today. Holds no more than `in_flight` of them
    /// in memory. Answers how many events that took.
    pub(crate) async fn run(self) -> Result<u64, Failure> {
        let day = Arc::new(self);
        let arrivals = Arc::new(AtomicU64::new(0));
        let mut desks = JoinSet::new();
        for _ in 0..day.in_flight {
            let (day, arrivals) = (Arc::clone(&day), Arc::clone(&arrivals));
            desks.spawn(async move { day.work_at_desk(&arrivals).await });
        }
        // On the first failure the set is dropped, which stops the other desks.
        let mut events = 0;
        while let Some(desk) = desks.join_next().await {
            events += desk??;
        }
        Ok(events)
    }

    /// Processes one petition after the other until all have arrived.
    async fn work_at_desk(&self, arrivals: &AtomicU64) -> Result<u64, Failure> {
        let mut events = 0;
        loop {
            let index = arrivals.fetch_add(1, Ordering::Relaxed);
            if index >= self.petitions {
                return Ok(events);
            }
            events += self.process(index).await?;
            self.progress.inc(1);
        }
    }

    async fn process(&self, index: u64) -> Result<u64, Failure> {
        let number = self.first + index;
        let mut chance = Chance::new(self.seed, number);
        let petition = Petition::drawn(number, &mut chance)?;
        let arrival = hours::arrival(index, self.petitions);
        let mut case = Case::new(&self.namespace, petition, chance, arrival);
        match serve(&mut case).await {
            Ok(()) | Err(Stop::EndOfDay) => Ok(case.events),
            Err(Stop::Failed(error)) => Err(error),
        }
    }
}

async fn serve(case: &mut Case<'_>) -> Step {
    citizen::submit(case).await?;
    front_office::receive(case).await?;
    match case.petition.service {
        ServiceType::InstantIssuance => serve_at_once(case).await,
        ServiceType::DeadlineBound => serve_within_period(case).await,
        ServiceType::Unlinked => serve_by_hand(case).await,
    }
}

/// 즉시발급: the document first, and then nothing is left to decide.
async fn serve_at_once(case: &mut Case<'_>) -> Step {
    issue(case, Basis::Instant).await?;
    issuance_office::close(case).await?;
    if case.chance.happens(2) {
        issuance_office::revoke(case).await?;
    }
    Ok(())
}

/// 유기한: an officer examines, perhaps asks back, and decides.
async fn serve_within_period(case: &mut Case<'_>) -> Step {
    officer::examine(case).await?;
    if case.petition.kind.ends_in_answer() {
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
        return officer::complete(case).await;
    }
    officer::approve(case).await?;
    // A grievance that is upheld sets something right; no document follows.
    if case.petition.kind == PetitionKind::Statutory {
        let application = ApplicationStatus::Approved;
        issue(case, Basis::DeadlineBound { application }).await?;
    }
    officer::complete(case).await
}

/// 미연계: an officer carries it to the agency and the result back.
async fn serve_by_hand(case: &mut Case<'_>) -> Step {
    officer::examine(case).await?;
    officer::approve(case).await?;
    let application = ApplicationStatus::Approved;
    citizen::request_document(case, Basis::Unlinked { application }, 1).await?;
    issuance_office::authorize(case).await?;
    if case.chance.happens(20) {
        // The agency does not answer today.
        return Ok(());
    }
    officer::enter_result(case).await?;
    officer::complete(case).await
}

/// Request, identity, fee, document; sometimes only at the second attempt.
async fn issue(case: &mut Case<'_>, basis: Basis) -> Step {
    let copies = case.chance.weighted([(90, 1), (10, 2)]);
    if case.chance.happens(8) {
        citizen::request_document(case, basis, copies).await?;
        issuance_office::authorize(case).await?;
        if case.chance.happens(60) {
            issuance_office::give_up(case).await?;
        } else {
            citizen::cancel_request(case).await?;
        }
        case.attempt = case.attempt.next();
    }
    let request = citizen::request_document(case, basis, copies).await?;
    issuance_office::authorize(case).await?;
    issuance_office::issue_document(case, request).await
}
