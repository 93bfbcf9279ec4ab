//! Asking once more before something is changed.

use std::io::{self, BufRead, IsTerminal as _};

use crate::{
    failure::{Failure, Usage},
    output::complain,
};

/// Asks whoever sits at the terminal.
///
/// # Errors
/// Where nobody sits there, or the answer is no; then nothing was changed.
pub(crate) fn confirm(question: &str) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        let what = "nobody can be asked here, so nothing was changed; a script writes --yes";
        return Err(Usage::new(what).into());
    }
    complain(&format!("{question} [y/N]"));
    if is_yes(&mut io::stdin().lock())? {
        return Ok(());
    }
    Err("nothing was changed, as the answer was not yes".into())
}

fn is_yes(answers: &mut impl BufRead) -> io::Result<bool> {
    let mut answer = String::new();
    answers.read_line(&mut answer)?;
    let answer = answer.trim();
    Ok(["y", "yes"]
        .iter()
        .any(|yes| answer.eq_ignore_ascii_case(yes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_yes_is_one() {
        for (answer, is_one) in [
            ("y\n", true),
            ("Yes\n", true),
            ("\n", false),
            ("", false),
            ("no\n", false),
            ("yesterday\n", false),
        ] {
            assert_eq!(
                is_yes(&mut answer.as_bytes()).unwrap(),
                is_one,
                "{answer:?}"
            );
        }
    }
}
