//! Receiving a petition (접수): an agency has to (A9①), and from then on its period runs (A19).

mod version_1;

use minwon_core::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use self::version_1::received_since_2;
use super::{
    ApplicationRejection as Rejection, ApplicationState as State, ApplicationStatus as Status,
    Case, Filing, PetitionApplication, Receipt, Stage, Submit, filing,
    rule::{Decision, case_at, happened, refuse, unchanged},
};
use crate::{
    calendar::Calendar,
    category::PetitionKind,
    chapter::{Happening, Rule},
    due::Due,
    flow::{Next, Occasion},
    notice::{NoticeContent, NoticeField, NoticeKind},
    period::Period,
    statute::{ProcessingTerm, receipt_due},
    text::{CalendarVersion, Department, ReceiptNumber},
    view::micros,
    words::words,
};

/// Takes a submitted petition in (접수). An agency cannot refuse to (A9①).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Receive {
    /// The number it is received under.
    pub receipt_number: ReceiptNumber,
    /// Its kind, as the agency finds it.
    pub kind: PetitionKind,
    /// The processing period: the published one of a statutory petition (A17), else at most that of
    /// its kind unless there is a special reason (D14-D17), which nobody else can know;
    /// [`PetitionCatalogue`](crate::PetitionCatalogue) keeps both.
    pub period: Period,
    /// The basis of the due.
    pub due: ReceiptDue,
    /// The responsible department.
    pub department: Department,
    /// When it was received, which is not before the petition reached the agency; the period runs from
    /// here.
    pub received_at: Timestamp,
}

/// The basis of a received petition's due, as a command gives it and a state keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ReceiptDue {
    /// The statute: counted from receipt and period by the calendar of the decider (A19).
    #[default]
    ByStatute,
    /// The due that another system gave to a case that is imported from it, or the end of time
    /// where there is no legal deadline. Such a due never moves, and steps that the law forbids but
    /// that were taken there are recorded rather than refused, also where their times are
    /// [out of order](crate::BeforeCause).
    #[serde(rename = "told")]
    Imported {
        /// Until when it has to be completed.
        #[serde(with = "micros::due")]
        due: Due,
        /// The name of the calendar that the system counted with.
        calendar_version: CalendarVersion,
    },
}

impl ReceiptDue {
    pub(super) const fn is_by_statute(&self) -> bool {
        matches!(self, Self::ByStatute)
    }
}

/// A petition was taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Received {
    /// The number it was received under.
    pub receipt_number: ReceiptNumber,
    /// Its kind, as the agency found it.
    pub kind: PetitionKind,
    /// The processing period.
    pub period: Period,
    /// Until when it has to be completed.
    pub due: Due,
    /// The responsible department.
    pub department: Department,
    /// The calendar that `due` was counted with, or what another system called it.
    pub calendar_version: CalendarVersion,
    /// The basis of `due`. Version 1 did not record it.
    pub basis: DueBasis,
    /// When it was received.
    pub received_at: Timestamp,
    /// Whether that was later than the law allows (D6⑧). Version 1 did not say.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
}

words! {
    /// The basis of a receipt's due.
    pub enum DueBasis("basis of a due") {
        /// The statute: counted from the receipt on (A19), and moved by what D20 and D21 say.
        Statute = "statute",
        /// Given by another system. Nothing moves it, as it is unknown how it was counted.
        Imported = "told",
    }
}

/// A due, and the calendar that it was counted with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountedDue {
    /// Until when.
    pub due: Due,
    /// The calendar.
    pub calendar_version: CalendarVersion,
}

/// A submitted petition is received whatever the command says: an agency cannot refuse (A9①). Only
/// a due that the calendar does not reach cannot be counted.
impl Rule<PetitionApplication> for Receive {
    fn decide(&self, decider: &PetitionApplication, state: &State) -> Decision {
        let Some(filed) = state.filed().filter(|_| !state.has_ended()) else {
            return Err(refuse(state, Self::WORDS));
        };
        match &filed.case {
            None => happened(received(&decider.calendar, &filed.filing, self)?),
            Some(case) if filed.filing.kind == self.kind && case.receipt == Receipt::from(self) => {
                unchanged()
            }
            Some(case) => Err(Rejection::AlreadyReceived {
                receipt_number: case.receipt.receipt_number.clone(),
            }),
        }
    }
}

/// The receipt of a petition that was filed like this.
fn received(
    calendar: &Calendar,
    filing: &Filing,
    command: &Receive,
) -> Result<Received, Rejection> {
    let (due, calendar_version, basis, late) = match &command.due {
        ReceiptDue::ByStatute => {
            let term = ProcessingTerm::new(command.received_at, command.period);
            let version = calendar.version().clone();
            let late = is_late(calendar, filing, command)?;
            (term.due(calendar)?, version, DueBasis::Statute, late)
        }
        ReceiptDue::Imported {
            due,
            calendar_version,
        } => (*due, calendar_version.clone(), DueBasis::Imported, false),
    };
    Ok(Received {
        receipt_number: command.receipt_number.clone(),
        kind: command.kind,
        period: command.period,
        due,
        department: command.department.clone(),
        calendar_version,
        basis,
        received_at: command.received_at,
        late,
    })
}

