//! To come.
use crate::scene::*;
use minwon_core::{EventStore, ExpectedVersion};
#[tokio::test(flavor = "multi_thread")]
async fn debug() {
    let (stand_in, store) = scene(impatient()).await;
    let t=std::time::Instant::now();
    for n in 0..4 {
        let r = store.append(&stream(n % 3), ExpectedVersion::Any, &events(n, 2)).await;
        eprintln!("{n} {:?} {r:?} {}",t.elapsed(), stand_in.log().len());
    }
    eprintln!("{:?}", read_log(&store).await.map(|e| e.len()));
}
