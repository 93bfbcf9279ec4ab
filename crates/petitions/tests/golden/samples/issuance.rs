//! From the request for a document to its end.

use minwon_petitions::{
    IssuanceEvent, ServiceType, Won,
    issuance::{
        Cancelled, DeliveryWay, DocumentCollected, DocumentDelivered, DocumentDiscarded,
        DocumentIssued, DocumentPrinted, DocumentReadyForPickup, DocumentRevoked, DocumentVerified,
        DocumentViewed, Failed, FeeAssessed, FeePaid, FeeRefunded, FeeWaived, IdentityMethod,
        IdentityVerified, Requested, ResultEnteredManually, SourceDataFailed, SourceDataRequested,
        SourceDataRetrieved, VerificationExpired, VerificationVerdict,
    },
};

use super::{Sample, attachment, both, one, read};

fn requested() -> Requested {
    Requested {
        service: ServiceType::InstantIssuance,
        applicant: read("applicant-7f3a"),
        document_type: read("자동차등록원부"),
        copies: 2,
        fee: Won::new(300),
    }
}

fn identity_verified() -> IdentityVerified {
    IdentityVerified {
        method: IdentityMethod::MobileIdentityCard,
        evidence: Some(read("proof-5521")),
    }
}

fn fee_assessed() -> FeeAssessed {
    FeeAssessed {
        amount: Won::new(300),
        ground: Some(read("Reduced for a person of merit")),
    }
}

fn fee_paid() -> FeePaid {
    FeePaid {
        amount: Won::new(300),
        payment: read("payment-88"),
    }
}

fn fee_waived() -> FeeWaived {
    FeeWaived {
        amount: Won::new(300),
        ground: read("Free of charge online"),
    }
}

fn fee_refunded() -> FeeRefunded {
    FeeRefunded {
        amount: Won::new(300),
        payment: read("payment-88"),
    }
}

fn source_requested(attempt: u32) -> SourceDataRequested {
    SourceDataRequested {
        attempt,
        requested_at: read("2026-03-09T10:00:01+09:00"),
    }
}

fn source_retrieved(attempt: u32) -> SourceDataRetrieved {
    SourceDataRetrieved {
        attempt,
        source: Some(read("register-4711")),
        retrieved_at: read("2026-03-09T10:00:02.5+09:00"),
    }
}

fn source_failed() -> SourceDataFailed {
    SourceDataFailed {
        attempt: 1,
        reason: read("The register did not answer"),
        retry_at: Some(read("2026-03-09T10:10:00.5+09:00")),
        failed_at: read("2026-03-09T10:00:02+09:00"),
    }
}

fn document_issued() -> DocumentIssued {
    DocumentIssued {
        verification_number: read("1710-2306-8611-4233"),
        document_type: read("자동차등록원부"),
        copies: 2,
        issued_at: read("2026-03-09T10:00:03+09:00"),
        verifiable_until: read("2026-06-07"),
        document: Some(attachment()),
    }
}

fn result_entered() -> ResultEnteredManually {
    ResultEnteredManually {
        officer: read("officer-17"),
        result: read("Handed out at the counter"),
        document: Some(attachment()),
    }
}

fn document_viewed() -> DocumentViewed {
    DocumentViewed {
        viewed_at: read("2026-03-09T10:01:00+09:00"),
    }
}

fn document_printed() -> DocumentPrinted {
    DocumentPrinted {
        copies: 2,
        printed_at: read("2026-03-09T10:02:00+09:00"),
    }
}

fn document_delivered() -> DocumentDelivered {
    DocumentDelivered {
        way: DeliveryWay::Agency,
        agency: Some(read("서울특별시 종로구")),
        receipt: Some(read("delivery-31")),
        delivered_at: read("2026-03-09T10:03:00+09:00"),
    }
}

fn document_ready() -> DocumentReadyForPickup {
    DocumentReadyForPickup {
        place: read("서울특별시 종로구"),
        expected_on: read("2026-03-10"),
        collect_until: read("2026-03-25"),
        calendar_version: read("kr-2026.1"),
        ready_at: read("2026-03-10T09:00:00+09:00"),
    }
}

