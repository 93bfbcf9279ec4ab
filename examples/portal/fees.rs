//! What the issuance service knows: which document a petition leads to, and what it costs.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use minwon::{
    petitions::{
        Category, Channel, FormatError, PetitionKind, ServiceType, Won,
        issuance::{FeeSettlement, IdentityMethod},
    },
    service::{DocumentOrder, IssuancePolicy, PetitionFacts},
};

use crate::petition;

/// What cashiers take for a change of registration, whatever the fee table says.
const AT_THE_COUNTER: Won = Won::new(300);
/// What the fee table says of it until somebody corrects it.
const TYPING_ERROR: Won = Won::new(3000);

/// Documents and their fees. Today the table has a typing error.
#[derive(Debug, Clone, Default)]
pub(crate) struct FeeTable {
    is_corrected: Arc<AtomicBool>,
}

impl FeeTable {
    /// The line with the typing error, for it concerns few.
    pub(crate) fn has_typing_error(
        category: Category,
        service: ServiceType,
        kind: PetitionKind,
        channel: &Channel,
    ) -> bool {
        category == Category::Car
            && service == ServiceType::DeadlineBound
            && kind == PetitionKind::Statutory
            && *channel == Channel::Counter
    }

    /// A new version of the table is rolled out.
    pub(crate) fn correct(&self) {
        self.is_corrected.store(true, Ordering::Relaxed);
    }

    fn assessed(&self, petition: &PetitionFacts) -> Won {
        let is_wrong = Self::has_typing_error(
            petition.category,
            petition.service,
            petition.kind,
            &petition.channel,
        );
        if is_wrong && !self.is_corrected.load(Ordering::Relaxed) {
            return TYPING_ERROR;
        }
        taken(petition)
    }

    fn order_of(&self, petition: &PetitionFacts) -> Result<DocumentOrder, FormatError> {
        let number = petition::number(petition.id.as_str()).unwrap_or(0);
        Ok(DocumentOrder {
            document_type: document(petition).parse()?,
            copies: if number % 10 == 3 { 2 } else { 1 },
            fee: self.assessed(petition),
            identity: identity(&petition.channel, number),
            evidence: Some(format!("proof-{}", petition.id).parse()?),
            settlement: settlement(petition, number)?,
        })
    }
}

impl IssuancePolicy for FeeTable {
    fn order(&self, petition: &PetitionFacts) -> Option<DocumentOrder> {
        // A grievance that is upheld sets something right; no document follows.
        if petition.kind != PetitionKind::Statutory {
            return None;
        }
        Some(self.order_of(petition).expect("texts of ours are short"))
    }
}

fn document(petition: &PetitionFacts) -> &'static str {
    match (petition.category, petition.service) {
        (Category::General, ServiceType::InstantIssuance) => "resident registration abstract",
        (Category::General, _) => "certificate",
        (Category::Car, _) => "vehicle register (자동차등록원부)",
        (Category::Building, _) => "building register (건축물대장)",
    }
}

/// Online only the vehicle register costs anything.
fn taken(petition: &PetitionFacts) -> Won {
    match (petition.category, &petition.channel) {
        (Category::Car, _) => AT_THE_COUNTER,
        (_, Channel::Online) => Won::ZERO,
        (Category::Building, _) => Won::new(500),
        (Category::General, Channel::Kiosk) => Won::new(200),
        (Category::General, _) => Won::new(400),
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

fn settlement(petition: &PetitionFacts, number: u64) -> Result<FeeSettlement, FormatError> {
    let amount = taken(petition);
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
