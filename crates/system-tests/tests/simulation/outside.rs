//! Who the office has to do with: the register, the way to petitioners, and its own policy.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use minwon::{
    AgencyError, AgencyLink, Notification, Notifier, NotifyError,
    petitions::{
        ServiceType, Won,
        issuance::{FeeSettlement, IdentityMethod},
    },
    service::{DocumentOrder, IssuancePolicy, PetitionFacts, SourceData, SourceRequest},
};

use super::fate::{Fate, Life};

/// A name known to [`Fate::is_away`].
pub(crate) const REGISTER: &str = "outages of the register";
pub(crate) const NOTIFIER: &str = "outages of the notifier";

/// The names known to [`Fate::is`], each with how many of a thousand.
const REFUSED: (&str, u16) = ("petitions that the register refuses", 60);
const NO_DOCUMENT: (&str, u16) = ("petitions that lead to no document", 60);
const WAIVED: (&str, u16) = ("waived fees", 200);
const WRONG_FEE: (&str, u16) = ("orders with a wrong fee", 40);
const UNTELLABLE: (&str, u16) = ("notices that the receiver refuses", 15);

/// After so long a call of the register is given up.
const TIME_OUT: Duration = Duration::from_secs(30);

fn error(text: &str) -> Box<dyn std::error::Error + Send + Sync> {
    Box::new(std::io::Error::other(text.to_owned()))
}

/// The way of one process to the register that documents are made from.
#[derive(Clone)]
pub(crate) struct Register {
    pub(crate) fate: Fate,
    pub(crate) life: Life,
}

impl Register {
    async fn answer(&self, request: &SourceRequest) -> Result<SourceData, AgencyError> {
        self.fate.delay(300, Duration::from_secs(20)).await;
        if self.fate.is_away(REGISTER) || self.fate.happens("lost calls of the register", 30) {
            return Err(AgencyError::Unavailable(error("no way to the register")));
        }
        // In some worlds the register is bad.
        let hanging = if self.fate.is("bad register", "", 300) {
            400
        } else {
            40
        };
        if self
            .fate
            .happens("calls of the register that hang", hanging)
        {
            std::future::pending::<()>().await;
        }
        let petition = request.issuance.petition().as_str();
        if self.fate.is(REFUSED.0, petition, REFUSED.1) {
            self.fate.note(REFUSED.0);
            return Err(AgencyError::Refused(error("no such person")));
        }
        Ok(SourceData::default())
    }
}

impl AgencyLink<SourceRequest> for Register {
    type Answer = SourceData;

    async fn ask(&self, request: &SourceRequest) -> Result<SourceData, AgencyError> {
        let asking = async {
            let answer = tokio::time::timeout(TIME_OUT, self.answer(request)).await;
            answer.unwrap_or_else(|_| Err(AgencyError::Unavailable(error("it took too long"))))
        };
        self.life.call(asking).await
    }
}

/// The notices that petitioners got: by key, in the order in which it first arrived.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    pub(crate) notices: Vec<Notification>,
    by_key: BTreeMap<String, usize>,
    /// Two that were sent under one key and say different things.
    pub(crate) contradictions: Vec<String>,
}

/// The way of one process to petitioners.
#[derive(Clone)]
pub(crate) struct Messenger {
    pub(crate) fate: Fate,
    pub(crate) life: Life,
    pub(crate) outbox: Arc<Mutex<Outbox>>,
}

impl Messenger {
    fn hand_over(&self, notification: &Notification) {
        let mut outbox = self.outbox.lock().expect("no code panics under this lock");
        let key = notification.idempotency_key();
        if let Some(&before) = outbox.by_key.get(&key) {
            self.fate.note("notices sent again");
            if outbox.notices[before] != *notification {
                outbox.contradictions.push(key);
            }
            return;
        }
        let place = outbox.notices.len();
        outbox.by_key.insert(key, place);
        outbox.notices.push(notification.clone());
    }
}

impl Notifier for Messenger {
    async fn notify(&self, notification: &Notification) -> Result<(), NotifyError> {
        let notifying = async {
            self.fate.delay(100, Duration::from_secs(5)).await;
            if self.fate.is_away(NOTIFIER) {
                return Err(NotifyError::Unavailable(error("nobody answers")));
            }
            let event = notification.event_id.to_string();
            if self.fate.is_broken(UNTELLABLE.0, &event, UNTELLABLE.1) {
                return Err(NotifyError::Refused(error("no such address")));
            }
            self.hand_over(notification);
            if self.fate.happens("notices whose answer was lost", 50) {
                return Err(NotifyError::Unavailable(error("the answer was lost")));
            }
            Ok(())
        };
        self.life.call(notifying).await
    }
}

/// Says what follows from a petition; for some it says something wrong until it is fixed.
#[derive(Clone)]
pub(crate) struct Policy(pub(crate) Fate);

impl Policy {
    pub(crate) fn leads_to_a_document(&self, petition: &str, service: ServiceType) -> bool {
        service != ServiceType::DeadlineBound || !self.0.is(NO_DOCUMENT.0, petition, NO_DOCUMENT.1)
    }

    /// Whether it says something wrong of this petition, as long as it is not fixed.
    pub(crate) fn is_wrong_about(&self, petition: &str) -> bool {
        self.0.is(WRONG_FEE.0, petition, WRONG_FEE.1) && !self.0.is(WAIVED.0, petition, WAIVED.1)
    }
}

/// Whether the receiver refuses the notice of this event, as long as it is not fixed.
pub(crate) fn is_untellable(fate: &Fate, event: &str) -> bool {
    fate.is(UNTELLABLE.0, event, UNTELLABLE.1)
}

pub(crate) fn is_refused(fate: &Fate, petition: &str) -> bool {
    fate.is(REFUSED.0, petition, REFUSED.1)
}

impl IssuancePolicy for Policy {
    fn order(&self, facts: &PetitionFacts) -> Option<DocumentOrder> {
        let petition = facts.id.as_str();
        if !self.leads_to_a_document(petition, facts.service) {
            self.0.note(NO_DOCUMENT.0);
            return None;
        }
        let fee = Won::new(300);
        let settlement = if self.0.is(WAIVED.0, petition, WAIVED.1) {
            self.0.note(WAIVED.0);
            FeeSettlement::Waived {
                ground: "Of age".parse().expect("a text"),
            }
        } else {
            let is_wrong = self.0.is_broken(WRONG_FEE.0, petition, WRONG_FEE.1);
            FeeSettlement::Paid {
                amount: if is_wrong { Won::new(1) } else { fee },
                payment: format!("payment-{petition}").parse().expect("a reference"),
            }
        };
        Some(DocumentOrder {
            document_type: "register".parse().expect("a document type"),
            copies: 1,
            fee,
            identity: IdentityMethod::SimpleAuthentication,
            evidence: None,
            settlement,
        })
    }
}
