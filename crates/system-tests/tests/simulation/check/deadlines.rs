//! Every deadline that was due fired, once.

use std::time::Duration;

use minwon::{
    Timestamp,
    petitions::{
        ApplicationEvent as Event, ApplicationStatus as Status, Due, application::Received,
    },
};

use super::{Ended, History};

const DAY: Duration = Duration::from_secs(86_400);

/// A deadline that is so near to the end need not have fired.
const LATE: Duration = Duration::from_secs(2 * 86_400);

pub(super) fn check(ended: &Ended<'_>) {
    for history in ended.histories.values() {
        let mut receipts = history
            .application_events()
            .filter_map(|(_, event)| match event {
                Event::Received(receipt) => Some(receipt),
                _ => None,
            });
        if let Some(receipt) = receipts.next() {
            check_due(ended, history, receipt);
            check_progress(ended, history, receipt);
        }
        check_reminders(ended, history);
    }
}

fn has_passed(ended: &Ended<'_>, at: Timestamp) -> bool {
    at.saturating_add(LATE) < ended.now
}

fn check_due(ended: &Ended<'_>, history: &History, receipt: &Received) {
    let missed = history.application_events();
    let missed = missed.filter_map(|(_, event)| match event {
        Event::DeadlineMissed(missed) => Some(missed.due),
        _ => None,
    });
    let missed: Vec<_> = missed.collect();
    // A request for a supplement that was made in time moves the due, also where it came to be written down
    // after the due had been noted as missed. Then the next due can be missed as well.
    let is_repeated = |place: usize| missed[..place].contains(&missed[place]);
    let is_running = matches!(
        history.application.status(),
        Some(Status::Received | Status::InReview | Status::Approved)
    );
    let is_due = is_running && has_passed(ended, receipt.due.last_instant());
    if (0..missed.len()).any(is_repeated) || (is_due && missed.is_empty()) {
        ended.wrong(
            &history.petition,
            format!("its dues were missed: {missed:?}"),
        );
    }
    ended
        .world
        .fate
        .note_times("dues missed", missed.len() as u64);
}

fn check_progress(ended: &Ended<'_>, history: &History, receipt: &Received) {
    let (mut notified, mut last) = (0_u64, 0);
    for (_, event) in history.application_events() {
        if let Event::ProgressNotified(notice) = event {
            notified += 1;
            let next = receipt
                .received_at
                .saturating_add(DAY * 30 * (notice.number + 1));
            if notice.number <= last || notice.notified_at >= next {
                ended.wrong(
                    &history.petition,
                    format!("notice {} is not the latest", notice.number),
                );
            }
            last = notice.number;
        }
    }
    ended.world.fate.note_times("notices of progress", notified);
    let is_notified = matches!(
        history.application.status(),
        Some(Status::Received | Status::InReview | Status::AwaitingSupplement | Status::Approved)
    );
    let next = receipt.received_at.saturating_add(DAY * 30 * (last + 1));
    if is_notified && has_passed(ended, next) {
        ended.wrong(
            &history.petition,
            format!("notice {} did not come", last + 1),
        );
    }
}

/// One reminder for each request, once its due has passed without a supplement.
fn check_reminders(ended: &Ended<'_>, history: &History) {
    let mut open: Option<(Due, u32)> = None;
    for (_, event) in history.application_events() {
        match event {
            Event::SupplementRequested(request) => open = Some((request.due, 0)),
            Event::ReminderIssued(_) => {
                ended.world.fate.note("reminders");
                match &mut open {
                    Some((_, reminders)) => *reminders += 1,
                    None => ended.wrong(&history.petition, "a reminder of nothing"),
                }
                if open.is_some_and(|(_, reminders)| reminders > 1) {
                    ended.wrong(&history.petition, "two reminders of one request");
                }
            }
            Event::Supplemented(_) | Event::Withdrawn(_) => open = None,
            _ => {}
        }
    }
    if let Some((due, 0)) = open
        && history.application.status() == Some(Status::AwaitingSupplement)
        && has_passed(ended, due.last_instant())
    {
        ended.wrong(&history.petition, "no reminder of what is overdue");
    }
}
