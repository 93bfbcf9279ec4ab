//! The knowledge of the issuance service: which document a petition leads to, and what it costs.
//! That stands in the catalogue; this module only adds how people prove who they are, and how the
//! fee was settled.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use minwon::{
    petitions::{
        Channel, FormatError, PetitionCatalogue, PetitionType, Won,
        issuance::{Authorize, FeeSettlement, IdentityMethod},
    },
    service::{CataloguePolicy, DocumentOrder, IssuancePolicy, PetitionFacts},
};

use crate::petition;

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

fn settled(petition: &PetitionFacts, fee: Won) -> Authorize {
    let number = petition::number(petition.id.as_str()).unwrap_or(0);
    let evidence = format!("proof-{}", petition.id).parse();
    Authorize {
        identity: identity(&petition.channel, number),
        evidence: Some(evidence.expect("a petition's id and a word are short")),
        fee: settlement(petition, fee, number).expect("texts of ours are short"),
    }
}

fn identity(channel: &Channel, number: u64) -> IdentityMethod {
    match (channel, number % 20) {
        (Channel::Kiosk, _) => IdentityMethod::Fingerprint,
        (Channel::Online, 0..12) => IdentityMethod::SimpleAuthentication,
        (Channel::Online, 12..17) => IdentityMethod::JointCertificate,
        (Channel::Online, _) => IdentityMethod::MobileIdentityCard,
        _ => IdentityMethod::IdentityCard,
    }
}

fn settlement(
    petition: &PetitionFacts,
    amount: Won,
    number: u64,
) -> Result<FeeSettlement, FormatError> {
    let ground = match number % 12 {
        _ if amount == Won::ZERO => "Free of charge online",
        // The cashier took the fee; that is what the typing error does not match.
        7 if petition.channel != Channel::Counter => "Recipient of basic livelihood support",
        _ => {
            let payment = format!("payment-{}", petition.id).parse()?;
            return Ok(FeeSettlement::Paid { amount, payment });
        }
    };
    let ground = ground.parse()?;
    Ok(FeeSettlement::Waived { ground })
}
