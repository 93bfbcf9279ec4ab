//! The code in `src/made` is what the files in `protos` make.

use std::{env, fs, path::Path};

const NAMES: [&str; 4] = [
    "event_store.client.rs",
    "event_store.client.gossip.rs",
    "event_store.client.server_features.rs",
    "event_store.client.streams.rs",
];

/// `MINWON_BLESS=1` writes the code anew.
#[test]
fn the_code_is_made_of_the_protocol_files() -> Result<(), Box<dyn std::error::Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let place = tempfile::tempdir()?;
    let files = ["streams.proto", "gossip.proto", "serverfeatures.proto"];
    let protos = here.join("protos");
    let files = protox::compile(files.map(|file| protos.join(file)), [&protos])?;
    tonic_prost_build::configure()
        .client_mod_attribute(".", r#"#[cfg(feature = "client")]"#)
        .server_mod_attribute(".", r#"#[cfg(feature = "server")]"#)
        .build_transport(false)
        .bytes(".")
        // Links are not resolved, and room for one would double what each event takes.
        .boxed(".event_store.client.streams.ReadResp.ReadEvent.link")
        .out_dir(place.path())
        .compile_fds(files)?;
    for name in NAMES {
        let (made, kept) = (place.path().join(name), here.join("src/made").join(name));
        let made = fs::read_to_string(made)?;
        if env::var_os("MINWON_BLESS").is_some() {
            fs::write(&kept, &made)?;
        }
        let kept = fs::read_to_string(kept)?;
        assert!(
            made == kept,
            "{name} is not what the files in protos make: run this test with MINWON_BLESS=1"
        );
    }
    Ok(())
}
