//! Civil petitions (민원) as pure state machines, and the events they are stored as.
//!
//! Two aggregates: [`PetitionApplication`] is what a petitioner asks of an agency,
//! [`Issuance`] is one attempt to hand out a document for it. They share no stream and know each
//! other only through events and through facts that arrive inside commands.
//! Nothing here asks for the time, makes up an id or looks anything up.
//!
//! [`flow`] ties the two together: its reactors say which event asks for which step of a service,
//! and of what petitioners are notified. A command that waits for its time is a [`Deadline`], and
//! it has the same id whoever fires it. [`view`] shows the states of both aggregates.
//!
//! Each aggregate is cut into chapters, files of `application/` and `issuance/`. A chapter holds its
//! commands with their rules, and its events with what each means: what it changes in the state, how
//! it reads in a timeline, what the petitioner is notified of, and which step may be due. A further
//! command or event is written there and listed in one row of `application.rs` or `issuance.rs`;
//! `ARCHITECTURE.md` lists the files that it touches, tests included.
//!
//! A further petition type is a table in `data/petition_types.toml`, or in a team's own file, which
//! [`PetitionCatalogue`] reads and checks; a further [`Category`] is a row in `category.rs`.
//!
//! The law's time is counted in [`statute`], over the working days and hours of a [`Calendar`]:
//! dues, extensions and what is left of a period are pure functions of what happened.
//!
//! Legal rules cite the Civil Petitions Treatment Act (A), its Enforcement Decree (D) in the text
//! of 2026-05-06, and its Enforcement Rule (R); a reading of ours that goes beyond the law's
//! wording is marked as one. Matters that an agency may leave out or sees to itself are not rules
//! here: which documents it may ask for (A10), the 1 to 3 working hours on the way inside it (D13①,
//! ②), a day more for every 20 copies (D12⑤), which whoever receives the petition puts into its
//! period.

mod agency;
mod attachment;
mod catalogue;
mod category;
mod channel;
mod chapter;
mod contacts;
mod date;
mod deadline;
mod due;
mod message;
mod notice;
mod notifier;
mod period;
mod reader;
mod text;
mod time_order;
mod verification_number;
mod words;

/// The id of a petition, which is the subject of all its events.
pub type PetitionId = minwon_core::Subject;

pub mod application;
pub mod calendar;
pub mod flow;
pub mod issuance;
pub mod petition_types;
pub mod statute;
pub mod view;

pub use agency::{AgencyError, AgencyLink};
pub use application::{
    ApplicationCommand, ApplicationEvent, ApplicationRejection, ApplicationState,
    ApplicationStatus, PetitionApplication,
};
pub use attachment::{ATTACHMENTS_MAX, Attachment, MediaType, Sha256, Uri};
pub use calendar::{Calendar, CalendarError, DayKind};
pub use catalogue::{event_types, stage_of};
pub use category::{Category, PetitionKind, ServiceType};
pub use channel::{Channel, ForeignChannel};
pub use contacts::{Contact, Contacts, ContactsError, InCharge};
pub use date::Date;
pub use deadline::{Deadline, DeadlineKind, Firing};
pub use due::Due;
pub use issuance::{
    Issuance, IssuanceCommand, IssuanceEvent, IssuanceId, IssuanceRejection, IssuanceState,
    IssuanceStatus, Won,
};
pub use message::{AsValue, Message, MessageForm, Value, message_forms};
pub use notice::{Notice, NoticeContent, NoticeField, NoticeFields, NoticeKind, NoticeValue};
pub use notifier::{Notification, Notifier, NotifyError};
pub use period::{Period, PeriodUnit};
pub use petition_types::{
    CatalogueProblem, PetitionCatalogue, PetitionCatalogueError, PetitionTypeEntry,
    PetitionTypeRejection,
};
pub use reader::{EventReader, PetitionEvent, ReadError, petition_of_stream};
pub use text::{
    Activity, Agency, ApplicantId, CalendarVersion, ContactLine, Department, DocumentType,
    FormatError, PetitionType, ReceiptNumber, Reference, TEXTS_MAX, Text,
};
pub use time_order::{BeforeCause, CLOCK_TOLERANCE};
pub use verification_number::VerificationNumber;
pub use view::{
    DayCount, DocumentVerdict, Group, Grouping, OfficerTask, PetitionResult, PetitionView,
    PetitionViews, Remaining,
};
