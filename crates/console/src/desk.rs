//! What the console asks of a service, whatever the service is made of.

use std::{collections::BTreeMap, num::NonZeroU32, time::Duration};

use async_trait::async_trait;
use minwon::{
    ActorId, Answer, Health, ListPart, NamespaceName, OpenCounts, PetitionId, PetitionList,
    PetitionService, QueryError, StoreError, Timestamp,
    engine::{
        CorrelationId, EventFilter, Feed as _, FlowEdge, GlobalPosition, Kinds, Lag, LagError,
        Letter, LetterDetail, LetterGroup, LetterPage, LogPage, MessageFilter, MessagePage,
        MessageTree, OperatorError, ProjectionName, QueueEntry, RecordedEvent, RetryReport,
        Selection, StreamName, StreamVersion, Upkeep, ViewKey,
    },
    petitions::{
        Calendar, Category, Date, Group, Grouping, PetitionEvent, PetitionView, ReadError,
        ReceiptNumber,
    },
    service::{ServiceClock, ServiceReadModels, ServiceStatus, ServiceStore},
};

/// A petition service, as the console sees it.
#[async_trait]
pub(crate) trait Desk: Send + Sync + 'static {
    fn namespace(&self) -> &NamespaceName;
    fn now(&self) -> Timestamp;
    async fn sleep(&self, time: Duration);
    fn calendar(&self) -> &Calendar;

    fn health(&self) -> Health;
    fn status(&self) -> ServiceStatus;
    fn start_again(&self);
    fn upkeep(&self) -> &Upkeep;
    async fn head(&self) -> Result<GlobalPosition, StoreError>;
    /// When the last event of the log was recorded; none of an empty log, and of a server.
    async fn last_at(&self, head: GlobalPosition) -> Result<Option<Timestamp>, StoreError>;
    /// The events of the namespace behind `after`.
    async fn log(
        &self,
        after: GlobalPosition,
        events_max: NonZeroU32,
    ) -> Result<LogPage, StoreError>;
    /// Where to begin to read the last `count` events of the namespace.
    async fn before_last(&self, count: u32) -> Result<GlobalPosition, StoreError>;
    /// Waits until there are events behind `after`, or for so long.
    async fn grown(&self, after: GlobalPosition, wait_max: Duration);
    async fn lags(
        &self,
        more: &[ProjectionName],
    ) -> Result<Vec<(ProjectionName, Option<Lag>)>, LagError>;

    async fn letter_groups(&self) -> Result<Answer<BTreeMap<LetterGroup, u64>>, QueryError>;
    async fn letters(
        &self,
        of: &Selection,
        part: &ListPart,
    ) -> Result<Answer<LetterPage>, QueryError>;
    async fn letter(&self, letter: &Letter) -> Result<LetterDetail, OperatorError>;
    /// All letters of a selection as they stand in the queues, for whoever decides about them.
    async fn meant(&self, of: &Selection) -> Result<Vec<Letter>, OperatorError>;
    async fn retry(
        &self,
        by: &ActorId,
        letters: Vec<Letter>,
        time_out: Duration,
    ) -> Result<RetryReport, OperatorError>;
    async fn skip(&self, by: &ActorId, letter: &Letter, reason: &str) -> Result<(), OperatorError>;
    async fn compensate(
        &self,
        by: &ActorId,
        letter: &Letter,
        reason: &str,
    ) -> Result<(), OperatorError>;

    async fn decisions(&self, since: Timestamp) -> Result<Vec<QueueEntry>, OperatorError>;

    async fn petition(&self, id: &PetitionId) -> Result<Answer<Option<PetitionView>>, QueryError>;
    async fn by_receipt(
        &self,
        number: &ReceiptNumber,
    ) -> Result<Answer<Option<PetitionView>>, QueryError>;
    async fn log_of(&self, id: &PetitionId) -> Result<Vec<RecordedEvent>, StoreError>;
    fn read(&self, event: &RecordedEvent) -> Result<(Category, PetitionEvent), ReadError>;

    /// None where no index of messages is kept; so with the next three.
    async fn messages(
        &self,
        filter: &MessageFilter,
        part: &ListPart,
    ) -> Option<Result<Answer<MessagePage>, QueryError>>;
    async fn message_kinds(&self) -> Option<Result<Answer<Kinds>, QueryError>>;
    async fn flow(&self) -> Option<Result<Answer<Vec<FlowEdge>>, QueryError>>;
    async fn message_tree(
        &self,
        of: CorrelationId,
    ) -> Option<Result<Answer<MessageTree>, QueryError>>;
    async fn recorded(
        &self,
        stream: &StreamName,
        version: StreamVersion,
    ) -> Result<Option<RecordedEvent>, StoreError>;

    async fn due_on(&self, day: Date, part: &ListPart) -> Result<PetitionList, QueryError>;
    async fn late_at(&self, at: Timestamp, part: &ListPart) -> Result<PetitionList, QueryError>;
    /// As [`due_on`](Self::due_on), without what they are; so with the next.
    async fn which_due_on(
        &self,
        day: Date,
        most: NonZeroU32,
    ) -> Result<Answer<Vec<ViewKey>>, QueryError>;
    async fn which_late_at(
        &self,
        at: Timestamp,
        most: NonZeroU32,
    ) -> Result<Answer<Vec<ViewKey>>, QueryError>;
    async fn awaiting_supplement(&self, part: &ListPart) -> Result<PetitionList, QueryError>;
    async fn open(&self, group: &Group, part: &ListPart) -> Result<PetitionList, QueryError>;
    async fn open_counts(&self, by: Grouping) -> Result<Answer<OpenCounts>, QueryError>;
}

