//! The way of a petition through the offices.

use super::*;

/// Every event of this side of a petition's life.
pub(super) fn all_events() -> Vec<Event> {
    let (service, kind) = (ServiceType::DeadlineBound, PetitionKind::Inquiry);
    let received = || {
        let (submit, receive) = (submit(service, kind).into(), receive(kind).into());
        vec![submit, receive]
    };
    let handled = [
        submit(service, kind).into(),
        correct_error().into(),
        to_agency().into(),
        receive(kind).into(),
        issue_slip().into(),
        assign().into(),
        reassign().into(),
        to_department().into(),
        consult().into(),
        reply().into(),
        modify().into(),
        approve().into(),
        close_uncollected().into(),
    ];
    let ended_early = [
        merge().into(),
        close_as_repeated().into(),
        close_as_exempt().into(),
    ]
    .map(|end: Command| history(received().into_iter().chain([end])));
    [history(handled), ended_early.concat()].concat()
}
