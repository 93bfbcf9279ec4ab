//! Where an example keeps its events.
#![allow(dead_code, reason = "not every example writes to a store that stays")]

use std::time::{SystemTime, UNIX_EPOCH};

use minwon::{NameError, NamespaceName, OpenError, Store, StoreUrl};

use crate::shared::{Failure, while_doing};

/// Opens the store that the user named. Blocks where it is a file.
///
/// The URL comes as text: a parser of command lines would repeat it, password and all, where it
/// complains.
pub(crate) fn open(url: &str) -> Result<(StoreUrl, Store), Failure> {
    let url: StoreUrl = url.parse()?;
    match Store::open(&url) {
        Err(error @ OpenError::NotBuilt { feature, .. }) => {
            let doing = format!(
                "this example was built without the feature {feature}; run it with `cargo run \
                 --release --features {feature} --example …`"
            );
            Err(while_doing(doing)(error).into())
        }
        store => Ok((url, store?)),
    }
}

/// The description of the event store for whoever runs the example.
pub(crate) fn place(url: &StoreUrl) -> String {
    match url {
        StoreUrl::Memory => "in memory".into(),
        url => format!("in {url}"),
    }
}

/// A namespace that no run before this one wrote to: for a story that can be played only once.
pub(crate) fn namespace(name: &str, url: &StoreUrl) -> Result<NamespaceName, NameError> {
    if *url == StoreUrl::Memory {
        return NamespaceName::new(name);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = now.map_or(0, |now| now.as_nanos());
    NamespaceName::new(format!("{name}{nanos:x}p{}", std::process::id()))
}
