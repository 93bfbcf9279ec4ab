//! One target of `minwon-fuzz`, named by `MINWON_FUZZ_TARGET`, guided by coverage:
//! `MINWON_FUZZ_TARGET=xes cargo fuzz run decoders fuzz/corpus/xes`.
#![no_main]

use std::{env, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use minwon_fuzz::Target;

static TARGET: LazyLock<&'static Target> = LazyLock::new(|| {
    let name = env::var("MINWON_FUZZ_TARGET").unwrap_or_default();
    Target::named(&name).unwrap_or_else(|| panic!("set MINWON_FUZZ_TARGET to one of {:?}", Target::ALL))
});

fuzz_target!(|input: &[u8]| TARGET.run(input));
