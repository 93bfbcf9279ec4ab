//! Asking for messages.

use std::{
    collections::{BTreeSet, HashMap},
    num::NonZeroU32,
};

use minwon_core::{
    CorrelationId, Direction, EventId, EventType, GlobalPosition, ListName, ListPlace,
    NamespaceName, Order, ReadModelAdmin, ReadModelStore, ServiceName, Timer, Timestamp, ViewKey,
};
use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::{
    FlowEdge, KINDS, Message, MessageFilter, MessageView, Messages, SERVICE, TYPE,
    filter::{Lists, list_of_all, list_of_service},
    flow,
};
use crate::{Answer, AsOf, ListPart, ModelReader, Projector, QueryError};

/// Most messages that a page is asked for; a longer one is cut to this. Unit: messages.
pub const MESSAGES_MAX: NonZeroU32 = NonZeroU32::new(256).expect("not 0");

/// Most messages of a request that are shown as a tree. Unit: messages.
pub const TREE_MESSAGES_MAX: usize = 1024;

/// Places looked at for one page, where few of them are meant. Unit: places.
const PLACES_MAX: usize = 1024;

/// Places looked at in one step, where not all of them are meant. Unit: places.
const STEP_PLACES: NonZeroU32 = MESSAGES_MAX;

/// A key that no other comes before.
const FIRST_KEY: &str = "!";

/// Asks the index of [messages](Messages). An answer costs what it holds, however long the log is; where more
/// is said of messages than the index knows together, each page looks at 1,024 places at most, and may hold
/// fewer messages than asked for, or none.
#[derive(Debug)]
pub struct MessageReader<R, T> {
    messages: ModelReader<Messages<()>, R, T>,
}

/// Part of a list of messages. Serialises as it is, `next` as a text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessagePage {
    /// The messages, in the order asked. The events of one append stand together, so there may be a few more
    /// of them than asked for.
    pub messages: Vec<Message>,
    /// Where the next part begins; none at the end.
    pub next: Option<ListPlace>,
}

impl Serialize for MessagePage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut page = serializer.serialize_struct("MessagePage", 2)?;
        page.serialize_field("messages", &self.messages)?;
        page.serialize_field("next", &self.next)?;
        page.end()
    }
}

/// Which event types and services there are in the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Kinds {
    /// The types.
    pub types: BTreeSet<EventType>,
    /// The services, by their whole names.
    pub services: BTreeSet<ServiceName>,
}

/// The messages of a request, each behind what caused it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageTree {
    /// The messages, and how many causes each has above it. What one caused follows it, oldest first.
    pub messages: Vec<(Message, usize)>,
    /// Whether these are all of them: at most [`TREE_MESSAGES_MAX`] are shown, the oldest.
    pub is_whole: bool,
}

impl<R: ReadModelStore + ReadModelAdmin, T: Timer> MessageReader<R, T> {
    /// A reader of the messages of a namespace.
    pub fn new(namespace: NamespaceName, read_models: R, timer: T) -> Self {
        let messages = ModelReader::new(namespace, Messages::default(), read_models, timer);
        Self { messages }
    }

    /// Whoever waits is woken by this projector; see [`ModelReader::woken_by`].
    #[must_use]
    pub fn woken_by(mut self, projector: &Projector) -> Self {
        self.messages = self.messages.woken_by(projector.status());
        self
    }

    /// The views themselves: one can wait for them.
    pub fn views(&self) -> &ModelReader<Messages<()>, R, T> {
        &self.messages
    }

