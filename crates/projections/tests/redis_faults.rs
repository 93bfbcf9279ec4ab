//! Projectors end to end, against real Redis servers that fail as servers do.
//!
//! After every fault the view is the fold of the log again: `verify` finds no difference, and its
//! digest is that of a control that was folded from the same log into memory.
//!
//! `MINWON_PROJECTOR_KILLS` sets how often a projector is killed (default 50),
//! `MINWON_PROJECTOR_SEED` where chance begins.

// Allowed in tests; clippy sees that only inside `#[test]` functions.
#![allow(clippy::unwrap_used)]

use minwon_test_panics as _;

#[path = "redis_faults/child.rs"]
mod child;
#[path = "redis_faults/cluster.rs"]
mod cluster;
#[path = "redis_faults/damage.rs"]
mod damage;
#[path = "redis_faults/flicker.rs"]
mod flicker;
#[path = "redis_faults/flushes.rs"]
mod flushes;
#[path = "redis_faults/kills.rs"]
mod kills;
#[path = "redis_faults/office.rs"]
mod office;
#[path = "redis_faults/outages.rs"]
mod outages;
#[path = "redis_faults/promotions.rs"]
mod promotions;
#[path = "redis_faults/rebuilds.rs"]
mod rebuilds;
#[path = "redis_faults/restored.rs"]
mod restored;
#[path = "redis_faults/shares.rs"]
mod shares;
#[path = "redis_faults/support.rs"]
mod support;
#[path = "redis_faults/switch.rs"]
mod switch;
#[path = "redis_faults/twins.rs"]
mod twins;
