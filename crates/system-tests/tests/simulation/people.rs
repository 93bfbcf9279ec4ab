//! Citizens and officers: what is done to one petition, by everybody who has to do with it.

use std::{fmt::Display, time::Duration};

use minwon::{
    ActorId, Clock, CommandError, CommandId, Petition, PetitionId, ServiceName, Timestamp,
    petitions::{
        ApplicationCommand, Category, Channel, Date, Due, IssuanceCommand, IssuanceRejection,
        Period, PeriodUnit, PetitionKind, ServiceType,
        application::{
            Approve, DismissObjection, DueDocument, FileObjection, LackSeen, NotifyResult,
            ReceiptDue, Receive, RecordProgress, Reject, RequestSupplement, Submit, Supplement,
            Withdraw,
        },
        issuance::EnterResultManually,
    },
    service::{FilingError, InstantAnswer},
    testing::SeededRng,
};

use super::world::{Service, World};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// One petition.
pub(crate) struct Case<'w> {
    world: &'w World,
    petition: PetitionId,
    category: Category,
    service: ServiceType,
    rng: SeededRng,
}

/// The outcome of a command.
#[derive(Debug, PartialEq, Eq)]
enum Said<R> {
    Done,
    Rejected(R),
}

impl<'w> Case<'w> {
    pub(crate) fn new(world: &'w World, number: u64, mut rng: SeededRng) -> Self {
        let category = Category::BUILT_IN[rng.below(Category::BUILT_IN.len() as u64) as usize];
        let service = [
            ServiceType::InstantIssuance,
            ServiceType::DeadlineBound,
            ServiceType::Unlinked,
        ][rng.below(3) as usize];
        Self {
            world,
            petition: PetitionId::new(format!("s{}-{number}", world.seed)).expect("a word"),
            category,
            service,
            rng,
        }
    }

    /// From the first thought to the last visit.
    pub(crate) async fn live(mut self, within: Duration) {
        self.world.wait(&mut self.rng, within).await;
        let (submit, receive) = (self.submit(), self.receive());
        let (mut one, mut two) = (self.fork(), self.fork());
        match self.service {
            ServiceType::InstantIssuance => {
                let again = async {
                    // An impatient citizen presses the button twice.
                    if two.rng.happens(250) {
                        two.issue_now(&submit, &receive).await;
                    }
                };
                let first = self.issue_now(&submit, &receive);
                let (mut three, mind) = (one.fork(), one.change_of_mind(HOUR));
                tokio::join!(first, again, mind, three.overrule());
            }
            ServiceType::DeadlineBound | ServiceType::Unlinked => {
                let is_received = self.rng.happens(850);
                self.file(&submit, is_received.then_some(&receive)).await;
                if !is_received {
                    self.give("receive", receive).await;
                }
                let officer = self.examine();
                tokio::join!(officer, one.change_of_mind(DAY * 4));
            }
        }
    }

    fn fork(&mut self) -> Self {
        Self {
            world: self.world,
            petition: self.petition.clone(),
            category: self.category,
            service: self.service,
            rng: self.rng.fork(),
        }
    }

    fn note(&self, what: &'static str) {
        self.world.fate.note(what);
    }

