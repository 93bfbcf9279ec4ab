//! What shells and `man` know of the command, made out of its definition.

use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::{
    failure::{Failure, Found, while_doing},
    options::Options,
    output,
};

pub(crate) fn completions(shell: Shell) -> Result<Found, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Options::command(), "minwon", &mut text);
    output::write(&text)?;
    Ok(Found::Well)
}

/// Prints the page of the command, or writes that of each task into a directory that is there.
pub(crate) fn man(directory: Option<&Path>) -> Result<Found, Failure> {
    if let Some(directory) = directory {
        let doing = format!("no pages could be written into {}", directory.display());
        clap_mangen::generate_to(Options::command(), directory).map_err(while_doing(doing))?;
        return Ok(Found::Well);
    }
    let mut text = Vec::new();
    clap_mangen::Man::new(Options::command()).render(&mut text)?;
    output::write(&text)?;
    Ok(Found::Well)
}
