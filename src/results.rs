//! Asking for results: the read side of a namespace, in the words of the domain.

mod lists;

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;

use minwon_core::{
    ActorId, ExecuteError, ReadModelAdmin, ReadModelStore, StoreError, StoreErrorKind, Timer,
    Timestamp, Token, ViewKey,
    metrics::{self, LIMIT_HITS},
};
use minwon_petitions::PetitionId;
use minwon_petitions::{
    ApplicantId, ApplicationStatus, Calendar, Category, Date, DayCount, DocumentType,
    DocumentVerdict, IssuanceId, IssuanceState, PetitionResult, PetitionView, PetitionViews,
    ReceiptNumber, VerificationNumber,
    view::{DocumentView, PickupView},
};
use serde::Serialize;

use minwon_projections::{Answer, AsOf, ListAnswer, ListPart, ModelReader, Projector, QueryError};

pub use self::lists::OpenCounts;
use crate::{
    SystemClock,
    service::{QuestionLimit, TokenBuckets, VerificationError},
};

/// The answer to whoever asks about a document's number; it never says whose document it is.
/// Serialises as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DocumentResult {
    /// Whether it can be relied on.
    pub verdict: DocumentVerdict,
    /// The document that was issued under the number; none where there is no such document.
    pub issued: Option<IssuedDocument>,
}

/// A document as it was issued, and how far it was handed out. Serialises as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IssuedDocument {
    /// Its verification number as lists show it: who has the answer and not the document cannot
    /// ask again.
    pub masked_number: String,
    /// The kind of document.
    pub document_type: DocumentType,
    /// On which day in Seoul.
    pub issued_on: Date,
    /// Up to the end of this day it can be verified.
    pub verifiable_until: Date,
    /// How many copies were asked for.
    pub copies: u16,
    /// How many of them were printed.
    pub printed: u16,
    /// Where it waits on paper, and whether it was collected or discarded; none where it was not
    /// issued on paper.
    pub pickup: Option<PickupView>,
}

/// A part of a list of petitions, as officers see them.
pub type PetitionList = Answer<ListAnswer<PetitionView>>;

/// How many petitions submitted on a day stand where, by way of service and status.
pub type DayCounts = BTreeMap<DayCount, u64>;

/// Asks for the results of one namespace: where a petition stands, what an office has to do,
/// whether a document is genuine.
///
/// Every answer says [as of](AsOf) where in the log it is. Only a read model that is complete
/// reports that something is missing; before that the answer is [`QueryError::Rebuilding`]. Whoever
/// gave a command hands over its token and [waits](Self::wait_for_petition) for the effect.
///
/// ```
/// # #[cfg(feature = "memory")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use minwon::{Clock as _, CommandId, petitions::{ApplicationStatus, Channel, PetitionKind, ServiceType, application::Submit}};
/// # use std::time::Duration;
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use minwon::{Namespace, ReadModels, Store, SystemClock, petitions::Category};
/// let store = Store::open(&"memory:".parse()?)?;
/// let read_models = ReadModels::beside(&store);
/// let general = Namespace::new("general".parse()?, store, SystemClock);
/// let projector = general.projector(read_models.clone()).start();
/// let results = general.results(read_models);
///
/// # let submit = Submit {
/// #     category: Category::General, service: ServiceType::DeadlineBound,
/// #     kind: PetitionKind::Statutory, channel: Channel::Online,
/// #     petition_type: "certificate of building use".parse()?,
/// #     applicant: "applicant-42".parse()?, agency: "agency-3020000".parse()?,
/// #     submitted_at: SystemClock.now(), attachments: Vec::new(),
/// # };
/// let applicant = general.as_actor("applicant-42".parse()?, "portal".parse()?);
/// let petition = applicant.petition(Category::General, "2026-000123".parse()?);
/// let filed = petition.file(CommandId::random(), submit, None).await?;
/// results.wait_for_petition(&filed.token, petition.id(), Duration::from_secs(5)).await?;
/// let answer = results.petition(petition.id()).await?;
/// let status = answer.value.and_then(|petition| petition.status());
/// assert_eq!(status, Some(ApplicationStatus::Submitted));
/// # projector.stop().await;
/// # Ok(())
/// # })
/// # }
/// # #[cfg(not(feature = "memory"))]
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct ResultQuery<R, T = SystemClock> {
    reader: ModelReader<PetitionViews, R, T>,
    calendar: Arc<Calendar>,
    question_limit: Arc<dyn QuestionLimit>,
    issuances: Arc<dyn IssuanceStates>,
}