/// Returns whether a petition was received later than 8 working hours after it reached the electronic
/// petition window (D6⑧; no article says it of others, e-mail and kiosks among them). That is recorded, and no reason to
/// refuse it.
fn is_late(calendar: &Calendar, filing: &Filing, command: &Receive) -> Result<bool, Rejection> {
    if !filing.channel.is_petition_window() {
        return Ok(false);
    }
    let due = receipt_due(filing.reached_at(), calendar)?;
    Ok(due.is_overdue_at(command.received_at))
}

impl From<&Receive> for Receipt {
    fn from(command: &Receive) -> Self {
        Self {
            receipt_number: command.receipt_number.clone(),
            period: command.period,
            department: command.department.clone(),
            received_at: command.received_at,
            due: command.due.clone(),
        }
    }
}

impl From<&Received> for Receipt {
    fn from(received: &Received) -> Self {
        let due = match received.basis {
            DueBasis::Statute => ReceiptDue::ByStatute,
            DueBasis::Imported => ReceiptDue::Imported {
                due: received.due,
                calendar_version: received.calendar_version.clone(),
            },
        };
        Self {
            receipt_number: received.receipt_number.clone(),
            period: received.period,
            department: received.department.clone(),
            received_at: received.received_at,
            due,
        }
    }
}

impl Happening<State> for Received {
    fn apply(&self, state: &mut State) -> bool {
        let Some(filed) = state.at_mut(&[Status::Submitted]) else {
            return false;
        };
        filed.stage = Stage::Received;
        filed.filing.kind = self.kind;
        filed.case = Some(Case::from(self));
        filed.receipts = filed.receipts.saturating_add(1);
        true
    }

    fn notice(&self) -> Option<NoticeContent> {
        let notice = NoticeKind::Received.with(NoticeField::ReceiptNumber, &self.receipt_number);
        Some(notice.with(NoticeField::Due, self.due))
    }

    fn next(&self) -> Option<Next> {
        Some(Next::OpenIssuance(Occasion::Receipt))
    }
}

/// Enters a petition that was taken on paper while the system was out of order (D6-2): submitted
/// and received at once, each at the time at which it was on paper. When it was entered stands
/// beside the events, as the time at which they were recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RegisterBackdated {
    /// The petition that was filed.
    pub submit: Submit,
    /// How it was received; `received_at` must lie in the outage.
    pub receive: Receive,
    /// When the system was out of order: a fact that is looked up.
    #[serde(skip)]
    pub outage: Outage,
    /// When it is entered: after the outage.
    pub registered_at: Timestamp,
}

/// A time in which the system was out of order, and petitions were taken on paper (D6-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// The first instant of it.
    pub began_at: Timestamp,
    /// The last instant of it.
    pub ended_at: Timestamp,
}

impl Outage {
    /// Returns whether `instant` lies in it.
    #[must_use]
    pub fn contains(&self, instant: Timestamp) -> bool {
        (self.began_at..=self.ended_at).contains(&instant)
    }
}

/// During an outage petitions are taken on paper and registered once the system works again
/// (D6-2): submitted and received in one append, under the rules that hold for each.
impl Rule<PetitionApplication> for RegisterBackdated {
    fn decide(&self, decider: &PetitionApplication, state: &State) -> Decision {
        let (own, outage) = (decider.petition_category, Some(self.outage));
        let submitted = filing::submitted(own, state, &self.submit, outage)?;
        self.check_outage()?;
        let filing = Filing::from(&submitted);
        let received = received(&decider.calendar, &filing, &self.receive)?;
        Ok(vec![submitted.into(), received.into()])
    }
}

impl RegisterBackdated {
    fn check_outage(&self) -> Result<(), Rejection> {
        let received_at = self.receive.received_at;
        let outage = self.outage;
        if !outage.contains(received_at) {
            return Err(Rejection::OutsideOutage {
                received_at,
                began_at: outage.began_at,
                ended_at: outage.ended_at,
            });
        }
        if self.registered_at <= outage.ended_at {
            return Err(Rejection::OutageNotOver {
                registered_at: self.registered_at,
                ended_at: outage.ended_at,
            });
        }
        Ok(())
    }
}

/// Gives the petitioner a slip that confirms the receipt (접수증, D6②). It may be left out for simple,
/// remote and immediate petitions (D6③), so nothing waits for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IssueReceiptSlip {
    /// When.
    pub issued_at: Timestamp,
}

/// The petitioner was given a slip that confirms the receipt (접수증, D6②).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptSlipIssued {
    /// When.
    pub issued_at: Timestamp,
}

/// Whoever has a receipt may have the slip of it (D6②). Where the law lets an office leave it out
/// (D6③), an office may still give one.
impl Rule<PetitionApplication> for IssueReceiptSlip {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        let (_, case) = case_at(state, Status::OPEN, Self::WORDS)?;
        // Given is given: another slip says the same.
        if case.slip_issued_at.is_some() {
            return unchanged();
        }
        happened(ReceiptSlipIssued {
            issued_at: self.issued_at,
        })
    }
}

/// The slip is a message itself, so no notice reports it.
impl Happening<State> for ReceiptSlipIssued {
    fn apply(&self, state: &mut State) -> bool {
        let Some(case) = state.case_mut(Status::OPEN) else {
            return false;
        };
        case.slip_issued_at = Some(self.issued_at);
        true
    }
}
