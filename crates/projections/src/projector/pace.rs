//! How much is folded before it is committed.

use minwon_core::{Clock, Timestamp};

use super::options::ProjectorOptions;

/// Smallest window while catching up. Unit: views over all slices.
const WINDOW_VIEWS_MIN: usize = 8_192;

/// With so many events a view, a window is large enough.
const EVENTS_PER_VIEW: usize = 5;

/// How much is folded before it is committed.
pub(super) struct Pace {
    options: ProjectorOptions,
    /// So many changed views are committed.
    window: usize,
    uncommitted_events: u64,
    /// Everything folded by then is committed, even if more could be.
    commit_at: Timestamp,
}

impl Pace {
    pub(super) fn new(options: ProjectorOptions, clock: &impl Clock) -> Self {
        let mut pace = Self {
            window: WINDOW_VIEWS_MIN.min(options.changed_views_max),
            options,
            uncommitted_events: 0,
            commit_at: Timestamp::MAX,
        };
        pace.begin(clock);
        pace
    }

    pub(super) fn folded(&mut self, events: usize) {
        self.uncommitted_events += events as u64;
    }

    /// Returns whether what is folded has to be committed before more is, with so many changed
    /// views.
    pub(super) fn is_full(&self, changed: usize, clock: &impl Clock) -> bool {
        changed >= self.window
            || self.uncommitted_events >= self.options.uncommitted_events_max
            || (self.uncommitted_events > 0 && clock.now() >= self.commit_at)
    }

    /// Returns whether more may be folded while a commit is under way: as much again as is committed
    /// at a time, so that neither waits for the other as long as they are about equally fast.
    pub(super) fn has_room(&self, changed: usize) -> bool {
        let most = self.options.changed_views_max.min(2 * self.window);
        changed < most && self.uncommitted_events < self.options.uncommitted_events_max
    }

    /// All that is folded is being committed, with so many changed views.
    pub(super) fn committing(&mut self, changed: usize, clock: &impl Clock) {
        let most = self.options.changed_views_max;
        self.window = next_window(self.window, most, changed, self.uncommitted_events);
        self.begin(clock);
    }

    fn begin(&mut self, clock: &impl Clock) {
        self.uncommitted_events = 0;
        let wait = self.options.uncommitted_time_max;
        self.commit_at = clock.now().saturating_add(wait);
    }
}

/// Returns how many changed views to wait for next, where a commit of `changed` views was for so
/// many events. Where the events of a key lie far apart, a larger window saves writes; where they
/// lie close together, a small one is as good, and keeps the store of the read models busy for a
/// shorter time with each slice.
fn next_window(window: usize, most: usize, changed: usize, events: u64) -> usize {
    if changed < window {
        return window;
    }
    match events as usize / changed.max(1) {
        0..EVENTS_PER_VIEW => (window * 2).min(most),
        EVENTS_PER_VIEW => window,
        _ => (window / 2).max(WINDOW_VIEWS_MIN.min(most)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_grows_where_events_lie_far_apart_and_shrinks_where_they_do_not() {
        let most = 4 * WINDOW_VIEWS_MIN;
        let next = |window: usize, per_view: u64| {
            next_window(window, most, window, window as u64 * per_view)
        };
        assert_eq!(next(WINDOW_VIEWS_MIN, 1), 2 * WINDOW_VIEWS_MIN);
        assert_eq!(next(most, 1), most);
        assert_eq!(next(most, 5), most);
        assert_eq!(next(most, 8), most / 2);
        assert_eq!(next(WINDOW_VIEWS_MIN, 8), WINDOW_VIEWS_MIN);
        assert_eq!(next(3, 8), 3.max(WINDOW_VIEWS_MIN), "never below the least");
    }

    #[test]
    fn as_much_again_is_folded_while_a_commit_is_under_way_and_never_more_than_the_bound() {
        let room = |most: usize| {
            let options = ProjectorOptions {
                changed_views_max: most,
                ..ProjectorOptions::default()
            };
            let pace = Pace::new(
                options,
                &minwon_core::testing::ManualClock::new(Timestamp::UNIX_EPOCH),
            );
            (0..).take_while(|changed| pace.has_room(*changed)).count()
        };
        assert_eq!(room(4 * WINDOW_VIEWS_MIN), 2 * WINDOW_VIEWS_MIN);
        assert_eq!(room(WINDOW_VIEWS_MIN + 5), WINDOW_VIEWS_MIN + 5);
        assert_eq!(room(3), 3);
    }

    #[test]
    fn a_bound_below_the_least_window_holds() {
        assert_eq!(next_window(3, 3, 3, 30), 3);
        assert_eq!(next_window(3, 3, 3, 3), 3);
    }

    #[test]
    fn a_commit_that_was_due_for_another_reason_says_nothing_of_the_window() {
        let window = WINDOW_VIEWS_MIN;
        assert_eq!(next_window(window, 4 * window, window - 1, 1), window);
    }
}
