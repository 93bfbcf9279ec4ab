//! Who works on which slice: one hash, changed by one script.

use std::time::Duration;

use minwon_core::{
    Epoch, GenerationName, Lease, MemberName, Slice, SliceCount, SliceLeases, StoreError,
};
use redis::RedisWrite;

use super::{RedisReadModels, error::unreadable, keys, link::To, scripts::LEASES};

/// A member that is silent is overdue after a week at the latest: the script takes what is further
/// off for junk. Unit: ms.
const TIME_TO_LIVE_MS_MAX: u128 = 1000 * 60 * 60 * 24 * 7;

impl SliceLeases for RedisReadModels {
    async fn heartbeat(
        &self,
        generation: &GenerationName,
        slices: SliceCount,
        member: &MemberName,
        time_to_live: Duration,
    ) -> Result<Vec<Lease>, StoreError> {
        // 0 means to leave.
        let overdue_ms = time_to_live.as_millis().clamp(1, TIME_TO_LIVE_MS_MAX);
        self.share(generation, slices.get(), member, overdue_ms)
            .await
    }

    async fn leave(
        &self,
        generation: &GenerationName,
        member: &MemberName,
    ) -> Result<(), StoreError> {
        self.share(generation, u16::MAX, member, 0).await.map(drop)
    }
}

impl RedisReadModels {
    async fn share(
        &self,
        generation: &GenerationName,
        slices: u16,
        member: &MemberName,
        overdue_ms: u128,
    ) -> Result<Vec<Lease>, StoreError> {
        let key = keys::leases(self.prefix(), generation);
        let call = |form| {
            let mut cmd = LEASES.call(form, 1, 3, 256);
            cmd.write_arg(key.as_bytes());
            cmd.write_arg(member.as_str().as_bytes());
            cmd.write_arg_fmt(slices);
            cmd.write_arg_fmt(overdue_ms);
            cmd
        };
        let answer = self.link().call(To::Key(&key), call).await?;
        let leases: Vec<(u16, u64)> = redis::from_redis_value(answer.value)
            .map_err(|error| unreadable("leases in Redis cannot be read", error))?;
        let lease = |(slice, epoch)| Lease {
            slice: Slice::new(slice),
            epoch: Epoch::new(epoch),
        };
        Ok(leases.into_iter().map(lease).collect())
    }
}
