//! Who does what: one module per role, one function per command.

pub(crate) mod citizen;
pub(crate) mod front_office;
pub(crate) mod issuance_office;
pub(crate) mod officer;