    /// The citizen waits for the document, and calls again where there is no answer.
    async fn issue_now(&mut self, submit: &Submit, receive: &Receive) {
        let (world, citizen) = (self.world, self.citizen());
        for calls in 0..400_u32 {
            let call = async |service: &Service| {
                let petition = citizen.petition(service);
                petition
                    .issue_now(citizen.filing, submit.clone(), receive)
                    .await
            };
            match world.call(&mut self.rng, call).await {
                Some(Ok(InstantAnswer::Issued(issued))) => {
                    self.note("documents issued at once");
                    if calls > 0 {
                        self.note("calls repeated until they went through");
                    }
                    let petition = self.petition.to_string();
                    world
                        .handed_out
                        .borrow_mut()
                        .push((petition, issued.document));
                    return;
                }
                Some(Ok(InstantAnswer::Following { .. })) => {
                    self.note("documents that follow");
                    if self.rng.happens(250) {
                        // No patience: while the register is asked again.
                        self.withdraw(MINUTE).await;
                        return;
                    }
                    if self.rng.happens(500) {
                        return;
                    }
                }
                Some(Err(FilingError::Failed(_) | FilingError::Overloaded)) => {}
                Some(Err(FilingError::Withdrawn { .. })) => {
                    return self.note("withdrawn meanwhile");
                }
                Some(Err(FilingError::NotIssued(_))) => {
                    self.note("documents that were not issued");
                    return;
                }
                Some(Err(FilingError::Refused(rejection))) => {
                    // Only a withdrawal ends a petition so that it is not received any more.
                    world.wrong(format!("{} was refused: {rejection}", self.petition));
                    return;
                }
                Some(Err(error)) => return world.wrong(format!("{}: {error}", self.petition)),
                None => self.note("calls that were cut"),
            }
            if self.rng.happens(20) {
                // Gives up; the petition goes on without its citizen, if it was filed.
                return;
            }
            world.wait(&mut self.rng, MINUTE * 5).await;
        }
        world.wrong(format!("{} was called for in vain", self.petition));
    }

    async fn file(&mut self, submit: &Submit, receive: Option<&Receive>) {
        let (world, citizen) = (self.world, self.citizen());
        loop {
            let call = async |service: &Service| {
                let petition = citizen.petition(service);
                petition.file(citizen.filing, submit.clone(), receive).await
            };
            match world.call(&mut self.rng, call).await {
                Some(Ok(receipt)) => {
                    if receipt.repeated {
                        self.note("filings repeated");
                    }
                    return;
                }
                Some(Err(FilingError::Failed(_))) | None => {}
                Some(Err(error)) => {
                    return world.wrong(format!("{} was not filed: {error}", self.petition));
                }
            }
            world.wait(&mut self.rng, MINUTE * 5).await;
        }
    }

    /// Some withdraw, at any moment.
    async fn change_of_mind(&mut self, within: Duration) {
        if !self.rng.happens(300) {
            return;
        }
        // Often just while the document is made.
        let within = if self.rng.happens(500) {
            MINUTE / 6
        } else {
            within
        };
        self.withdraw(within).await;
    }

    async fn withdraw(&mut self, within: Duration) {
        self.world.wait(&mut self.rng, within).await;
        let withdraw = Withdraw {
            by: self.applicant().parse().expect("an id"),
            reason: None,
        };
        match self.give("withdraw", withdraw).await {
            Said::Done => self.note("withdrawals"),
            Said::Rejected(_) => self.note("withdrawals that came too late"),
        }
    }

    /// Now and then an officer refuses what was to be issued at once, maybe while it is.
    async fn overrule(&mut self) {
        if !self.rng.happens(80) {
            return;
        }
        let within = [MINUTE / 6, HOUR][self.rng.below(2) as usize];
        self.world.wait(&mut self.rng, within).await;
        self.progress("progress").await;
        self.reject().await;
    }

    /// An officer examines, decides, and enters what an agency without a link did.
    async fn examine(&mut self) {
        if self.rng.happens(50) {
            return;
        }
        self.world.wait(&mut self.rng, DAY * 3).await;
        self.progress("progress").await;
        if self.rng.happens(250) && !self.supplement().await {
            return;
        }
        self.world.wait(&mut self.rng, DAY * 5).await;
        match self.rng.below(20) {
            0 => {}
            1..=4 => self.reject().await,
            _ => self.approve().await,
        }
    }

    async fn progress(&mut self, name: &str) {
        let progress = RecordProgress {
            activity: "Documents checked".parse().expect("a text"),
            officer: officer(),
            department: None,
            noted_at: self.world.clock.now(),
        };
        self.give(name, progress).await;
    }