    /// Part of the messages that are meant, oldest first, or newest first with [`ListPart::last_first`]; at
    /// most [`MESSAGES_MAX`], and the rest of an append.
    ///
    /// A page that holds fewer than asked for, or none, is the last one only where it has no
    /// [`next`](MessagePage::next).
    ///
    /// # Errors
    /// [`QueryError`]: [`Rebuilding`](QueryError::Rebuilding) until all of the log is in the index.
    pub async fn page(
        &self,
        filter: &MessageFilter,
        part: &ListPart,
    ) -> Result<Answer<MessagePage>, QueryError> {
        let direction = part.direction;
        let limit = part.limit.min(MESSAGES_MAX);
        let mut as_of = None;
        let lists = self.lists(filter, &mut as_of).await?;
        let mut step = ListPart {
            limit: match filter.is_known_by_lists() {
                true => limit,
                false => STEP_PLACES,
            },
            ..part.clone()
        };
        if step.after.is_none() {
            step.after = self.start(filter, direction, &mut as_of).await?;
        }
        let (mut messages, mut looked_at) = (Vec::new(), 0);
        let next = 'looking: loop {
            let answer = self.messages.views_at(&lists, &step).await?;
            note(&mut as_of, answer.as_of);
            for (place, view) in answer.value.views {
                let mut is_past = false;
                for message in messages_at(&place, view.as_ref()) {
                    is_past |= filter.is_past(message, direction);
                    messages.extend(filter.means(message).then(|| message.clone()));
                }
                if is_past {
                    break 'looking None;
                }
                looked_at += 1;
                let is_enough = messages.len() >= limit.get() as usize;
                step.after = Some(place);
                if is_enough {
                    break 'looking step.after;
                }
            }
            match answer.value.next {
                None => break None,
                next if looked_at >= PLACES_MAX => break next,
                next => step.after = next,
            }
        };
        messages.sort_by_key(|message| message.position);
        if direction == Direction::Descending {
            messages.reverse();
        }
        let as_of = as_of.expect("something was asked");
        Ok(as_of.answer(MessagePage { messages, next }))
    }

    /// The message at a place in the log; none where there is none.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn at(
        &self,
        position: GlobalPosition,
    ) -> Result<Answer<Option<Message>>, QueryError> {
        let order = Order::from(position);
        let mut part = ListPart::first(STEP_PLACES).last_first();
        part.after = Some(place_before(order.get().saturating_add(1)));
        let mut as_of = None;
        loop {
            let answer = self.messages.views_at(&[list_of_all()], &part).await?;
            let is_over = answer
                .value
                .views
                .iter()
                .any(|(place, _)| place.order < order);
            note(&mut as_of, answer.as_of);
            let views = answer.value.views.into_iter();
            let found = views
                .flat_map(|(_, view)| view)
                .flat_map(|view| view.messages().to_vec())
                .find(|message| message.position == position);
            part.after = answer.value.next;
            if found.is_some() || is_over || part.after.is_none() {
                return Ok(as_of.expect("something was asked").answer(found));
            }
        }
    }

    /// The messages of a request as a tree: what caused each, and what it caused.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn tree(&self, id: CorrelationId) -> Result<Answer<MessageTree>, QueryError> {
        let filter = MessageFilter::default().correlation(id);
        let (mut part, mut messages) = (ListPart::first(MESSAGES_MAX), Vec::new());
        let mut as_of = None;
        let is_whole = loop {
            let page = self.page(&filter, &part).await?;
            note(&mut as_of, page.as_of);
            messages.extend(page.value.messages);
            part.after = page.value.next;
            if part.after.is_none() || messages.len() > TREE_MESSAGES_MAX {
                break messages.len() <= TREE_MESSAGES_MAX;
            }
        };
        messages.truncate(TREE_MESSAGES_MAX);
        let as_of = as_of.expect("something was asked");
        Ok(as_of.answer(MessageTree {
            messages: in_order_of_causes(messages),
            is_whole,
        }))
    }

    /// Which event types and services there are.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn kinds(&self) -> Result<Answer<Kinds>, QueryError> {
        let types = self.messages.counts(KINDS, TYPE).await?;
        let services = self.messages.counts(KINDS, SERVICE).await?;
        let as_of = types.as_of.earlier(services.as_of);
        let types = types.value.into_keys();
        let services = services.value.into_keys();
        Ok(as_of.answer(Kinds {
            types: types.flat_map(EventType::new).collect(),
            services: services
                .flat_map(|name| ServiceName::stored(&name))
                .collect(),
        }))
    }

    /// Which kinds of events led to which, with who wrote them, and how often: of all of the log, as it was counted
    /// while the index was written. It costs as much as there are kinds, however long the log is.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn flow(&self) -> Result<Answer<Vec<FlowEdge>>, QueryError> {
        let (index, group) = flow::counts();
        let counts = self.messages.counts(index, group).await?;
        Ok(counts.map(flow::read))
    }

    /// The lists to look in for what is meant.
    async fn lists(
        &self,
        filter: &MessageFilter,
        as_of: &mut Option<AsOf>,
    ) -> Result<Vec<ListName>, QueryError> {
        let group = match filter.lists() {
            Lists::These(lists) => return Ok(lists),
            Lists::OfServices(group) => group,
        };
        let services = self.messages.counts(KINDS, SERVICE).await?;
        note(as_of, services.as_of);
        let services = services.value.into_keys();
        let is_under = |name: &str| ServiceName::stored(name).is_ok_and(|it| it.is_under(&group));
        let meant: Vec<_> = services.filter(|name| is_under(name)).collect();
        Ok(match meant.len() {
            // A list that is empty says so itself, and as of when.
            0 => vec![list_of_service(group.as_str())],
            1..=MessageFilter::LISTS_MAX => meant.iter().map(|it| list_of_service(it)).collect(),
            _ => vec![list_of_all()],
        })
    }

    /// The place behind which, in the order asked, the first message may be meant; none where that is any.
    async fn start(
        &self,
        filter: &MessageFilter,
        direction: Direction,
        as_of: &mut Option<AsOf>,
    ) -> Result<Option<ListPlace>, QueryError> {
        let by_time = match filter.begins(direction) {
            Some(instant) => Some(self.place_of(instant, as_of).await?),
            None => None,
        };
        let by_place = filter.first_order(direction).map(place_before);
        let both = by_time.into_iter().chain(by_place);
        Ok(match direction {
            Direction::Descending => both.min(),
            Direction::Ascending => both.max(),
        })
    }

    /// The place before which everything was recorded before `instant`, and behind which nothing was: found
    /// by halving the log.
    async fn place_of(
        &self,
        instant: Timestamp,
        as_of: &mut Option<AsOf>,
    ) -> Result<ListPlace, QueryError> {
        let Some((last, recorded_at)) = self.last_before(None, as_of).await? else {
            return Ok(place_before(0));
        };
        let (mut low, mut high) = (0, last.get().saturating_add(1));
        if recorded_at < instant {
            low = high;
        }
        while low < high {
            let middle = low + (high - low) / 2;
            let before = place_before(middle + 1);
            match self.last_before(Some(before), as_of).await? {
                Some((found, recorded_at)) if recorded_at >= instant => high = found.get(),
                _ => low = middle + 1,
            }
        }
        Ok(place_before(low))
    }

    /// Where the last message before a place stands, and when it was recorded.
    async fn last_before(
        &self,
        place: Option<ListPlace>,
        as_of: &mut Option<AsOf>,
    ) -> Result<Option<(Order, Timestamp)>, QueryError> {
        let mut last = ListPart::first(NonZeroU32::MIN).last_first();
        last.after = place;
        let answer = self.messages.views_at(&[list_of_all()], &last).await?;
        note(as_of, answer.as_of);
        let found = answer.value.views.into_iter().next();
        Ok(found.and_then(|(place, view)| {
            let at = messages_at(&place, view.as_ref()).next()?.recorded_at;
            Some((place.order, at))
        }))
    }
}

