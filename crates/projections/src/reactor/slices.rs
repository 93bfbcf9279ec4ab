//! How far each slice is: what may be kept as its checkpoint.

use std::collections::BTreeMap;

use minwon_core::{GlobalPosition, Slice};

use super::status::SliceProgress;

/// The slices that a reactor works on, and how far it is in each.
#[derive(Debug)]
pub(super) struct Slices {
    runs: Vec<SliceRun>,
    /// Everything up to here has been taken up.
    read: GlobalPosition,
}

#[derive(Debug)]
struct SliceRun {
    slice: Slice,
    /// The checkpoint, as far as is known.
    saved: GlobalPosition,
    /// The last event of its own that is finished.
    newest: GlobalPosition,
    /// Events that were taken up and are not finished, each with the last position before it.
    unfinished: BTreeMap<GlobalPosition, GlobalPosition>,
}

/// A checkpoint that can move.
#[derive(Debug, Clone, Copy)]
pub(super) struct Move {
    pub(super) slice: Slice,
    pub(super) from: GlobalPosition,
    pub(super) to: GlobalPosition,
}

impl Slices {
    /// Slices with their checkpoints.
    pub(super) fn new(checkpoints: &[(Slice, GlobalPosition)]) -> Self {
        let runs = checkpoints.iter().map(|&(slice, saved)| SliceRun {
            slice,
            saved,
            newest: saved,
            unfinished: BTreeMap::new(),
        });
        let read = checkpoints.iter().map(|(_, saved)| *saved).min();
        let mut runs: Vec<_> = runs.collect();
        runs.sort_unstable_by_key(|run| run.slice);
        Self {
            runs,
            read: read.unwrap_or(GlobalPosition::START),
        }
    }

    /// Something of a slice was taken up; `before` it there is nothing of the slice after what was
    /// taken up last.
    pub(super) fn begin(&mut self, slice: Slice, at: GlobalPosition, before: GlobalPosition) {
        self.run(slice).unfinished.insert(at, before);
    }

    /// Something of a slice asked for nothing.
    pub(super) fn pass(&mut self, slice: Slice, at: GlobalPosition) {
        let run = self.run(slice);
        run.newest = run.newest.max(at);
    }

    pub(super) fn finish(&mut self, slice: Slice, at: GlobalPosition) {
        let run = self.run(slice);
        run.unfinished.remove(&at);
        run.newest = run.newest.max(at);
    }

    /// Everything up to here was taken up.
    pub(super) fn read_up_to(&mut self, position: GlobalPosition) {
        self.read = self.read.max(position);
    }

    /// Returns the position of each.
    pub(super) fn progress(&self) -> impl Iterator<Item = SliceProgress> {
        self.runs.iter().map(|run| SliceProgress {
            slice: run.slice,
            position: run.finished(self.read),
        })
    }

    /// Everything up to here is finished in all slices; none where there is none.
    pub(super) fn position(&self) -> Option<GlobalPosition> {
        self.progress().map(|progress| progress.position).min()
    }

    /// Nothing before it is in hand here or will be, wherever twins moved the checkpoints.
    pub(super) fn taken_up(&self) -> GlobalPosition {
        let unfinished = self
            .runs
            .iter()
            .filter_map(|run| run.unfinished.first_key_value());
        let before = unfinished.map(|(_, before)| *before).min();
        before.unwrap_or(self.read)
    }

    /// Checkpoints that can move.
    pub(super) fn moves(&self) -> impl Iterator<Item = Move> {
        let moves = self.runs.iter().map(|run| run.movable(self.read));
        moves.filter(|wanted| wanted.to > wanted.from)
    }

    /// Checkpoints that should move: those with news, and those that a start would begin more than
    /// `distance_max` further back for. News are events of the slice itself alone: in some stores a
    /// checkpoint that moves is in the log, and would move all others.
    pub(super) fn due(&self, distance_max: u64) -> impl Iterator<Item = Move> {
        let due = move |run: &SliceRun| {
            let wanted = run.movable(self.read);
            let distance = wanted.to.commit().saturating_sub(wanted.from.commit());
            let is_due = run.newest > run.saved || distance > distance_max;
            (is_due && wanted.to > wanted.from).then_some(wanted)
        };
        self.runs.iter().filter_map(due)
    }

