//! Who does what: one module per role, one function per act.

pub(crate) mod citizen;
pub(crate) mod officer;
pub(crate) mod operator;