/// The messages that have a place.
fn messages_at<'v>(
    place: &ListPlace,
    view: Option<&'v MessageView>,
) -> impl Iterator<Item = &'v Message> {
    let there = view.map_or(&[][..], MessageView::messages).iter();
    let order = place.order;
    there.filter(move |message| Order::from(message.position) == order)
}

fn note(as_of: &mut Option<AsOf>, other: AsOf) {
    *as_of = Some(match as_of.take() {
        Some(as_of) => as_of.earlier(other),
        None => other,
    });
}

/// The place before all of this order.
fn place_before(order: u64) -> ListPlace {
    ListPlace {
        order: Order::new(order),
        key: ViewKey::new(FIRST_KEY).expect("a name"),
    }
}

/// Messages in the order of the log, each put behind what caused it; with the number of causes above it.
pub(super) fn in_order_of_causes(messages: Vec<Message>) -> Vec<(Message, usize)> {
    let mut known = HashMap::<EventId, usize>::new();
    let mut effects = vec![Vec::new(); messages.len()];
    let mut next = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        // Only what stands before it can have caused it: so no message is above itself.
        let cause = EventId::from_bytes(*message.causation_id.as_bytes());
        match known.get(&cause) {
            Some(&cause) => effects[cause].push(at),
            None => next.push((at, 0)),
        }
        known.entry(message.id).or_insert(at);
    }
    next.reverse();
    let mut order = Vec::with_capacity(messages.len());
    while let Some((at, depth)) = next.pop() {
        order.push((at, depth));
        next.extend(effects[at].iter().rev().map(|&effect| (effect, depth + 1)));
    }
    let mut messages: Vec<_> = messages.into_iter().map(Some).collect();
    let taken = order.into_iter();
    taken
        .filter_map(|(at, depth)| Some((messages[at].take()?, depth)))
        .collect()
}
