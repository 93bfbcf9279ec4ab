//! Folding the log again and comparing: the only way to notice that a single document was lost.

mod compare;
mod refold;

use std::sync::Arc;

use minwon_core::{
    EventDecoder, EventFilter, EventStore, GenerationName, GlobalPosition, ModelName, Projection,
    ReadModelAdmin, ReadModelStore, Slice, StoreError,
};

pub use self::compare::{Difference, DifferenceKind, Item};
use self::{compare::scan, refold::Refold};
use crate::slice::{Definition, page::Decode};

/// Most differences named per slice; all are counted.
const NAMED_MAX: usize = 100;

/// The result of a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The generation that was verified.
    pub generation: GenerationName,
    /// One for each slice, in order.
    pub slices: Vec<SliceReport>,
}

/// The result for one slice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SliceReport {
    /// The slice.
    pub slice: Slice,
    /// Everything up to here was folded and compared.
    pub position: GlobalPosition,
    /// How many documents, lookups, places in lists and counts the log comes to.
    pub items: u64,
    /// The digest of what the log comes to.
    pub expected: u64,
    /// The digest of what the store holds.
    pub found: u64,
    /// How many things differ.
    pub different: u64,
    /// The first hundred of them.
    pub differences: Vec<Difference>,
}

impl Verification {
    /// Returns whether the read model is the fold of the log.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.slices.iter().all(|slice| slice.different == 0)
    }

    /// One digest over all slices of what the store holds. Two stores with the same read model at
    /// the same place have the same one.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let digests = self.slices.iter().map(|slice| slice.found);
        digests.fold(0, u64::wrapping_add)
    }
}

/// How far a verification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyProgress {
    /// Events folded so far.
    pub folded_events: u64,
    /// The log is folded up to here.
    pub position: GlobalPosition,
    /// The log will be folded up to here, and a little further where it grows meanwhile.
    pub target: GlobalPosition,
}

/// Why a verification could not be finished.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// There is no generation of this fold.
    #[error("there is nothing to verify: {model} has no such generation of this program's fold")]
    NoGeneration {
        /// The read model.
        model: ModelName,
    },
    /// A slice began again, or kept changing under the comparison; or the log was read with an
    /// event left out.
    #[error("slice {} of {generation} changed while it was compared; verify again when its projector has caught up", slice.get())]
    Restless {
        /// The generation.
        generation: GenerationName,
        /// The slice.
        slice: Slice,
    },
    /// An event of dead letters was written by a newer program. Other events that cannot be read hold
    /// their key back, here as in a projector.
    #[error("event {position} cannot be read")]
    Undecodable {
        /// Where it stands in the log.
        position: GlobalPosition,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store of the read models failed.
    #[error("the store of the read models failed")]
    ReadModels(#[source] StoreError),
    /// The event store failed.
    #[error("the event store failed")]
    EventStore(#[from] StoreError),
}

/// Folds the log again, up to where each slice of `generation` is, and compares all that the
/// store holds: documents, lookups, lists, counts. Queries and projectors go on meanwhile: what
/// differs is read again beside its checkpoint and compared as of there.
///
/// Events that were given up are left out. A view that is [held](crate::Held) back is compared with
/// the fold up to there, whether its event can be folded here or not.
///
/// It needs memory for all views of the generation.
///
/// # Errors
/// [`VerifyError`]. Differences are no error but the answer.
pub async fn verify<P, D>(
    store: &impl EventStore,
    read_models: &(impl ReadModelStore + ReadModelAdmin),
    decoder: D,
    projection: P,
    filter: &EventFilter,
    generation: &GenerationName,
    watch: impl FnMut(VerifyProgress),
) -> Result<Verification, VerifyError>
where
    P: Projection<Event = D::Event>,
    D: EventDecoder,
{
    let definition = Definition::new(Arc::new(projection), Decode::by(decoder));
    verify_by(store, read_models, definition, filter, generation, watch).await
}

/// As [`verify`], by a fold and a decoder that somebody else has as well.
pub(crate) async fn verify_by<P: Projection>(
    store: &impl EventStore,
    read_models: &(impl ReadModelStore + ReadModelAdmin),
    definition: Arc<Definition<P>>,
    filter: &EventFilter,
    generation: &GenerationName,
    mut watch: impl FnMut(VerifyProgress),
) -> Result<Verification, VerifyError> {
    let catalogue = read_models.load_catalogue(&generation.model).await;
    let catalogue = catalogue.map_err(VerifyError::ReadModels)?;
    let info = catalogue
        .as_ref()
        .and_then(|catalogue| catalogue.info(generation.generation))
        .filter(|info| info.schema == definition.projection.schema());
    let Some(info) = info else {
        return Err(VerifyError::NoGeneration {
            model: generation.model.clone(),
        });
    };
    let filter = filter.clone();
    let mut refold = Refold::new(store, definition, filter, generation, info.slices);
    let mut holdings = scan::<P::View>(read_models, generation, info.slices).await?;
    let targets: Vec<_> = holdings.iter().map(|slice| slice.position()).collect();
    refold.advance(&targets, &mut watch).await?;
    let mut slices = Vec::with_capacity(holdings.len());
    for (slice, held) in info.slices.slices().zip(&mut holdings) {
        refold.agree(slice, held.held()).await?;
        let mut expected = refold.items(slice);
        // Twice, as an index that was empty before can be asked only after the first.
        for _ in 0..2 {
            let suspects = held.differing(&expected);
            if suspects.is_empty() {
                break;
            }
            // They may only have changed since. Read together with their checkpoint, and compared
            // with a fold up to exactly there, they are reliable.
            let name = generation.slice(slice);
            held.read_again::<P::View>(read_models, &name, &expected, &suspects)
                .await?;
            let mut targets = refold.reached();
            targets[usize::from(slice.get())] = held.position();
            refold.advance(&targets, &mut watch).await?;
            refold.agree(slice, held.held()).await?;
            expected.replace(&suspects, refold.items(slice));
        }
        slices.push(held.report(slice, &expected, NAMED_MAX));
    }
    Ok(Verification {
        generation: generation.clone(),
        slices,
    })
}

#[cfg(test)]
mod tests;
