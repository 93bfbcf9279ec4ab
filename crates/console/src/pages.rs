//! The pages.

pub(crate) mod asks;
pub(crate) mod flow;
pub(crate) mod letters;
pub(crate) mod messages;
pub(crate) mod overview;
pub(crate) mod petition;
pub(crate) mod read_models;
pub(crate) mod upkeep;
pub(crate) mod work;
