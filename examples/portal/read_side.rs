//! The read models beside the portal: kept while it works, and asked in the end.

use std::time::{Duration, Instant};

use minwon::{
    EventStore, Namespace, NamespaceName, ReadModels, ResultQuery, Store, SystemClock,
    petitions::PetitionViews,
    projections::{ModelReader, Projector, ProjectorOptions, ProjectorStatus},
};

use crate::{
    shared::{Failure, while_doing},
    stories::{Stories, StoryReader},
};

/// Events and read models share a file, and so its syncs. A petition is through in less than
/// this, so most of them are written once or twice instead of eight times.
const COMMITS_WAIT: Duration = Duration::from_millis(50);

pub(crate) struct ReadSide {
    projector: Projector,
    pub(crate) results: ResultQuery<ReadModels>,
    pub(crate) stories: StoryReader,
}

impl ReadSide {
    /// Starts to follow the log.
    pub(crate) fn start(namespace: &Namespace<Store>, read_models: ReadModels) -> Self {
        let options = ProjectorOptions::default().commits_wait(COMMITS_WAIT);
        let projector = namespace
            .projector_of(read_models.clone())
            .options(options)
            .project(PetitionViews::default());
        let name: NamespaceName = namespace.name().clone();
        let stories = ModelReader::new(name, Stories::default(), read_models.clone(), SystemClock);
        Self {
            projector: projector.project(Stories::default()).start(),
            results: namespace.results(read_models),
            stories: StoryReader(stories),
        }
    }

    /// Waits until the read models show everything that is in the log now. How long that took.
    pub(crate) async fn caught_up(self, store: &Store) -> Result<(Self, Duration), Failure> {
        let begun = Instant::now();
        let head = store.head().await?;
        // An empty log is reached at once, and still has to be said to be complete.
        let is_there = |status: &ProjectorStatus| {
            status.is_ready() && status.position().is_some_and(|reached| reached >= head)
        };
        let is_there = self.projector.status().wait_for(is_there).await.is_ok();
        if is_there {
            return Ok((self, begun.elapsed()));
        }
        let reason = self.projector.stopped().await;
        Err(while_doing("the read models are not kept any more")(reason).into())
    }
}
