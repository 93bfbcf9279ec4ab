//! The scripts that Redis runs, and the calls of them.

use std::sync::LazyLock;

use redis::{Cmd, RedisWrite};

/// A script, known to Redis by its digest once it has been there.
pub(super) struct Script {
    code: &'static str,
    digest: LazyLock<String>,
}

macro_rules! script {
    ($file:literal) => {
        Script {
            code: include_str!($file),
            digest: LazyLock::new(|| redis::Script::new(include_str!($file)).get_hash().into()),
        }
    };
}

pub(super) static COMMIT: Script = script!("commit.lua");
pub(super) static LOAD: Script = script!("load.lua");
pub(super) static LIST: Script = script!("list.lua");
pub(super) static COUNTS: Script = script!("counts.lua");
pub(super) static REPLACE: Script = script!("replace.lua");
pub(super) static CONTENTS: Script = script!("contents.lua");
pub(super) static SWEEP: Script = script!("sweep.lua");
pub(super) static LEASES: Script = script!("leases.lua");

/// Whether Redis is sent a script's digest, or all of it.
#[derive(Clone, Copy)]
pub(super) enum Form {
    Digest,
    Code,
}

impl Script {
    /// The beginning of a call, up to the keys and arguments, with room for them.
    pub(super) fn call(&self, form: Form, keys: usize, args: usize, bytes: usize) -> Cmd {
        let (name, script) = match form {
            Form::Digest => ("EVALSHA", self.digest.as_str()),
            Form::Code => ("EVAL", self.code),
        };
        let mut cmd = Cmd::with_capacity(3 + keys + args, script.len() + bytes + 16);
        cmd.write_arg(name.as_bytes());
        cmd.write_arg(script.as_bytes());
        cmd.write_arg_fmt(keys);
        cmd
    }
}

/// Writes an argument as it is displayed.
pub(super) fn write_shown(cmd: &mut Cmd, shown: &impl std::fmt::Display) {
    use std::io::Write;
    // A command is built in memory, and cannot run out of room.
    let _ = write!(cmd.writer_for_next_arg(), "{shown}");
}

/// Writes an argument that has several parts, without putting them together first.
pub(super) fn write_parts(cmd: &mut Cmd, parts: &[&str]) {
    use std::io::Write;
    let mut writer = cmd.writer_for_next_arg();
    for part in parts {
        // A command is built in memory, and cannot run out of room.
        let _ = writer.write_all(part.as_bytes());
    }
}