    /// The checkpoint of a slice is here, whoever moved it.
    pub(super) fn saved(&mut self, slice: Slice, at: GlobalPosition) {
        self.run(slice).saved = at;
    }

    fn run(&mut self, slice: Slice) -> &mut SliceRun {
        let place = self.runs.binary_search_by_key(&slice, |run| run.slice);
        &mut self.runs[place.expect("only slices that are worked on are spoken of")]
    }
}

impl SliceRun {
    /// Everything up to here is finished, where everything up to `read` was taken up.
    fn finished(&self, read: GlobalPosition) -> GlobalPosition {
        let first = self.unfinished.first_key_value();
        first.map_or(read, |(_, before)| *before).max(self.saved)
    }

    fn movable(&self, read: GlobalPosition) -> Move {
        Move {
            slice: self.slice,
            from: self.saved,
            to: self.finished(read),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLICE: Slice = Slice::new(3);

    fn at(number: u64) -> GlobalPosition {
        GlobalPosition::new(number)
    }

    fn slices(checkpoint: u64) -> Slices {
        Slices::new(&[(SLICE, at(checkpoint))])
    }

    #[test]
    fn a_checkpoint_stays_before_the_first_that_is_not_finished() {
        let mut slices = slices(2);
        slices.begin(SLICE, at(5), at(4));
        slices.begin(SLICE, at(7), at(6));
        slices.read_up_to(at(9));
        assert_eq!(slices.position(), Some(at(4)));
        slices.finish(SLICE, at(7));
        assert_eq!(slices.position(), Some(at(4)));
        slices.finish(SLICE, at(5));
        assert_eq!(slices.position(), Some(at(9)));
    }

    #[test]
    fn what_others_moved_further_is_never_moved_back() {
        let mut slices = slices(2);
        slices.begin(SLICE, at(5), at(4));
        slices.read_up_to(at(9));
        slices.saved(SLICE, at(7));
        assert_eq!(
            (slices.position(), slices.moves().count()),
            (Some(at(7)), 0)
        );
        slices.finish(SLICE, at(5));
        let wanted = slices.moves().next().unwrap();
        assert_eq!((wanted.from, wanted.to), (at(7), at(9)));
    }

    #[test]
    fn what_is_in_hand_is_not_behind_though_a_twin_has_passed_it() {
        let mut slices = slices(2);
        slices.begin(SLICE, at(5), at(4));
        slices.read_up_to(at(9));
        slices.saved(SLICE, at(7));
        assert_eq!(slices.taken_up(), at(4));
        slices.finish(SLICE, at(5));
        assert_eq!(slices.taken_up(), at(9));
    }

    #[test]
    fn a_slice_without_news_moves_only_over_much() {
        let mut slices = slices(2);
        slices.read_up_to(at(9));
        assert_eq!(slices.due(7).count(), 0);
        let wanted = slices.due(6).next().unwrap();
        assert_eq!((wanted.from, wanted.to), (at(2), at(9)));
        slices.begin(SLICE, at(10), at(9));
        slices.finish(SLICE, at(10));
        assert_eq!(slices.due(100).count(), 1);
    }

    /// In a store whose checkpoints are in the log, saving one leads on the end of the log.
    #[test]
    fn what_is_read_while_a_checkpoint_moves_is_no_news() {
        let mut slices = slices(2);
        slices.begin(SLICE, at(5), at(4));
        slices.finish(SLICE, at(5));
        slices.read_up_to(at(5));
        let wanted = slices.due(100).next().unwrap();
        slices.read_up_to(at(9));
        slices.saved(SLICE, wanted.to);
        assert_eq!(slices.due(100).count(), 0);
    }
}
