//! A category more is a change in one file, `crates/petitions/src/category.rs`: no other file says
//! what holds for one category and what for another. What differs between them is data.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use minwon::petitions::Category;

const ONE_FILE: &str = "crates/petitions/src/category.rs";

/// All Rust files below `folder`.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

/// Whether a line is an arm of a `match` over categories, or makes room for one.
fn tells_categories_apart(line: &str) -> bool {
    let names_one = |text: &str| {
        let names = |category: &Category| text.contains(&format!("Category::{category}"));
        Category::ALL.iter().any(names)
    };
    let is_arm = line.split_once("=>").is_some_and(|(arm, _)| names_one(arm));
    let is_alternative = line.trim_start().starts_with('|') && names_one(line);
    let is_import = ["Category::{", "Category::*"]
        .iter()
        .any(|import| line.trim_start().starts_with("use ") && line.contains(import));
    is_arm || is_alternative || is_import
}

#[test]
fn only_one_file_tells_categories_apart() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "crates", "examples", "benches"] {
        sources(&root.join(folder), &mut files);
    }
    assert!(files.contains(&root.join(ONE_FILE)));
    for file in files.iter().filter(|file| **file != root.join(ONE_FILE)) {
        let text = fs::read_to_string(file).unwrap();
        for (index, line) in text.lines().enumerate() {
            let (file, line_number) = (file.display(), index + 1);
            assert!(
                !tells_categories_apart(line),
                "{file}:{line_number} tells categories apart: make it data, or a column of the \
                 table in {ONE_FILE}"
            );
        }
    }
}

#[test]
fn an_arm_is_seen() {
    for line in [
        "        Category::Car => 300,",
        "        (Category::General, _) if free => 0,",
        "        | Category::Building",
        "    use Category::{Building, Car};",
        "use minwon::petitions::Category::*;",
    ] {
        assert!(tells_categories_apart(line), "{line}");
    }
    for line in [
        "let category = Category::Car;",
        "    9 => Just(Category::Car),",
        "    let fire = |deadline| deadline.fire(Category::Car, now);",
        "use minwon::petitions::{Category, Channel};",
    ] {
        assert!(!tells_categories_apart(line), "{line}");
    }
}
