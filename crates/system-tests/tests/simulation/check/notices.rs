//! Petitioners are notified of everything that concerns them, once and in order.

use std::collections::{BTreeMap, HashMap};

use minwon::{
    engine::{EventId, Reactor},
    petitions::flow::NotificationReactor,
};

use super::Ended;

pub(super) fn check(ended: &Ended<'_>) {
    let sent = ended
        .world
        .outbox
        .lock()
        .expect("no code panics under this lock");
    for key in &sent.contradictions {
        ended.wrong("notices", format!("{key} was sent twice, and differently"));
    }
    let mut by_petition = BTreeMap::<&str, Vec<EventId>>::new();
    for notice in &sent.notices {
        let petition = notice.petition_id.as_str();
        by_petition
            .entry(petition)
            .or_default()
            .push(notice.event_id);
    }
    for (petition, history) in &ended.histories {
        let sent = by_petition
            .get(petition.as_str())
            .cloned()
            .unwrap_or_default();
        let wanted = wanted(ended, history);
        let is_skipped = |id: &EventId| ended.decisions.skipped.contains(id);
        let places: HashMap<_, _> = wanted
            .iter()
            .enumerate()
            .map(|(at, id)| (*id, at))
            .collect();
        for id in wanted
            .iter()
            .filter(|id| !sent.contains(id) && !is_skipped(id))
        {
            ended.wrong(petition, format!("nobody was notified of {id}"));
        }
        let order: Vec<_> = sent.iter().map(|id| places.get(id)).collect();
        if order.contains(&None) {
            ended.wrong(petition, "a notice says what did not happen");
        }
        if !order.is_sorted() {
            ended.wrong(petition, "notices came out of order");
        }
    }
}

/// The events that have a notice, in their order.
fn wanted(ended: &Ended<'_>, history: &super::History) -> Vec<EventId> {
    let reactor = NotificationReactor::default();
    let mut wanted = Vec::new();
    for (recorded, event) in &history.events {
        let mut notices = Vec::new();
        let meant = (history.category, event.clone());
        reactor.react(&meant, recorded, &mut notices);
        wanted.extend(notices.iter().map(|_| recorded.id()));
    }
    ended.world.fate.note_times("notices", wanted.len() as u64);
    wanted
}