    /// Whether the officer goes on.
    async fn supplement(&mut self) -> bool {
        let now = self.world.clock.now();
        let request = RequestSupplement {
            items: vec!["A copy of the lease".parse().expect("a text")],
            due: Due::On(Date::in_seoul(now).plus_days(1 + self.rng.below(6) as u32)),
            officer: officer(),
            requested_at: now,
            lack: LackSeen::Later,
        };
        if self.give("request-supplement", request).await != Said::Done {
            return false;
        }
        self.note("supplements requested");
        if self.rng.happens(400) {
            return false;
        }
        self.world.wait(&mut self.rng, DAY * 9).await;
        let supplement = Supplement {
            by: self.applicant().parse().expect("an id"),
            supplemented_at: self.world.clock.now(),
            attachments: Vec::new(),
            note: None,
        };
        self.note("supplements");
        self.give("supplement", supplement).await == Said::Done
    }

    async fn reject(&mut self) {
        let reject = Reject {
            officer: officer(),
            reasons: vec!["The lease has ended".parse().expect("a text")],
            remedies: vec!["Object within 60 days".parse().expect("a text")],
        };
        if self.give("reject", reject).await != Said::Done {
            return;
        }
        self.note("rejections");
        if self.rng.happens(600) {
            self.world.wait(&mut self.rng, DAY).await;
            let notice = NotifyResult {
                officer: officer(),
                document: DueDocument::NotDue,
                notified_at: self.world.clock.now(),
            };
            if self.give("notify-result", notice).await == Said::Done && self.rng.happens(400) {
                self.object().await;
            }
        }
    }

    /// The petitioner objects to the refusal, and most often an officer finds them wrong.
    async fn object(&mut self) {
        self.world.wait(&mut self.rng, DAY).await;
        let objection = FileObjection {
            by: self.applicant().parse().expect("an id"),
            grounds: "The lease has not ended".parse().expect("a text"),
            attachments: Vec::new(),
            filed_at: self.world.clock.now(),
        };
        if self.give("object", objection).await != Said::Done {
            return;
        }
        self.note("objections");
        if self.rng.happens(700) {
            self.world.wait(&mut self.rng, DAY).await;
            let dismissal = DismissObjection {
                officer: officer(),
                reasons: vec!["The lease has ended".parse().expect("a text")],
                dismissed_at: self.world.clock.now(),
            };
            self.give("dismiss", dismissal).await;
        }
    }

    async fn approve(&mut self) {
        let approve = Approve {
            officer: officer(),
            conditions: Vec::new(),
        };
        if self.give("approve", approve).await != Said::Done {
            return;
        }
        self.note("approvals");
        if self.service == ServiceType::Unlinked && self.rng.happens(850) {
            self.enter_results().await;
        }
    }

    /// Late, and sometimes twice: the same again, or something else.
    async fn enter_results(&mut self) {
        self.world.wait(&mut self.rng, DAY * 20).await;
        // Until there is something to enter it for; a dead letter may be in the way.
        for _ in 0..5 {
            match self.enter("first", "sent by post").await {
                Said::Rejected(IssuanceRejection::NotRequested { .. }) => {
                    self.world.wait(&mut self.rng, DAY * 2).await;
                }
                Said::Rejected(rejection) => {
                    let petition = &self.petition;
                    return self
                        .world
                        .wrong(format!("no result for {petition}: {rejection}"));
                }
                Said::Done => {
                    self.note("results entered");
                    return self.enter_again().await;
                }
            }
        }
    }

    async fn enter_again(&mut self) {
        if self.rng.happens(500) {
            self.note("results entered twice");
            let same = self.enter("second", "sent by post").await;
            self.expect(same == Said::Done, "the same result was refused");
        }
        if self.rng.happens(500) {
            self.note("other results entered");
            let other = self.enter("third", "handed over").await;
            let is_refused = matches!(
                other,
                Said::Rejected(IssuanceRejection::AlreadyIssued { .. })
            );
            self.expect(is_refused, "two different results were entered");
        }
    }

    fn expect(&self, is_right: bool, wrong: &str) {
        if !is_right {
            self.world.wrong(format!("{}: {wrong}", self.petition));
        }
    }

