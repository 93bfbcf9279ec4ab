//! Which streams the server is to leave out.

use minwon_core::EventFilter;
use minwon_kurrentdb_protocol::streams::read_req::options::{
    FilterOptions,
    filter_options::{Expression, Filter, Window},
};

/// Events that the server looks through at a time, and after which it says how far it is. By default it
/// takes 32, so that what others wrote costs a page of its reading and a message each 32 events. More
/// than some hundreds gains little; and where a server is slow, that it is at work must be heard of
/// within [`quiet_timeout`](super::KurrentOptions::quiet_timeout). Unit: events.
const WINDOW: u32 = 512;

/// Names of the shape `namespace_Category-id`; our own bookkeeping and `$` streams are not.
const SHAPE: &str = "^[A-Za-z][A-Za-z0-9]*_[A-Za-z][A-Za-z0-9]*-";

/// The server's part of a filter: it may let more through, never less. The events still have to
/// pass [`EventFilter::admits`].
pub(super) fn server_filter(filter: &EventFilter) -> FilterOptions {
    let (regex, prefix) = match (filter.wanted_namespace(), filter.wanted_categories()) {
        (None, _) => (SHAPE.to_owned(), Vec::new()),
        (Some(namespace), None) => (String::new(), vec![format!("{namespace}_")]),
        // No prefix at all would be no filter at all; nothing is called so.
        (Some(namespace), Some([])) => (String::new(), vec![format!("{namespace}_-")]),
        (Some(namespace), Some(categories)) => {
            let prefix = |category| format!("{namespace}_{category}-");
            (String::new(), categories.iter().map(prefix).collect())
        }
    };
    FilterOptions {
        checkpoint_interval_multiplier: 1,
        filter: Some(Filter::StreamIdentifier(Expression { regex, prefix })),
        window: Some(Window::Max(WINDOW)),
    }
}
