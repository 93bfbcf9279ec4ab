//! petitions
