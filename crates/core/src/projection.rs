//! Pure folds of the log into views, and where they are kept.

use std::{
    borrow::Cow,
    fmt,
    num::{NonZeroU16, ParseIntError},
    str::FromStr,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};

use crate::{
    checkpoint::Slice,
    codec::CodecError,
    dead_letter::DeadLetterEvent,
    event::RecordedEvent,
    stream::{GlobalPosition, StreamName, StreamVersion},
    text::{ProjectionName, ViewKey},
    time::Timestamp,
};

/// Reads recorded events as what they mean. All projections of one feed share what it reads, so
/// each event is decoded once.
pub trait EventDecoder: Send + Sync + 'static {
    /// The meaning of an event.
    type Event: Send + Sync + 'static;
    /// Why an event cannot be read.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Decodes `event`.
    ///
    /// # Errors
    /// Where it cannot be read. The payload is never guessed at, and an event with a
    /// [fault](RecordedEvent::fault) counts as unreadable.
    fn decode(&self, event: &RecordedEvent) -> Result<Self::Event, Self::Error>;

    /// Returns whether `error` says that a newer program wrote the event. Then it is no failure:
    /// what depends on it waits for that program. Default: whether it, or a cause of it, is a
    /// [`CodecError`] that [says so](CodecError::is_newer).
    fn is_newer(&self, error: &Self::Error) -> bool {
        CodecError::among(error).is_some_and(CodecError::is_newer)
    }

    /// Returns a fingerprint that distinguishes decoders that can read different forms: an event
    /// that one cannot read is tried again by another. Default: none, and then an unreadable event
    /// waits until somebody asks.
    fn fingerprint(&self) -> Option<DecoderFingerprint> {
        None
    }
}

/// Distinguishes decoders that can read different forms of events. Written as 16 hexadecimal
/// digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DecoderFingerprint(u64);

impl DecoderFingerprint {
    /// The fingerprint of what `text` lists.
    #[must_use]
    pub fn of(text: impl AsRef<[u8]>) -> Self {
        Self(xxhash_rust::xxh3::xxh3_64(text.as_ref()))
    }

    /// The fingerprint of several decoders that are one.
    #[must_use]
    pub fn all(fingerprints: impl IntoIterator<Item = Self>) -> Self {
        let bytes = fingerprints.into_iter().flat_map(|one| one.0.to_be_bytes());
        Self::of(bytes.collect::<Vec<_>>())
    }
}

crate::stored_as_text!(DecoderFingerprint);

impl fmt::Display for DecoderFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for DecoderFingerprint {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        u64::from_str_radix(text, 16).map(Self)
    }
}

/// A view as it is kept.
///
/// All types that serde writes and reads are views. A view that holds more than may be shown implements this
/// instead, and so is not serialised by accident.
///
/// It is kept in a binary form in which structs are maps by name and what has a form as text is text, so what
/// JSON carries is carried. Not so what `serde_json` alone reads, as a raw value; and, in a part that is
/// flattened or of an enum whose variants have no names of their own, numbers of 128 bits and unit structs.
/// In debug builds a projector panics where it writes a view that it cannot read.
pub trait StoredView: Clone + Send + Sync + 'static {
    /// Writes it; the same view always the same way: no hash maps.
    ///
    /// # Errors
    /// Those of the serializer.
    fn store<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error>;

    /// Reads what was [stored](Self::store).
    ///
    /// # Errors
    /// Where it is no such view.
    fn restore<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error>;
}

impl<V: Clone + Send + Sync + Serialize + DeserializeOwned + 'static> StoredView for V {
    fn store<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.serialize(to)
    }

    fn restore<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::deserialize(from)
    }
}

/// A view in its stored form, for serde: `Stored(&view)` is written, a `Stored<V>` is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored<V>(pub V);

impl<V: StoredView> Serialize for Stored<&V> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.store(to)
    }
}

impl<'de, V: StoredView> Deserialize<'de> for Stored<V> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        V::restore(from).map(Self)
    }
}

