//! What was taken on paper in an outage of the system.

use super::{Decision, Rejection, State, filing, receipt};
use crate::{
    application::{command::RegisterBackdated, state::Filing},
    calendar::Calendar,
    category::Category,
};

/// During an outage petitions are taken on paper and registered once the system works again
/// (D6-2): submitted and received in one append, under the rules that hold for each.
pub(super) fn register(
    own: Category,
    calendar: &Calendar,
    state: &State,
    command: &RegisterBackdated,
) -> Decision {
    let submitted = filing::submitted(own, state, &command.submit, Some(command.outage))?;
    check_outage(command)?;
    let received = receipt::received(calendar, &Filing::from(&submitted), &command.receive)?;
    Ok(vec![submitted.into(), received.into()])
}

fn check_outage(command: &RegisterBackdated) -> Result<(), Rejection> {
    let received_at = command.receive.received_at;
    let outage = command.outage;
    if !outage.contains(received_at) {
        return Err(Rejection::OutsideOutage {
            received_at,
            began_at: outage.began_at,
            ended_at: outage.ended_at,
        });
    }
    if command.registered_at <= outage.ended_at {
        return Err(Rejection::OutageNotOver {
            registered_at: command.registered_at,
            ended_at: outage.ended_at,
        });
    }
    Ok(())
}
