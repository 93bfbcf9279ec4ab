//! The knowledge of the issuance service: which document a petition leads to, and what it costs.
//! That stands in the catalogue; this module only adds how people prove who they are, and how the
//! fee was settled.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use minwon::{
    petitions::{
        Channel, PetitionCatalogue, PetitionType, Reference, Won,
        issuance::{Authorize, FeeSettlement, IdentityMethod},
    },
    service::{CataloguePolicy, DocumentOrder, IssuancePolicy, PetitionFacts},
};

/// The line with the typing error, as it concerns few.
const MISTYPED: &str = "change of vehicle registration";
/// How much too much it says.
const TYPING_ERROR_FACTOR: u32 = 10;

/// Documents and their fees. Today the table has a typing error, of which cashiers know nothing.
#[derive(Debug, Clone)]
pub(crate) struct FeeTable {
    catalogue: CataloguePolicy<Settle>,
    is_corrected: Arc<AtomicBool>,
}

type Settle = fn(&PetitionFacts, Won) -> Authorize;

impl FeeTable {
    pub(crate) fn new(catalogue: PetitionCatalogue) -> Self {
        Self {
            catalogue: CataloguePolicy::new(catalogue, settled),
            is_corrected: Arc::default(),
        }
    }

    pub(crate) fn has_typing_error(petition_type: &PetitionType, channel: &Channel) -> bool {
        petition_type.as_str() == MISTYPED && *channel == Channel::Counter
    }

    /// A new version of the table is rolled out.
    pub(crate) fn correct(&self) {
        self.is_corrected.store(true, Ordering::Relaxed);
    }
}

impl IssuancePolicy for FeeTable {
    fn order(&self, petition: &PetitionFacts) -> Option<DocumentOrder> {
        let mut order = self.catalogue.order(petition)?;
        let is_wrong = Self::has_typing_error(&petition.petition_type, &petition.channel);
        if is_wrong && !self.is_corrected.load(Ordering::Relaxed) {
            order.fee = Won::new(order.fee.get() * TYPING_ERROR_FACTOR);
        }
        Some(order)
    }

    fn petition_types(&self) -> Option<&PetitionCatalogue> {
        self.catalogue.petition_types()
    }
}

/// Whoever files at the counter has paid there: that is what the typing error does not match.
fn settled(petition: &PetitionFacts, amount: Won) -> Authorize {
    let kept = |kind| -> Reference {
        let id = format!("{kind}-{}", petition.id);
        id.parse().expect("a petition's id and a word are short")
    };
    Authorize {
        identity: match petition.channel {
            Channel::Online => IdentityMethod::SimpleAuthentication,
            Channel::Kiosk => IdentityMethod::Fingerprint,
            _ => IdentityMethod::IdentityCard,
        },
        evidence: Some(kept("proof")),
        fee: FeeSettlement::Paid {
            amount,
            payment: kept("payment"),
        },
    }
}