/// A pure fold of events into a view per key, and the places under which a view is found.
///
/// A view is a function of the events of its key, in the order of the log, and of nothing else:
/// no time, no chance, nothing looked up. So any view can be folded again and compared.
#[auto_impl::auto_impl(Arc)]
pub trait Projection: Send + Sync + 'static {
    /// The decoded events; see [`EventDecoder`].
    type Event: Send + Sync + 'static;
    /// The view that the events of a key fold to.
    type View: StoredView;

    /// Its name, explicit and stable: a renamed projection is another one.
    fn name(&self) -> &ProjectionName;

    /// The fingerprint of the fold: raise it whenever the shape of the view, the meaning of
    /// [`apply`](Self::apply), the [key](Self::key), the entries or the number of slices change. Then
    /// the view has to be rebuilt. Default: the first.
    fn schema(&self) -> ViewSchema {
        ViewSchema::new(1)
    }

    /// Over how many slices the keys are spread.
    fn slices(&self) -> SliceCount {
        SliceCount::DEFAULT
    }

    /// Returns the key under which `event` is folded, none where it does not matter here. Called
    /// before the event is decoded: events that others work on are not decoded at all.
    ///
    /// Where no view can have that key ([`ViewKey::check`]), the event becomes a dead letter under the
    /// key of its stream. Of a stream that is of several keys, or of none in part, what lies between
    /// two events of one key is read once more; a key of a stream for each costs nothing.
    fn key<'e>(&self, event: &'e RecordedEvent) -> Option<&'e str> {
        Some(event.metadata.subject())
    }

    /// Under which key an event of `stream` is folded whose metadata cannot be read: the one of the
    /// other events of that stream. Default: the stream's id.
    fn key_of_stream<'s>(&self, stream: &'s StreamName) -> Option<&'s str> {
        Some(stream.id())
    }

    /// Under which key what happened to a dead letter is folded, none where it does not matter here;
    /// as to nearly all projections it does not.
    ///
    /// The events about the letters of one subject are spread over many streams, between events
    /// about others, so a key of letters cannot be folded again by itself. A projection that folds
    /// letters folds nothing else: its [`key`](Self::key) is none for every event.
    fn letter_key<'e>(&self, letter: &'e DeadLetterEvent) -> Option<&'e str> {
        let _ = letter;
        None
    }

    /// The view after what happened to a dead letter of its key. Where this panics, the view stays
    /// as it was.
    fn apply_letter(
        &self,
        view: &mut Option<Self::View>,
        letter: &DeadLetterEvent,
        recorded: &RecordedEvent,
    ) {
        let _ = (view, letter, recorded);
    }

    /// Changes the view as `event` says; none before the first event, and where there is nothing to
    /// show. It cannot fail, as the event has happened.
    fn apply(&self, view: &mut Option<Self::View>, event: &Self::Event, recorded: &RecordedEvent);

    /// Whether it folds events as they are recorded, by their place and metadata alone. Then it is given all
    /// events, those about dead letters and those that cannot be read among them, by
    /// [`record_key`](Self::record_key) and [`apply_record`](Self::apply_record) in place of
    /// [`key`](Self::key) and [`apply`](Self::apply): nothing is decoded for it, so nothing that an event
    /// says, nor that one is missing, holds its keys back. Default: no.
    fn folds_records(&self) -> bool {
        false
    }

    /// Under which key an event is folded [as it is recorded](Self::folds_records); all of them have one.
    /// Default: the id of its stream.
    fn record_key<'e>(&self, event: &'e RecordedEvent) -> RecordKey<'e> {
        RecordKey {
            key: event.stream.id().into(),
            first: StreamVersion::FIRST,
        }
    }

    /// Changes the view as an event says [as it is recorded](Self::folds_records).
    fn apply_record(&self, view: &mut Option<Self::View>, recorded: &RecordedEvent) {
        let _ = (view, recorded);
    }

    /// Where a view with this key is found: written into `entries`, each place once.
    fn index(&self, key: &ViewKey, view: &Self::View, entries: &mut Vec<IndexEntry>);
}

/// The key of a stretch of a stream; of one stream, or of a few that have the same id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordKey<'e> {
    /// The key, by the rule of a [`ViewKey`].
    pub key: Cow<'e, str>,
    /// Where the stretch begins: what stands before it in the stream is of other keys, and not looked at.
    pub first: StreamVersion,
}

/// Under which key `event` is folded, readable or not.
pub fn projection_key<'e>(
    projection: &impl Projection,
    event: &'e RecordedEvent,
) -> Option<Cow<'e, str>> {
    if projection.folds_records() {
        return Some(projection.record_key(event).key);
    }
    let key = match event.fault {
        None => projection.key(event),
        Some(_) => projection.key_of_stream(&event.stream),
    };
    key.map(Cow::Borrowed)
}

crate::text::number_newtype! {
    /// The fingerprint of a projection: two with the same one keep the same views.
    ///
    /// A later fold has a higher number: what is newer answers by itself once it is complete, and what is
    /// older only where somebody says so.
    ViewSchema(u64)
}

/// Over how many slices the keys of a read model are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SliceCount(NonZeroU16);

impl SliceCount {
    /// Sixteen: enough for as many projectors, few enough to ask all of them at once.
    pub const DEFAULT: Self = Self(NonZeroU16::new(16).expect("not 0"));

    /// So many slices.
    #[must_use]
    pub const fn new(count: NonZeroU16) -> Self {
        Self(count)
    }

    /// Returns how many.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0.get()
    }

    /// All slices, in order.
    pub fn slices(self) -> impl DoubleEndedIterator<Item = Slice> + ExactSizeIterator + Clone {
        (0..self.get()).map(Slice::new)
    }

    /// The slice that `key` belongs to: XXH3 (64 bit, seed 0) of the key, modulo the count. Part
    /// of the stored format.
    #[must_use]
    pub fn slice_of(self, key: &str) -> Slice {
        self.slice_of_hash(key_hash(key))
    }

    /// As [`slice_of`](Self::slice_of), for a key whose [`key_hash`] is known.
    #[must_use]
    pub const fn slice_of_hash(self, hash: u64) -> Slice {
        // Less than the count, so it fits.
        Slice::new((hash % self.0.get() as u64) as u16)
    }
}

