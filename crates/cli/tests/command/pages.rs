//! What shells and `man` are told; no store is needed for it.

use crate::world::{Run, World, bare};

fn run(arguments: &str) -> Run {
    let mut command = bare();
    let command = command.args(arguments.split_whitespace());
    Run::of(&command.output().unwrap())
}

#[test]
fn every_shell_can_complete_the_tasks() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = run(&format!("completions {shell}"));
        assert_eq!((run.code, &*run.stderr), (0, ""), "{run:?}");
        for word in ["letters", "compensate", "correlation"] {
            assert!(run.stdout.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(run("completions dash").code, 2);
}

#[test]
fn man_has_a_page_for_the_command_and_for_each_task() {
    let page = run("man");
    assert_eq!(page.code, 0);
    for part in [".TH minwon 1", "MINWON_STORE", "Exit codes"] {
        assert!(page.stdout.contains(part), "{part}: {page:?}");
    }
    let world = World::new();
    let directory = world.path("");
    assert_eq!(run(&format!("man {}", directory.display())).code, 0);
    for name in ["minwon.1", "minwon-lag.1", "minwon-letters-skip.1"] {
        assert!(directory.join(name).is_file(), "{name}");
    }
    let missing = run(&format!("man {}", world.path("none").display()));
    assert_eq!(missing.code, 3);
    assert!(missing.stderr.contains("could be written"), "{missing:?}");
}
