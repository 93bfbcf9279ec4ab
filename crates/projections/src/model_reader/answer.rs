//! Answers of a reader.

use std::num::NonZeroU32;

use minwon_core::{
    Direction, Generation, GlobalPosition, IndexName, ListPlace, ModelName, SliceCheckpoint,
    StoreError, Timestamp, Token, ViewKey, in_seoul,
};
use serde::{Serialize, Serializer, ser::SerializeStruct as _};

/// An answer, and as of where in the log it is. Serialises as it is, where its value does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer<A> {
    /// The answer itself.
    pub value: A,
    /// As of where in the log.
    pub as_of: AsOf,
}

impl<A> Answer<A> {
    /// The same as of the same, said otherwise.
    pub fn map<B>(self, say: impl FnOnce(A) -> B) -> Answer<B> {
        Answer {
            value: say(self.value),
            as_of: self.as_of,
        }
    }
}

/// As of where in the log an answer is: of the slices asked, the one furthest back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AsOf {
    /// Every event up to here that matters is in the answer.
    pub position: GlobalPosition,
    /// When the last event before it was recorded.
    #[serde(serialize_with = "in_seoul::instant")]
    pub recorded_at: Timestamp,
    /// The generation that answered.
    #[serde(skip)]
    pub generation: Generation,
    /// Whether a slice that was asked was further on when this reader asked it last: after a
    /// failover, or when it was rebuilt from the start. Effects that an earlier answer showed may
    /// be missing for a while.
    pub went_backwards: bool,
}

impl AsOf {
    pub(super) fn of(generation: Generation, checkpoint: Option<&SliceCheckpoint>) -> Self {
        let start = (GlobalPosition::START, Timestamp::UNIX_EPOCH);
        let place = |checkpoint: &SliceCheckpoint| (checkpoint.position, checkpoint.recorded_at);
        let (position, recorded_at) = checkpoint.map_or(start, place);
        Self {
            position,
            recorded_at,
            generation,
            went_backwards: false,
        }
    }

    pub(crate) fn earlier(self, other: Self) -> Self {
        let went_backwards = self.went_backwards || other.went_backwards;
        let earlier = if other.position < self.position {
            other
        } else {
            self
        };
        earlier.gone_backwards_if(went_backwards)
    }

    pub(super) fn gone_backwards_if(mut self, went_backwards: bool) -> Self {
        self.went_backwards |= went_backwards;
        self
    }

    pub(crate) fn answer<A>(self, value: A) -> Answer<A> {
        Answer { value, as_of: self }
    }
}

/// Which part of a list.
///
/// ```
/// use std::num::NonZeroU32;
/// use minwon_core::ListPlace;
/// use minwon_projections::ListPart;
/// let fifty = NonZeroU32::new(50).expect("not 0");
/// let first = ListPart::first(fifty);
/// // The place that came with it, as it went through a URL.
/// let place: ListPlace = "9223372036854775808@2026-000123".parse()?;
/// let next = ListPart::first(fifty).after(place);
/// assert_ne!(first, next);
/// # Ok::<(), minwon_core::NameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPart {
    pub(crate) after: Option<ListPlace>,
    pub(crate) direction: Direction,
    pub(crate) limit: NonZeroU32,
}

/// Part of a list. Serialises as it is, where its views do: `items`, and `next` as a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListAnswer<V> {
    /// The views, in the order asked.
    pub views: Vec<(ViewKey, V)>,
    /// Where the next part begins; none at the end.
    pub next: Option<ListPlace>,
}

impl<V> ListAnswer<V> {
    /// The same list of something that is made of its views; those of which nothing is made are
    /// left out.
    #[must_use]
    pub fn filter_map<W>(self, mut make: impl FnMut(V) -> Option<W>) -> ListAnswer<W> {
        let views = self.views.into_iter();
        ListAnswer {
            views: views
                .filter_map(|(key, view)| Some((key, make(view)?)))
                .collect(),
            next: self.next,
        }
    }
}

impl<V: Serialize> Serialize for ListAnswer<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let items: Vec<&V> = self.views.iter().map(|(_, view)| view).collect();
        let mut list = serializer.serialize_struct("ListAnswer", 2)?;
        list.serialize_field("items", &items)?;
        list.serialize_field("next", &self.next)?;
        list.end()
    }
}

/// The reasons why a question has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The read model is not complete: what is missing may still come.
    #[error("{model} is being rebuilt and has reached position {position}; ask again later")]
    Rebuilding {
        /// The read model.
        model: ModelName,
        /// How far its slowest slice is.
        position: GlobalPosition,
    },
    /// The read model has not reached the token in time.
    #[error(
        "{model} has reached position {reached} and not {wanted} in time; ask again later, or see whether its projector runs"
    )]
    NotYet {
        /// The read model.
        model: ModelName,
        /// Where it should be.
        wanted: GlobalPosition,
        /// Where it is.
        reached: GlobalPosition,
    },
    /// The token is of another namespace.
    #[error("a token of namespace {} means nothing to {model}", token.namespace)]
    ForeignToken {
        /// The read model.
        model: ModelName,
        /// The token.
        token: Token,
    },
    /// The generation that answers was made by another fold.
    #[error(
        "{model} is answered by a generation of another fold than this program's; update the program, or rebuild the read model"
    )]
    OtherFold {
        /// The read model.
        model: ModelName,
    },
    /// Several views claim one value.
    #[error(
        "several views are found under one {index}; say whose is meant, or ask for one by its key"
    )]
    Ambiguous {
        /// The index.
        index: IndexName,
        /// The value.
        value: Box<str>,
        /// The keys of the views, or of some of them where there are many.
        keys: Vec<ViewKey>,
    },
    /// A document cannot be read.
    #[error("the document of {key} is damaged; verify the read model and rebuild it")]
    Damaged {
        /// Whose document.
        key: ViewKey,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store of the read models failed.
    #[error("the read model cannot be asked")]
    Store(#[from] StoreError),
}
