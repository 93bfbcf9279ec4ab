//! The law's clock.