/// Whom letters are looked at as; a look is on record elsewhere, and writes nothing to the queues.
fn looker() -> ActorId {
    ActorId::new("console").expect("a short word")
}

/// All that the log has of a service's namespace.
fn of_namespace<S, R, T>(service: &PetitionService<S, R, T>) -> EventFilter
where
    S: ServiceStore,
    R: ServiceReadModels,
    T: ServiceClock,
{
    EventFilter::namespace(service.namespace().name().clone())
}

#[async_trait]
impl<S, R, T> Desk for PetitionService<S, R, T>
where
    S: ServiceStore,
    R: ServiceReadModels,
    T: ServiceClock,
{
    fn namespace(&self) -> &NamespaceName {
        self.namespace().name()
    }

    fn now(&self) -> Timestamp {
        self.namespace().timer().now()
    }

    async fn sleep(&self, time: Duration) {
        self.namespace().timer().sleep(time).await;
    }

    fn calendar(&self) -> &Calendar {
        self.namespace().calendar()
    }

    fn health(&self) -> Health {
        (**self).health()
    }

    fn status(&self) -> ServiceStatus {
        self.status()
    }

    fn start_again(&self) {
        (**self).start_again();
    }

    fn upkeep(&self) -> &Upkeep {
        (**self).upkeep()
    }

    async fn head(&self) -> Result<GlobalPosition, StoreError> {
        self.namespace().store().head().await
    }

    async fn last_at(&self, head: GlobalPosition) -> Result<Option<Timestamp>, StoreError> {
        let store = self.namespace().store();
        let before = head.commit().checked_sub(1);
        let Some(before) = before.filter(|_| store.positions_per_event() == 1) else {
            return Ok(None);
        };
        let (before, all) = (GlobalPosition::new(before), EventFilter::all());
        let page = store.read_all(before, &all, NonZeroU32::MIN).await?;
        Ok(page.events.first().map(|event| event.recorded_at))
    }

    async fn log(
        &self,
        after: GlobalPosition,
        events_max: NonZeroU32,
    ) -> Result<LogPage, StoreError> {
        let store = self.namespace().store();
        store.read_all(after, &of_namespace(self), events_max).await
    }

    async fn before_last(&self, count: u32) -> Result<GlobalPosition, StoreError> {
        let (store, filter) = (self.namespace().store(), of_namespace(self));
        let mut place = store.head().await?;
        for _ in 0..count {
            let last = store.last_up_to(place, &filter).await?;
            let Some(before) = last.commit().checked_sub(1) else {
                return Ok(GlobalPosition::START);
            };
            place = GlobalPosition::new(before);
        }
        Ok(place)
    }

    async fn grown(&self, after: GlobalPosition, wait_max: Duration) {
        let store = self.namespace().store();
        let mut feed = store.feed(after, of_namespace(self), NonZeroU32::MIN);
        // A store that fails here fails whoever reads there next.
        let grown = async { while feed.next().await.is_ok_and(|batch| batch.events.is_empty()) {} };
        tokio::select! {
            () = grown => {}
            () = self.namespace().timer().sleep(wait_max) => {}
        }
    }

    async fn lags(
        &self,
        more: &[ProjectionName],
    ) -> Result<Vec<(ProjectionName, Option<Lag>)>, LagError> {
        self.lags(more).await
    }

    async fn letter_groups(&self) -> Result<Answer<BTreeMap<LetterGroup, u64>>, QueryError> {
        (**self).letters().groups().await
    }

    async fn letters(
        &self,
        of: &Selection,
        part: &ListPart,
    ) -> Result<Answer<LetterPage>, QueryError> {
        (**self).letters().list(of, part).await
    }

    async fn letter(&self, letter: &Letter) -> Result<LetterDetail, OperatorError> {
        self.dead_letters().operator(looker()).show(letter).await
    }

    async fn meant(&self, of: &Selection) -> Result<Vec<Letter>, OperatorError> {
        self.dead_letters().operator(looker()).list(of).await
    }

    async fn retry(
        &self,
        by: &ActorId,
        letters: Vec<Letter>,
        time_out: Duration,
    ) -> Result<RetryReport, OperatorError> {
        let operator = self.dead_letters().operator(by.clone());
        operator.retry_listed(letters, time_out).await
    }

    async fn skip(&self, by: &ActorId, letter: &Letter, reason: &str) -> Result<(), OperatorError> {
        let operator = self.dead_letters().operator(by.clone());
        operator.skip(std::slice::from_ref(letter), reason).await
    }

    async fn compensate(
        &self,
        by: &ActorId,
        letter: &Letter,
        reason: &str,
    ) -> Result<(), OperatorError> {
        let operator = self.dead_letters().operator(by.clone());
        operator.compensate(letter, reason).await
    }

    async fn decisions(&self, since: Timestamp) -> Result<Vec<QueueEntry>, OperatorError> {
        let operator = self.dead_letters().operator(looker());
        operator.decisions(since).await
    }

    async fn petition(&self, id: &PetitionId) -> Result<Answer<Option<PetitionView>>, QueryError> {
        self.results().petition(id).await
    }

    async fn by_receipt(
        &self,
        number: &ReceiptNumber,
    ) -> Result<Answer<Option<PetitionView>>, QueryError> {
        self.results().by_receipt(number).await
    }

    async fn log_of(&self, id: &PetitionId) -> Result<Vec<RecordedEvent>, StoreError> {
        self.namespace().log_of(id).await
    }

    fn read(&self, event: &RecordedEvent) -> Result<(Category, PetitionEvent), ReadError> {
        self.namespace().reader().read(event)
    }

    async fn messages(
        &self,
        filter: &MessageFilter,
        part: &ListPart,
    ) -> Option<Result<Answer<MessagePage>, QueryError>> {
        let index = (**self).messages()?;
        Some(index.page(filter, part).await)
    }

    async fn message_kinds(&self) -> Option<Result<Answer<Kinds>, QueryError>> {
        let index = (**self).messages()?;
        Some(index.kinds().await)
    }

    async fn flow(&self) -> Option<Result<Answer<Vec<FlowEdge>>, QueryError>> {
        let index = (**self).messages()?;
        Some(index.flow().await)
    }

    async fn message_tree(
        &self,
        of: CorrelationId,
    ) -> Option<Result<Answer<MessageTree>, QueryError>> {
        let index = (**self).messages()?;
        Some(index.tree(of).await)
    }

    async fn recorded(
        &self,
        stream: &StreamName,
        version: StreamVersion,
    ) -> Result<Option<RecordedEvent>, StoreError> {
        (**self).recorded(stream, version).await
    }

    async fn due_on(&self, day: Date, part: &ListPart) -> Result<PetitionList, QueryError> {
        self.results().due_on(day, part).await
    }

    async fn late_at(&self, at: Timestamp, part: &ListPart) -> Result<PetitionList, QueryError> {
        self.results().late_at(at, part).await
    }

    async fn which_due_on(
        &self,
        day: Date,
        most: NonZeroU32,
    ) -> Result<Answer<Vec<ViewKey>>, QueryError> {
        self.results().which_due_on(day, most).await
    }

    async fn which_late_at(
        &self,
        at: Timestamp,
        most: NonZeroU32,
    ) -> Result<Answer<Vec<ViewKey>>, QueryError> {
        self.results().which_late_at(at, most).await
    }

    async fn awaiting_supplement(&self, part: &ListPart) -> Result<PetitionList, QueryError> {
        self.results().awaiting_supplement(part).await
    }

    async fn open(&self, group: &Group, part: &ListPart) -> Result<PetitionList, QueryError> {
        self.results().open(group, part).await
    }

    async fn open_counts(&self, by: Grouping) -> Result<Answer<OpenCounts>, QueryError> {
        self.results().open_counts(by).await
    }
}