/// The log's word on issuances.
pub(crate) trait IssuanceStates: Send + Sync {
    fn state<'a>(
        &'a self,
        category: Category,
        id: &'a IssuanceId,
    ) -> BoxFuture<'a, Result<IssuanceState, ExecuteError>>;
}

impl fmt::Debug for dyn IssuanceStates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IssuanceStates")
    }
}

impl<R, T> ResultQuery<R, T>
where
    R: ReadModelStore + ReadModelAdmin,
    T: Timer,
{
    pub(crate) fn new(
        reader: ModelReader<PetitionViews, R, T>,
        calendar: Arc<Calendar>,
        issuances: Arc<dyn IssuanceStates>,
    ) -> Self {
        Self {
            reader,
            calendar,
            question_limit: Arc::new(TokenBuckets::default()),
            issuances,
        }
    }

    /// The view with the attempt that claims a number alone, as the log has it: a read model says
    /// where to look, and not what is genuine.
    pub(crate) async fn as_logged(
        &self,
        view: PetitionView,
        number: VerificationNumber,
    ) -> Result<PetitionView, VerificationError> {
        let attempt = view.document(number).map_or(0, |document| document.attempt);
        let state = match IssuanceId::of_attempt(&view.id, attempt) {
            Some(id) => self.issuances.state(view.category, &id).await,
            None => Ok(IssuanceState::default()),
        };
        let state = state.map_err(VerificationError::Log)?;
        Ok(view.with_attempt(attempt, state))
    }

    pub(crate) fn limited_by(mut self, limit: Arc<dyn QuestionLimit>) -> Self {
        self.question_limit = limit;
        self
    }

    pub(crate) fn take_question(&self, asker: &ActorId) -> Result<(), VerificationError> {
        let taken = self.question_limit.take(asker, self.reader.timer().now());
        if taken.is_err() {
            let namespace = self.reader.namespace().as_str();
            let labels = [("namespace", namespace), ("limit", "questions")];
            metrics::count(&LIMIT_HITS, &labels, 1);
        }
        taken.map_err(|until| VerificationError::TooOften { until })
    }

    /// Whoever waits is woken by this projector; see [`ModelReader::woken_by`].
    #[must_use]
    pub fn woken_by(mut self, projector: &Projector) -> Self {
        self.reader = self.reader.woken_by(projector.status());
        self
    }

    /// Returns the answer to a petitioner at `now` about the petition received under this number:
    /// everything that the law lets them know, with the working time that is left by the
    /// namespace's calendar. None where no such petition exists, and where it is somebody else's:
    /// the two look the same. Where several petitions claim the number, as after an import, it is
    /// the applicant's own.
    ///
    /// # Errors
    /// [`QueryError`]; [`Ambiguous`](QueryError::Ambiguous) where several of the applicant's own
    /// claim it: then [`of_applicant`](Self::of_applicant) distinguishes them.
    pub async fn result(
        &self,
        number: &ReceiptNumber,
        applicant: &ApplicantId,
        now: Timestamp,
    ) -> Result<Answer<Option<PetitionResult>>, QueryError> {
        let is_own = |view: &PetitionView| {
            let filed = view.filed();
            filed.is_some_and(|filed| filed.filing.applicant == *applicant)
        };
        let lookup = PetitionViews::by_receipt(number);
        let found = self.reader.find_where(&lookup, is_own).await?;
        Ok(found.map(|found| found?.1.result(&self.calendar, now)))
    }

    /// The answer to the applicant of the petition with this id, at `now`; none where there is no
    /// such petition.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn result_of(
        &self,
        id: &PetitionId,
        now: Timestamp,
    ) -> Result<Answer<Option<PetitionResult>>, QueryError> {
        let found = self.petition(id).await?;
        Ok(found.map(|view| view?.result(&self.calendar, now)))
    }

    /// The petition with this id.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn petition(
        &self,
        id: &PetitionId,
    ) -> Result<Answer<Option<PetitionView>>, QueryError> {
        self.reader.get(&key(id)).await
    }

    /// A list as its applicants see it at `now`, to be serialised: numbers masked, and what only
    /// officers see left out.
    #[must_use]
    pub fn shown(&self, list: PetitionList, now: Timestamp) -> Answer<ListAnswer<PetitionResult>> {
        list.map(|list| list.filter_map(|view| view.result(&self.calendar, now)))
    }

    /// The petition received under this number.
    ///
    /// # Errors
    /// [`QueryError`]; [`Ambiguous`](QueryError::Ambiguous) where several petitions claim the
    /// number: then ask for one [by its id](Self::petition), or for the applicant's
    /// [result](Self::result).
    pub async fn by_receipt(
        &self,
        number: &ReceiptNumber,
    ) -> Result<Answer<Option<PetitionView>>, QueryError> {
        let found = self.reader.find(&PetitionViews::by_receipt(number)).await?;
        Ok(found.map(|found| found.map(|(_, view)| view)))
    }

    /// The petitions of an applicant, the newest first, whichever end `part` begins at.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn of_applicant(
        &self,
        applicant: &ApplicantId,
        part: &ListPart,
    ) -> Result<PetitionList, QueryError> {
        let list = PetitionViews::of_applicant(applicant);
        self.reader.list(&list, &part.clone().last_first()).await
    }

    /// The open petitions that stand at `status`, the most urgent first. Those that have not been
    /// received have no due yet and stand last.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn work_list(
        &self,
        status: ApplicationStatus,
        part: &ListPart,
    ) -> Result<PetitionList, QueryError> {
        self.reader.list(&PetitionViews::work(status), part).await
    }

    /// Of the [work list](Self::work_list), begun at the most urgent, what is due up to and
    /// including `instant`.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn due_until(
        &self,
        status: ApplicationStatus,
        instant: Timestamp,
        part: &ListPart,
    ) -> Result<PetitionList, QueryError> {
        let is_due = |view: &PetitionView| due(view).is_some_and(|due| due <= instant);
        let answer = self.work_list(status, part).await?;
        Ok(answer.map(|list| beginning(list, is_due)))
    }

    /// Of the [work list](Self::work_list), begun at the most urgent, what is late at `instant`.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn overdue(
        &self,
        status: ApplicationStatus,
        instant: Timestamp,
        part: &ListPart,
    ) -> Result<PetitionList, QueryError> {
        let is_late = |view: &PetitionView| due(view).is_some_and(|due| due < instant);
        let answer = self.work_list(status, part).await?;
        Ok(answer.map(|list| beginning(list, is_late)))
    }

    /// Returns how many of the petitions submitted on a day in Seoul stand where; those of none are
    /// left out.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn day_counts(&self, day: Date) -> Result<Answer<DayCounts>, QueryError> {
        let (index, group) = PetitionViews::day_counts(day);
        let Answer { value, as_of } = self.reader.counts(index, &group).await?;
        let counts = value.into_iter().map(|(member, count)| {
            let member = member.parse().map_err(|source| {
                let doing = format!("a count of {day} has the unknown name {member:?}");
                StoreError::new(StoreErrorKind::Corrupt, doing).caused_by(source)
            })?;
            Ok((member, count))
        });
        let value = counts.collect::<Result<_, StoreError>>()?;
        Ok(Answer { value, as_of })
    }

    /// Returns the answer to `asker`, on a day in Seoul, about the document with this number. The
    /// read model says which petition has it; what makes it genuine is read from the log. The
    /// question itself is recorded by [`verify_document`](crate::Session::verify_document).
    ///
    /// # Errors
    /// [`VerificationError::TooOften`], where the [limit](crate::service::PetitionServiceBuilder::question_limit)
    /// says so, and [`VerificationError::Query`]; also where two petitions claim the number, as then
    /// neither can be called genuine.
    pub async fn document(
        &self,
        asker: &ActorId,
        number: &VerificationNumber,
        on: Date,
    ) -> Result<Answer<DocumentResult>, VerificationError> {
        self.take_question(asker)?;
        let lookup = PetitionViews::by_document(number);
        let Answer { value, as_of } = self.reader.find(&lookup).await?;
        let Some((_, view)) = value else {
            let value = DocumentResult::unknown();
            return Ok(Answer { value, as_of });
        };
        let view = self.as_logged(view, *number).await?;
        let value = DocumentResult {
            verdict: view.verify(*number, on),
            issued: view.document(*number).and_then(IssuedDocument::of),
        };
        Ok(Answer { value, as_of })
    }

    /// Waits until all answers show what `token` stands for.
    ///
    /// # Errors
    /// [`QueryError::NotYet`] after `time_out`, or [`QueryError::Rebuilding`].
    pub async fn wait_for(&self, token: &Token, time_out: Duration) -> Result<AsOf, QueryError> {
        self.reader.wait_for(token, time_out).await
    }

    /// Waits until answers about one petition show the effect of `token`; sooner than for all.
    ///
    /// # Errors
    /// As [`wait_for`](Self::wait_for).
    pub async fn wait_for_petition(
        &self,
        token: &Token,
        petition: &PetitionId,
        time_out: Duration,
    ) -> Result<AsOf, QueryError> {
        let key = key(petition);
        self.reader.wait_for_key(token, &key, time_out).await
    }

    pub(crate) fn into_reader(self) -> ModelReader<PetitionViews, R, T> {
        self.reader
    }

    /// Returns the reader of the read model, for questions of your own.
    #[must_use]
    pub fn reader(&self) -> &ModelReader<PetitionViews, R, T> {
        &self.reader
    }
}

