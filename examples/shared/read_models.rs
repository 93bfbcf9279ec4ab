//! Where an example keeps its read models.

use minwon::{OpenReadModelsError, ReadModels, ReadModelsUrl, Store};

use crate::shared::{Failure, while_doing};

/// In the Redis that the user named, else beside the events.
pub(crate) async fn open(redis: Option<&str>, store: &Store) -> Result<ReadModels, Failure> {
    let Some(redis) = redis else {
        return Ok(ReadModels::beside(store));
    };
    let url: ReadModelsUrl = redis.parse()?;
    let ReadModelsUrl::Server(_) = &url else {
        return Err(format!("{url} is no Redis; write --redis redis://HOST:PORT").into());
    };
    match ReadModels::open_beside(&url, store).await {
        Err(error @ OpenReadModelsError::NotBuilt { .. }) => {
            let doing = "this example was built without Redis; run it with `cargo run \
                         --features redis --example …`";
            Err(while_doing(doing)(error).into())
        }
        opened => Ok(opened?),
    }
}

/// The description of them for whoever runs the example.
pub(crate) fn place(read_models: &ReadModels) -> &'static str {
    match read_models {
        #[cfg(feature = "memory")]
        ReadModels::Memory(_) => "in memory",
        #[cfg(feature = "sqlite")]
        ReadModels::Sqlite(_) => "in the same file",
        _ => "in Redis",
    }
}
