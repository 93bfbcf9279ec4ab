//! Where inputs begin: golden files, and what is kept of earlier hunts.

use std::{fs, path::PathBuf};

fn in_workspace(path: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "..", path]
        .iter()
        .collect()
}

/// The names and contents of the files of a folder, in order; none where there is no such folder.
fn files(folder: PathBuf) -> Vec<(String, Vec<u8>)> {
    let Ok(found) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = found.map(|file| file.unwrap().path()).collect();
    paths.sort();
    let files = paths.into_iter().map(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs::read(path).unwrap())
    });
    files.collect()
}

/// Inputs of earlier hunts: what showed something new of the decoder, and every finding.
pub(crate) fn kept(target: &str) -> impl Iterator<Item = Vec<u8>> {
    let folder = in_workspace("crates/fuzz/corpus").join(target);
    files(folder).into_iter().map(|(_, input)| input)
}

/// The golden events of petitions: name without prefix, version and JSON of each.
pub(crate) fn golden_events() -> Vec<(String, u16, Vec<u8>)> {
    let files = files(in_workspace("crates/petitions/tests/golden/events"));
    assert!(!files.is_empty(), "the golden events are gone");
    let event = |(file, json): (String, Vec<u8>)| {
        let mut parts = file.split('.');
        let name = parts.next().unwrap().to_owned();
        let version = parts.next().unwrap().trim_start_matches('v');
        (name, version.parse().unwrap(), json)
    };
    files.into_iter().map(event).collect()
}

/// The golden views of petitions: each as its JSON.
pub(crate) fn golden_views() -> Vec<Vec<u8>> {
    let files = files(in_workspace("crates/petitions/tests/golden/views"));
    assert!(!files.is_empty(), "the golden views are gone");
    let texts = files.iter().map(|(_, text)| str::from_utf8(text).unwrap());
    let lines = texts.flat_map(str::lines);
    let views = lines.filter(|line| line.starts_with('{'));
    views.map(|line| line.as_bytes().to_vec()).collect()
}
