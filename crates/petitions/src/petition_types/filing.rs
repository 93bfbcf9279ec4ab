//! Whether what is filed is what the catalogue offers.

use super::{DocumentOffer, PetitionCatalogue, PetitionTypeEntry};
use crate::{
    application::Submit,
    category::{Category, PetitionKind, ServiceType},
    channel::Channel,
    issuance::Won,
    message::messages,
    period::Period,
    text::PetitionType,
};

messages! {
    /// Why a petition is not what the catalogue offers.
    #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum PetitionTypeRejection {
        /// There is no such petition type.
        #[error(
            "petition type `{petition_type}` is not in the petition catalogue; take a name that is, or add it there"
        )]
        NotListed {
            /// The petition type.
            petition_type: PetitionType,
        },
        /// The petition type belongs to another category.
        #[error(
            "petition type `{petition_type}` is of category {listed} and not {asked}; file it there"
        )]
        OtherCategory {
            /// The petition type.
            petition_type: PetitionType,
            /// Where it was filed.
            asked: Category,
            /// Where it belongs.
            listed: Category,
        },
        /// The petition type is of another kind.
        #[error("petition type `{petition_type}` is of kind {listed} and not {asked}; declare it so")]
        OtherKind {
            /// The petition type.
            petition_type: PetitionType,
            /// The kind that was declared.
            asked: PetitionKind,
            /// The kind in the catalogue.
            listed: PetitionKind,
        },
        /// The petition type is served in another way.
        #[error("petition type `{petition_type}` is served as {listed} and not as {asked}; file it so")]
        OtherService {
            /// The petition type.
            petition_type: PetitionType,
            /// How it was to be served.
            asked: ServiceType,
            /// How it is served.
            listed: ServiceType,
        },
        /// Its document is not offered on this channel.
        #[error(
            "petition type `{petition_type}` is not offered by {channel}, only by {}",
            words(offered)
        )]
        NotOffered {
            /// The petition type.
            petition_type: PetitionType,
            /// The channel.
            channel: Channel,
            /// Those it is offered on.
            offered: Vec<Channel>,
        },
        /// It was received with another period than the published one (A17).
        #[error(
            "petition type `{petition_type}` has a period of {listed} and not of {asked}; receive it so"
        )]
        OtherPeriod {
            /// The petition type.
            petition_type: PetitionType,
            /// The period it was received with.
            asked: Period,
            /// The published one.
            listed: Period,
        },
    }
}

fn words(channels: &[Channel]) -> String {
    let words: Vec<_> = channels.iter().map(Channel::as_str).collect();
    words.join(", ")
}

impl PetitionCatalogue {
    /// The entry of a petition type.
    ///
    /// # Errors
    /// [`PetitionTypeRejection::NotListed`].
    pub fn listed(
        &self,
        petition_type: &PetitionType,
    ) -> Result<&PetitionTypeEntry, PetitionTypeRejection> {
        self.get(petition_type)
            .ok_or_else(|| PetitionTypeRejection::NotListed {
                petition_type: petition_type.clone(),
            })
    }

    /// The document that follows from a petition of this type, and the fee for it where it was
    /// filed on this channel; none where no document follows.
    ///
    /// # Errors
    /// [`PetitionTypeRejection::NotListed`] and [`PetitionTypeRejection::NotOffered`].
    pub fn document(
        &self,
        petition_type: &PetitionType,
        channel: &Channel,
    ) -> Result<Option<(&DocumentOffer, Won)>, PetitionTypeRejection> {
        self.listed(petition_type)?.document_on(channel)
    }

    /// Checks that what is filed is what is offered: a listed type, under its own category, kind
    /// and service, on a channel on which its document has a fee. Answers its entry.
    ///
    /// # Errors
    /// [`PetitionTypeRejection`].
    pub fn check_filing(
        &self,
        submit: &Submit,
    ) -> Result<&PetitionTypeEntry, PetitionTypeRejection> {
        let entry = self.listed(&submit.petition_type)?;
        let petition_type = || entry.name.clone();
        if submit.category != entry.category {
            return Err(PetitionTypeRejection::OtherCategory {
                petition_type: petition_type(),
                asked: submit.category,
                listed: entry.category,
            });
        }
        if submit.kind != entry.kind {
            return Err(PetitionTypeRejection::OtherKind {
                petition_type: petition_type(),
                asked: submit.kind,
                listed: entry.kind,
            });
        }
        if submit.service != entry.service {
            return Err(PetitionTypeRejection::OtherService {
                petition_type: petition_type(),
                asked: submit.service,
                listed: entry.service,
            });
        }
        entry.document_on(&submit.channel)?;
        Ok(entry)
    }
}

impl PetitionTypeEntry {
    /// Its document and the fee for it on a channel. Where a document follows, it is offered on
    /// the channels that have a fee; anything else may be filed on any on which its kind may (A8).
    fn document_on(
        &self,
        channel: &Channel,
    ) -> Result<Option<(&DocumentOffer, Won)>, PetitionTypeRejection> {
        let Some(document) = &self.document else {
            return Ok(None);
        };
        let fee = document.fee(channel).ok_or_else(|| {
            let offered = document.fees.iter();
            PetitionTypeRejection::NotOffered {
                petition_type: self.name.clone(),
                channel: channel.clone(),
                offered: offered.map(|(channel, _)| channel.clone()).collect(),
            }
        })?;
        Ok(Some((document, fee)))
    }

    /// Checks that a petition of this type is received with the published period (A17).
    ///
    /// An agency may find that a petition is of another kind than declared; the published period
    /// is not the one of that kind, so it is not asked for then.
    ///
    /// # Errors
    /// [`PetitionTypeRejection::OtherPeriod`].
    pub fn check_period(
        &self,
        kind: PetitionKind,
        period: Period,
    ) -> Result<(), PetitionTypeRejection> {
        if kind != self.kind || period == self.period {
            return Ok(());
        }
        Err(PetitionTypeRejection::OtherPeriod {
            petition_type: self.name.clone(),
            asked: period,
            listed: self.period,
        })
    }
}
