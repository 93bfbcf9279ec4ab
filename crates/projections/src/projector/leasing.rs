//! Which slices a projector works on.

use std::{sync::Arc, time::Duration};

use minwon_core::{GenerationName, MemberName, Slice, SliceCount, SliceLeases, StoreError, Timer};

/// How long a part that ends waits for its leases to be taken back.
const LEAVE_TIME_MAX: Duration = Duration::from_secs(2);

/// Leases of any store; the one place where they are behind a pointer.
#[async_trait::async_trait]
trait AnyLeases: Send + Sync {
    async fn heartbeat(
        &self,
        generation: &GenerationName,
        slices: SliceCount,
        member: &MemberName,
        time_to_live: Duration,
    ) -> Result<Vec<Slice>, StoreError>;

    async fn leave(
        &self,
        generation: &GenerationName,
        member: &MemberName,
    ) -> Result<(), StoreError>;
}

#[async_trait::async_trait]
impl<L: SliceLeases> AnyLeases for L {
    async fn heartbeat(
        &self,
        generation: &GenerationName,
        slices: SliceCount,
        member: &MemberName,
        time_to_live: Duration,
    ) -> Result<Vec<Slice>, StoreError> {
        let leases = L::heartbeat(self, generation, slices, member, time_to_live).await?;
        Ok(leases.iter().map(|lease| lease.slice).collect())
    }

    async fn leave(
        &self,
        generation: &GenerationName,
        member: &MemberName,
    ) -> Result<(), StoreError> {
        L::leave(self, generation, member).await
    }
}

/// A share of the slices, as long as others are alive to take the rest.
#[derive(Clone)]
pub struct Membership {
    leases: Arc<dyn AnyLeases>,
    member: MemberName,
    time_to_live: Duration,
}

impl Membership {
    /// The share of `member`. Where it says nothing for `time_to_live` it loses its slices to the others.
    pub fn new(
        leases: impl SliceLeases + 'static,
        member: MemberName,
        time_to_live: Duration,
    ) -> Self {
        Self {
            leases: Arc::new(leases),
            member,
            time_to_live,
        }
    }

    /// The share of what this process builds beside: a member of its own, whose leases nobody gives up
    /// but itself.
    pub(crate) fn beside(&self) -> Self {
        let member = MemberName::new(format!("{}-beside", self.member));
        Self {
            // A name that cannot be longer is shared: that only costs the two of them some churn.
            member: member.unwrap_or_else(|_| self.member.clone()),
            ..self.clone()
        }
    }

    /// Returns how long after a heartbeat the next one is sent: two may be lost.
    pub(crate) fn heartbeat_wait(&self) -> Duration {
        self.time_to_live / 3
    }

    /// The slices to work on now.
    pub(crate) async fn heartbeat(
        &self,
        generation: &GenerationName,
        slices: SliceCount,
    ) -> Result<Vec<Slice>, StoreError> {
        let (member, time_to_live) = (&self.member, self.time_to_live);
        let leased = self
            .leases
            .heartbeat(generation, slices, member, time_to_live);
        let mut leased = leased.await?;
        leased.sort_unstable();
        Ok(leased)
    }

    /// Sends a heartbeat; whether the slices are others than `leased`. Where that fails they stay:
    /// leases only save work, and two on one slice are safe.
    pub(crate) async fn have_slices_changed(
        &self,
        generation: &GenerationName,
        slices: SliceCount,
        leased: &[Slice],
    ) -> bool {
        match self.heartbeat(generation, slices).await {
            Ok(now) => now != leased,
            Err(error) => {
                tracing::info!(%error, "a heartbeat failed; the slices are kept for now");
                false
            }
        }
    }

    /// Gives the leases up. Nothing is lost where that fails or takes too long: they run out.
    pub(crate) async fn leave(&self, generation: &GenerationName, timer: &impl Timer) {
        let why = tokio::select! {
            left = self.leases.leave(generation, &self.member) => match left {
                Ok(()) => return,
                Err(error) => error.to_string(),
            },
            () = timer.sleep(LEAVE_TIME_MAX) => "the store does not answer".to_owned(),
        };
        tracing::info!(why, "slices were not given up; their leases will run out");
    }
}
