//! The offer of a service: the catalogue of petition types answers what is filed, received and
//! ordered.

use minwon_core::ExecuteError;
use minwon_petitions::PetitionId;
use minwon_petitions::{
    PetitionCatalogue, PetitionTypeRejection, Won,
    application::{Receive, Submit},
    issuance::Authorize,
};

use super::{
    office::Office,
    order::{DocumentOrder, IssuancePolicy, PetitionFacts},
};
use crate::namespace::{ServiceClock, ServiceStore};

/// An [`IssuancePolicy`] made from a catalogue: which document a petition leads to, in how many
/// copies and for which fee is data.
///
/// `settle` adds what no catalogue can say: how the petitioner proved who they are, and how the fee
/// in the catalogue was settled. Like a policy, it is a pure function. Where that fee is 0, nothing
/// can be paid, and a payment that `settle` reports of it is not entered: the document is issued
/// free of charge.
///
/// A petition that is filed through a service with this policy has to be in the catalogue, with the
/// category, kind, service, channel and period that stand there; otherwise nothing is written.
/// Officers' own commands are not held to it.
///
/// ```
/// use minwon::{
///     petitions::{PetitionCatalogue, issuance::{Authorize, FeeSettlement, IdentityMethod}},
///     service::CataloguePolicy,
/// };
/// let policy = CataloguePolicy::new(PetitionCatalogue::published().clone(), |petition, fee| {
///     Authorize {
///         identity: IdentityMethod::SimpleAuthentication,
///         evidence: None,
///         fee: FeeSettlement::Paid {
///             amount: fee,
///             payment: format!("payment-{}", petition.id).parse().expect("a short word"),
///         },
///     }
/// });
/// # let _ = policy;
/// ```
#[derive(Debug, Clone)]
pub struct CataloguePolicy<F> {
    catalogue: PetitionCatalogue,
    settle: F,
}

impl<F> CataloguePolicy<F>
where
    F: Fn(&PetitionFacts, Won) -> Authorize + Send + Sync + 'static,
{
    /// A policy that answers out of `catalogue`.
    #[must_use]
    pub const fn new(catalogue: PetitionCatalogue, settle: F) -> Self {
        Self { catalogue, settle }
    }
}

impl<F> IssuancePolicy for CataloguePolicy<F>
where
    F: Fn(&PetitionFacts, Won) -> Authorize + Send + Sync + 'static,
{
    fn order(&self, petition: &PetitionFacts) -> Option<DocumentOrder> {
        let document = self
            .catalogue
            .document(&petition.petition_type, &petition.channel);
        // That it is not listed any more has been seen before anybody asks for the order.
        let (document, fee) = document.ok()??;
        let Authorize {
            identity,
            evidence,
            fee: settlement,
        } = (self.settle)(petition, fee);
        Some(DocumentOrder {
            document_type: document.document_type.clone(),
            copies: document.copies,
            fee,
            identity,
            evidence,
            settlement,
        })
    }

    fn petition_types(&self) -> Option<&PetitionCatalogue> {
        Some(&self.catalogue)
    }
}

impl<S: ServiceStore, T: ServiceClock> Office<S, T> {
    /// Checks that a petition is what the catalogue offers, if there is one.
    pub(crate) async fn check_offered(
        &self,
        petition: &PetitionId,
        submit: &Submit,
        receive: Option<&Receive>,
    ) -> Result<Result<(), PetitionTypeRejection>, ExecuteError> {
        let Some(catalogue) = self.policy.petition_types() else {
            return Ok(Ok(()));
        };
        let checked = check(catalogue, submit, receive);
        // It may be sent again after the catalogue has changed: what was filed stays filed.
        if checked.is_err() && self.facts(submit.category, petition).await?.is_some() {
            return Ok(Ok(()));
        }
        Ok(checked)
    }

    /// The document that follows from a petition; none where no document does.
    pub(super) fn order(
        &self,
        petition: &PetitionFacts,
    ) -> Result<Option<DocumentOrder>, PetitionTypeRejection> {
        if let Some(catalogue) = self.policy.petition_types() {
            // Otherwise a type that is gone would look like one that leads to no document, and its
            // petitions would end without theirs.
            catalogue.document(&petition.petition_type, &petition.channel)?;
        }
        Ok(self.policy.order(petition))
    }
}

fn check(
    catalogue: &PetitionCatalogue,
    submit: &Submit,
    receive: Option<&Receive>,
) -> Result<(), PetitionTypeRejection> {
    let entry = catalogue.check_filing(submit)?;
    match receive {
        Some(receive) => entry.check_period(receive.kind, receive.period),
        None => Ok(()),
    }
}