    async fn enter(&mut self, name: &str, result: &str) -> Said<IssuanceRejection> {
        let body = IssuanceCommand::from(EnterResultManually {
            officer: officer(),
            result: result.parse().expect("a text"),
            document: None,
        });
        let (id, officer) = (self.command_id(name), self.officer());
        let call = async |service: &Service| {
            let first = officer.petition(service).first_attempt();
            let given = first.expect("a short name");
            let given = given.give_as(id, body.clone()).await;
            given.map(|it| it.repeated || it.events.is_empty())
        };
        self.insist(call).await
    }

    async fn give(
        &mut self,
        name: &str,
        body: impl Into<ApplicationCommand>,
    ) -> Said<minwon::petitions::ApplicationRejection> {
        let (id, officer, body) = (self.command_id(name), self.officer(), body.into());
        let call = async |service: &Service| {
            let given = officer.petition(service).give_as(id, body.clone()).await;
            given.map(|it| it.repeated || it.events.is_empty())
        };
        self.insist(call).await
    }

    /// Gives a command until there is an answer, and sometimes once more.
    async fn insist<R: std::error::Error + Display + 'static>(
        &mut self,
        call: impl AsyncFn(&Service) -> Result<bool, CommandError<R>>,
    ) -> Said<R> {
        let mut is_done = false;
        loop {
            match self.world.call(&mut self.rng, &call).await {
                Some(Ok(repeated)) => {
                    self.expect(repeated || !is_done, "a command took effect twice");
                    if is_done || !self.rng.happens(100) {
                        return Said::Done;
                    }
                    is_done = true;
                    self.note("commands given once more");
                }
                Some(Err(CommandError::Rejected(rejection))) => {
                    self.expect(!is_done, "a command that was done was rejected");
                    return Said::Rejected(rejection);
                }
                Some(Err(_)) | None => {}
            }
            self.world.wait(&mut self.rng, MINUTE * 5).await;
        }
    }

    fn command_id(&self, name: &str) -> CommandId {
        CommandId::derive(&[8; 16], format!("{}/{name}", self.petition))
    }

    fn officer(&self) -> Person {
        self.person(officer(), "back-office")
    }

    fn citizen(&self) -> Person {
        self.person(ActorId::new("citizen-1").expect("a word"), "portal")
    }

    fn person(&self, actor: ActorId, source: &str) -> Person {
        Person {
            actor,
            source: ServiceName::new(source).expect("a word"),
            category: self.category,
            petition: self.petition.clone(),
            now: self.world.clock.now(),
            filing: CommandId::derive(&[7; 16], self.petition.as_str()),
        }
    }

    fn applicant(&self) -> String {
        format!("applicant-{}", self.petition)
    }

    fn submit(&self) -> Submit {
        Submit {
            category: self.category,
            service: self.service,
            kind: PetitionKind::Statutory,
            channel: Channel::Online,
            petition_type: "register".parse().expect("a petition type"),
            applicant: self.applicant().parse().expect("an id"),
            agency: "Jongno District Office".parse().expect("a name"),
            submitted_at: self.world.clock.now(),
            attachments: Vec::new(),
        }
    }

    fn receive(&mut self) -> Receive {
        let now = self.world.clock.now();
        let days = 1 + self.rng.below(10) as u16;
        Receive {
            receipt_number: format!("R-{}", self.petition).parse().expect("a number"),
            kind: PetitionKind::Statutory,
            period: Period::new(days, PeriodUnit::Days).expect("some days"),
            due: ReceiptDue::ByStatute,
            department: "counter".parse().expect("a name"),
            received_at: now,
        }
    }
}

/// Somebody with a petition in mind, at whichever process they come to.
struct Person {
    actor: ActorId,
    source: ServiceName,
    category: Category,
    petition: PetitionId,
    /// When they first came.
    now: Timestamp,
    /// Under which id the petition is filed.
    filing: CommandId,
}

impl Person {
    fn petition(&self, service: &Service) -> Petition<Service> {
        let session = service.as_actor(self.actor.clone(), self.source.clone());
        session
            .at(self.now)
            .petition(self.category, self.petition.clone())
    }
}

fn officer() -> ActorId {
    ActorId::new("officer-1").expect("a word")
}
