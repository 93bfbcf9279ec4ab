//! Which streams the server is to leave out.

use minwon_core::EventFilter;
use minwon_kurrentdb_protocol::{
    Empty,
    streams::read_req::options::{
        FilterOptions,
        filter_options::{Expression, Filter, Window},
    },
};

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
        window: Some(Window::Count(Empty {})),
    }
}