/// The stable hash that spreads keys over slices: XXH3, 64 bit, seed 0.
#[must_use]
pub fn key_hash(key: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(key.as_bytes())
}

/// The name of a kind of index, for example `receipt`: lower-case ASCII letters and hyphens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IndexName(&'static str);

impl IndexName {
    /// Checks the name, best at compile time.
    ///
    /// # Panics
    /// Where it is empty or holds anything but lower-case ASCII letters and hyphens.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        let bytes = name.as_bytes();
        assert!(!bytes.is_empty(), "an index name is not empty");
        let mut at = 0;
        while at < bytes.len() {
            assert!(
                bytes[at].is_ascii_lowercase() || bytes[at] == b'-',
                "an index name holds lower-case ASCII letters and hyphens only"
            );
            at += 1;
        }
        Self(name)
    }

    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// One list of this index, for example of an applicant.
    pub fn list(self, partition: impl Into<Box<str>>) -> ListName {
        ListName {
            index: self,
            partition: partition.into(),
        }
    }
}

impl fmt::Display for IndexName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

crate::text::number_newtype! {
    /// Where in a list something stands: smaller first.
    Order(u64)
}

impl From<Timestamp> for Order {
    /// Earlier first.
    fn from(instant: Timestamp) -> Self {
        // Flipping the sign bit sorts signed numbers as unsigned ones.
        Self((instant.unix_micros() as u64) ^ (1 << 63))
    }
}

impl From<GlobalPosition> for Order {
    /// Earlier in the log first. Of two events of one commit neither comes first.
    fn from(position: GlobalPosition) -> Self {
        Self(position.commit())
    }
}

/// A place under which a view is found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IndexEntry {
    /// By a value that should be its own, for example a receipt number. Where several views claim
    /// one value, all of them are found.
    Lookup(Lookup),
    /// In a list, for example all petitions of one applicant, oldest first.
    Listed {
        /// Which list of which index.
        list: ListName,
        /// Where in the list.
        order: Order,
    },
    /// In a count, for example how many petitions filed on a day have been completed.
    Counted(CountCell),
}

/// A value that a view is found by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lookup {
    /// The index.
    pub index: IndexName,
    /// The value.
    pub value: Box<str>,
}

/// One list of an index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListName {
    /// The index.
    pub index: IndexName,
    /// Which list of it, for example an applicant.
    pub partition: Box<str>,
}

/// One count: so many views are counted under it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountCell {
    /// The index.
    pub index: IndexName,
    /// The counts that are read together, for example those of a day.
    pub group: Box<str>,
    /// Which count of the group.
    pub member: Box<str>,
}

impl IndexEntry {
    /// An entry by a value that is the view's own.
    pub fn lookup(index: IndexName, value: impl Into<Box<str>>) -> Self {
        Self::Lookup(Lookup {
            index,
            value: value.into(),
        })
    }

    /// An entry in a list.
    pub fn listed(
        index: IndexName,
        partition: impl Into<Box<str>>,
        order: impl Into<Order>,
    ) -> Self {
        Self::Listed {
            list: ListName {
                index,
                partition: partition.into(),
            },
            order: order.into(),
        }
    }

    /// An entry in a count.
    pub fn counted(
        index: IndexName,
        group: impl Into<Box<str>>,
        member: impl Into<Box<str>>,
    ) -> Self {
        Self::Counted(CountCell {
            index,
            group: group.into(),
            member: member.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_spread_as_they_always_were() {
        // A stored format: a key that moves to another slice is lost to its view.
        let slices = |key| SliceCount::DEFAULT.slice_of(key).get();
        let placed = ["2026-000123", "p-1", "민원", "a"].map(slices);
        assert_eq!(placed, [8, 12, 1, 15]);
    }

    #[test]
    fn keys_are_spread_evenly() {
        let mut sizes = [0_u32; 16];
        for number in 0..16_000 {
            let slice = SliceCount::DEFAULT.slice_of(&format!("2026-{number:08}"));
            sizes[usize::from(slice.get())] += 1;
        }
        assert!(
            sizes.iter().all(|size| (850..1150).contains(size)),
            "{sizes:?}"
        );
    }

    #[test]
    fn orders_of_instants_sort_as_instants_do() {
        let instants = [
            Timestamp::MIN,
            "1969-12-31T23:59:59Z".parse().unwrap(),
            Timestamp::UNIX_EPOCH,
            "2026-03-09T10:00:00+09:00".parse().unwrap(),
            Timestamp::MAX,
        ];
        assert!(instants.map(Order::from).is_sorted());
    }

    #[test]
    #[should_panic(expected = "lower-case")]
    fn an_index_name_with_a_separator_is_refused() {
        let _ = IndexName::new("by:receipt");
    }
}