impl DocumentResult {
    pub(crate) const fn unknown() -> Self {
        Self {
            verdict: DocumentVerdict::Unknown,
            issued: None,
        }
    }
}

impl IssuedDocument {
    pub(crate) fn of(document: DocumentView) -> Option<Self> {
        Some(Self {
            masked_number: document.masked_number()?,
            document_type: document.document_type,
            issued_on: Date::in_seoul(document.issued_at?),
            verifiable_until: document.proof?.verifiable_until,
            copies: document.copies,
            printed: document.printed,
            pickup: document.pickup,
        })
    }
}

fn key(petition: &PetitionId) -> ViewKey {
    ViewKey::new(petition).expect("ids of petitions and keys of views have the same rule")
}

fn due(view: &PetitionView) -> Option<Timestamp> {
    let due = view.filed()?.due()?;
    Some(due.last_instant())
}

/// The beginning of a work list. Where it ends before the part does, nothing of the rest belongs
/// to it.
fn beginning(
    mut list: ListAnswer<PetitionView>,
    belongs: impl Fn(&PetitionView) -> bool,
) -> ListAnswer<PetitionView> {
    let whole = list.views.len();
    list.views.retain(|(_, view)| belongs(view));
    list.next = list.next.filter(|_| list.views.len() == whole);
    list
}

#[cfg(test)]
#[cfg(feature = "memory")]
mod tests;
