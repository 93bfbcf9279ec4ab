//! Counts by name.

use std::{collections::HashMap, fmt};

use serde_json::Value;

/// Most names that are counted separately; further ones are counted together.
///
/// Names come out of the log, so nothing else bounds them. Those of channels, departments and
/// activities are a few dozen.
const NAMES_MAX: usize = 10_000;

/// Stands for all names beyond [`NAMES_MAX`].
pub(crate) const OTHERS: &str = "(others)";

/// Counts by name.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    places: HashMap<Box<str>, u32>,
    counts: Vec<u64>,
}

impl Tally {
    /// Counts one more under `name`. Answers the name's place, by which it can be taken back.
    pub(crate) fn add(&mut self, name: &str) -> u32 {
        let place = self.place(name);
        self.counts[place as usize] += 1;
        place
    }

    /// Takes back what [`add`](Self::add) counted.
    pub(crate) fn take_back(&mut self, place: u32) {
        self.counts[place as usize] -= 1;
    }

    fn place(&mut self, name: &str) -> u32 {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        if self.places.len() >= NAMES_MAX && name != OTHERS {
            return self.place(OTHERS);
        }
        let place = u32::try_from(self.counts.len()).expect("at most ten thousand and one");
        self.places.insert(name.into(), place);
        self.counts.push(0);
        place
    }

    /// Names and counts without those of nothing, the highest count first.
    fn rows(&self) -> Vec<(&str, u64)> {
        let mut rows: Vec<_> = self
            .places
            .iter()
            .map(|(name, place)| (&**name, self.counts[*place as usize]))
            .filter(|(_, count)| *count > 0)
            .collect();
        rows.sort_unstable_by(|(name, count), (other_name, other)| {
            other.cmp(count).then_with(|| name.cmp(other_name))
        });
        rows
    }

    pub(crate) fn to_json(&self) -> Value {
        let rows = self.rows().into_iter();
        rows.map(|(name, count)| (name.to_owned(), Value::from(count)))
            .collect()
    }

    /// Writes a table with at most `rows_max` names.
    pub(crate) fn write(
        &self,
        f: &mut fmt::Formatter<'_>,
        head: &str,
        rows_max: usize,
    ) -> fmt::Result {
        let rows = self.rows();
        let (shown, rest) = rows.split_at(rows.len().min(rows_max));
        let more = format!("({} more)", rest.len());
        let others = (more.as_str(), rest.iter().map(|(_, count)| count).sum());
        let others = (!rest.is_empty()).then_some(others);
        write!(f, "\n\n{:>9}  {head}", "petitions")?;
        for (name, count) in shown.iter().copied().chain(others) {
            write!(f, "\n{count:>9}  {name}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_kept_by_name_and_taken_back() {
        let mut tally = Tally::default();
        let desk = tally.add("Desk");
        tally.add("Post");
        assert_eq!(tally.add("Desk"), desk);
        let gone = tally.add("Intern");
        tally.take_back(gone);
        assert_eq!(tally.rows(), [("Desk", 2), ("Post", 1)]);
    }

    #[test]
    fn too_many_names_are_counted_together() {
        let mut tally = Tally::default();
        for number in 0..NAMES_MAX + 5 {
            tally.add(&format!("activity {number}"));
        }
        assert_eq!(tally.rows()[0], (OTHERS, 5));
        assert_eq!(tally.rows().len(), NAMES_MAX + 1);
    }
}