fn document_collected() -> DocumentCollected {
    DocumentCollected {
        identity: IdentityMethod::IdentityCard,
        evidence: Some(read("proof-5522")),
        officer: read("officer-17"),
        collected_at: read("2026-03-25T17:00:00+09:00"),
    }
}

fn document_discarded() -> DocumentDiscarded {
    DocumentDiscarded {
        officer: read("officer-17"),
        discarded_at: read("2026-03-26T09:00:00+09:00"),
    }
}

fn document_verified() -> DocumentVerified {
    DocumentVerified {
        verdict: VerificationVerdict::Genuine,
        verified_at: read("2026-03-09T11:00:00+09:00"),
    }
}

fn verification_expired() -> VerificationExpired {
    VerificationExpired {
        verifiable_until: read("2026-06-07"),
        noted_at: read("2026-06-08T00:00:00+09:00"),
    }
}

fn cancelled() -> Cancelled {
    Cancelled {
        reason: read("Asked for by mistake"),
    }
}

fn failed() -> Failed {
    Failed {
        reason: read("The register did not answer"),
    }
}

fn document_revoked() -> DocumentRevoked {
    DocumentRevoked {
        authority: read("서울특별시 종로구"),
        reason: read("The register was wrong"),
    }
}

pub(crate) fn issuance_events() -> Vec<Sample<IssuanceEvent>> {
    [
        one(requested()),
        both(identity_verified(), |e| e.evidence = None),
        both(fee_assessed(), |e| e.ground = None),
        one(fee_paid()),
        one(fee_waived()),
        one(fee_refunded()),
        one(source_requested(1)),
        both(source_retrieved(1), |e| e.source = None),
        both(source_failed(), |e| e.retry_at = None),
        both(document_issued(), |e| e.document = None),
        both(result_entered(), |e| e.document = None),
        one(document_viewed()),
        one(document_printed()),
        both(document_delivered(), |e| {
            e.way = DeliveryWay::Wallet;
            e.agency = None;
            e.receipt = None;
        }),
        one(document_ready()),
        both(document_collected(), |e| e.evidence = None),
        one(document_discarded()),
        one(document_verified()),
        one(verification_expired()),
        one(cancelled()),
        one(failed()),
        one(document_revoked()),
    ]
    .concat()
}

/// Histories that together lead through every state and every event.
pub(crate) fn issuance_histories() -> Vec<(&'static str, Vec<IssuanceEvent>)> {
    let opened = || vec![requested().into(), identity_verified().into()];
    let with = |rest: Vec<IssuanceEvent>| [opened(), rest].concat();
    vec![
        (
            "revoked",
            with(vec![
                fee_paid().into(),
                document_issued().into(),
                document_revoked().into(),
            ]),
        ),
        (
            "failed",
            with(vec![
                fee_paid().into(),
                failed().into(),
                fee_refunded().into(),
            ]),
        ),
        (
            "cancelled",
            with(vec![fee_waived().into(), cancelled().into()]),
        ),
        (
            "manual",
            with(vec![fee_waived().into(), result_entered().into()]),
        ),
        (
            "fetched",
            with(vec![
                fee_paid().into(),
                source_requested(1).into(),
                source_failed().into(),
                source_requested(2).into(),
                document_issued().into(),
                document_revoked().into(),
                fee_refunded().into(),
            ]),
        ),
        (
            "collected",
            with(vec![
                fee_assessed().into(),
                fee_paid().into(),
                source_requested(1).into(),
                source_retrieved(1).into(),
                document_issued().into(),
                document_viewed().into(),
                document_printed().into(),
                document_delivered().into(),
                document_verified().into(),
                document_ready().into(),
                document_collected().into(),
                verification_expired().into(),
            ]),
        ),
        (
            "discarded",
            with(vec![
                fee_waived().into(),
                document_issued().into(),
                document_ready().into(),
                document_discarded().into(),
            ]),
        ),
    ]
}
