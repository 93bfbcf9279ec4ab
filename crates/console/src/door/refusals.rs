//! How often whoever is not let in may try.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use minwon::Timestamp;

/// How long a refused sign-in counts.
const WINDOW: Duration = Duration::from_secs(10 * 60);

/// Most refused sign-ins from one address in a window, so that its owner leaves the others theirs.
const OF_ONE_MAX: u32 = 10;

/// Most refused sign-ins in a window, from wherever: each is a line of the record, and the record is kept for
/// years.
const OF_ALL_MAX: u32 = 100;

/// The sign-ins that were refused lately, by where they came from.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// At most as many as there may be refusals.
    of_one: HashMap<Option<IpAddr>, Window>,
    of_all: Option<Window>,
    /// How many were turned away, and are not on record yet.
    turned_away: u64,
}

struct Window {
    since: Timestamp,
    refused: u32,
}

/// Somebody is to come again later.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TurnedAway {
    pub(super) again_after: Duration,
    /// Whether none was before it that is not on record.
    pub(super) is_first: bool,
}

impl Window {
    fn until(&self) -> Timestamp {
        self.since.saturating_add(WINDOW)
    }

    fn is_full(&self, most: u32) -> bool {
        self.refused >= most
    }
}

impl Refusals {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a sign-in from an address, where it is known: it counts as refused until somebody
    /// [was let in](Self::was_let_in), so that many at once are no more than one after the other.
    ///
    /// # Errors
    /// Where it is one too many: nothing is to be looked at, nor written.
    pub(super) fn begin(&self, from: Option<IpAddr>, now: Timestamp) -> Result<(), TurnedAway> {
        let mut known = self.known();
        // A clock that was set back begins anew, and shuts nobody out for as long as that.
        let is_on = |window: &Window| (window.since..window.until()).contains(&now);
        known.of_one.retain(|_, window| is_on(window));
        known.of_all = known.of_all.take().filter(is_on);
        let of_one = known.of_one.get(&network(from));
        let full = of_one.filter(|window| window.is_full(OF_ONE_MAX));
        let full = full.or_else(|| known.of_all.as_ref().filter(|it| it.is_full(OF_ALL_MAX)));
        if let Some(until) = full.map(Window::until) {
            known.turned_away += 1;
            let micros = until.unix_micros().abs_diff(now.unix_micros());
            return Err(TurnedAway {
                again_after: Duration::from_micros(micros),
                is_first: known.turned_away == 1,
            });
        }
        let new = || Window {
            since: now,
            refused: 0,
        };
        known.of_all.get_or_insert_with(new).refused += 1;
        let of_one = known.of_one.entry(network(from));
        of_one.or_insert_with(new).refused += 1;
        Ok(())
    }

    /// A sign-in that was begun was none to refuse.
    pub(super) fn was_let_in(&self, from: Option<IpAddr>) {
        let mut known = self.known();
        let known = &mut *known;
        let both = known.of_one.get_mut(&network(from)).into_iter();
        for window in both.chain(&mut known.of_all) {
            window.refused = window.refused.saturating_sub(1);
        }
    }

    /// How many were turned away since this was last asked.
    pub(super) fn take_turned_away(&self) -> u64 {
        std::mem::take(&mut self.known().turned_away)
    }
}

/// Whoever has one address of version 6 has all of its first 64 bits.
fn network(from: Option<IpAddr>) -> Option<IpAddr> {
    from.map(|address| match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        address => address,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::UNIX_EPOCH.saturating_add(Duration::from_secs(seconds))
    }

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn who_is_refused_too_often_is_turned_away_for_a_while_and_others_are_not() {
        let refusals = Refusals::default();
        let (one, other) = (address("192.0.2.1"), address("192.0.2.2"));
        for second in 0..10 {
            assert_eq!(refusals.begin(one, at(second)), Ok(()));
        }
        for (second, is_first) in [(10, true), (11, false), (599, false)] {
            let turned_away = TurnedAway {
                again_after: Duration::from_secs(600 - second),
                is_first,
            };
            assert_eq!(refusals.begin(one, at(second)), Err(turned_away));
        }
        assert_eq!(refusals.begin(other, at(12)), Ok(()));
        assert_eq!(refusals.begin(None, at(12)), Ok(()));
        assert_eq!(refusals.take_turned_away(), 3);
        assert_eq!(refusals.begin(one, at(600)), Ok(()));
        assert_eq!(refusals.take_turned_away(), 0);
    }

    #[test]
    fn who_is_let_in_is_counted_nowhere() {
        let (refusals, one) = (Refusals::default(), address("192.0.2.1"));
        for second in 0..300 {
            assert_eq!(refusals.begin(one, at(second)), Ok(()));
            refusals.was_let_in(one);
        }
        refusals.was_let_in(address("192.0.2.9"));
    }

    #[test]
    fn from_many_addresses_there_are_no_more_refusals_than_from_all() {
        let refusals = Refusals::default();
        let tries = (0..1_000_u64).map(|number| {
            let one = IpAddr::from(Ipv6Addr::from_bits(u128::from(number) << 64));
            refusals.begin(Some(one), at(number / 10)).is_ok()
        });
        assert_eq!(tries.filter(|it| *it).count(), 100);
        assert_eq!(refusals.known().of_one.len(), 100);
        assert_eq!(refusals.begin(None, at(700)), Ok(()));
        assert_eq!(
            refusals.known().of_one.len(),
            1,
            "what is over is forgotten"
        );
    }

    #[test]
    fn the_addresses_of_one_owner_are_one_and_a_clock_set_back_shuts_nobody_out() {
        let refusals = Refusals::default();
        for number in 0..10 {
            let one = address(&format!("2001:db8::{number}"));
            assert_eq!(refusals.begin(one, at(900)), Ok(()));
        }
        assert!(refusals.begin(address("2001:db8::ffff"), at(901)).is_err());
        assert!(refusals.begin(address("2001:db8:0:1::1"), at(901)).is_ok());
        assert!(refusals.begin(address("2001:db8::1"), at(3)).is_ok());
    }
}
