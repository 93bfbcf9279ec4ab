//! Tests of the runtime of reactors.

mod bounds;
mod crashes;
mod decisions;
mod failures;
mod hangs;
mod office;
mod sharing;
mod stopping;
mod unavailable;
mod upgrades;

use std::time::Duration;

use minwon_core::{GlobalPosition, MemberName};

use self::office::{Office, all_met, met, random_options, slice_of};
use super::*;
use crate::testing::{run, within};
