//! Which streams the server is to leave out.

use kurrentdb::SubscriptionFilter;
use minwon_core::EventFilter;

/// Names of the shape `namespace_Category-id`; our own bookkeeping and `$` streams are not.
const SHAPE: &str = "^[A-Za-z][A-Za-z0-9]*_[A-Za-z][A-Za-z0-9]*-";

/// The server's part of a filter: it may let more through, never less. The events still have to
/// pass [`EventFilter::admits`].
pub(crate) fn server_filter(filter: &EventFilter) -> SubscriptionFilter {
    let by_name = SubscriptionFilter::on_stream_name();
    let Some(namespace) = filter.wanted_namespace() else {
        return by_name.regex(SHAPE);
    };
    match filter.wanted_categories() {
        None => by_name.add_prefix(format!("{namespace}_")),
        // No prefix at all would be no filter at all; nothing is called so.
        Some([]) => by_name.add_prefix(format!("{namespace}_-")),
        Some(categories) => categories.iter().fold(by_name, |filter, category| {
            filter.add_prefix(format!("{namespace}_{category}-"))
        }),
    }
}
