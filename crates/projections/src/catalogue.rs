//! Changes to a catalogue of generations.

use minwon_core::{Catalogue, Generation, GenerationInfo, Projection};

/// The entry of a generation of this fold.
pub(crate) fn info_of(generation: Generation, projection: &impl Projection) -> GenerationInfo {
    GenerationInfo {
        generation,
        schema: projection.schema(),
        slices: projection.slices(),
    }
}

/// A catalogue of one generation, of this fold.
pub(crate) fn first(generation: Generation, projection: &impl Projection) -> Catalogue {
    Catalogue {
        active: generation,
        previous: None,
        newest: generation,
        generations: vec![info_of(generation, projection)],
    }
}

/// The catalogue with one more generation, of this fold: the newest.
pub(crate) fn with_next(found: Option<&Catalogue>, projection: &impl Projection) -> Catalogue {
    let Some(found) = found else {
        return first(Generation::FIRST, projection);
    };
    let mut next = found.clone();
    next.newest = found.next_generation();
    next.generations.push(info_of(next.newest, projection));
    next
}

/// The catalogue in which `generation` answers, and the one that did is kept.
pub(crate) fn answered_by(catalogue: &Catalogue, generation: Generation) -> Catalogue {
    let mut next = catalogue.clone();
    if catalogue.active != generation {
        (next.active, next.previous) = (generation, Some(catalogue.active));
    }
    next
}

/// Returns whether a generation is newer than the one that answers, and never answered before.
pub(crate) fn is_next(catalogue: &Catalogue, generation: Generation) -> bool {
    generation > catalogue.active && catalogue.previous != Some(generation)
}
