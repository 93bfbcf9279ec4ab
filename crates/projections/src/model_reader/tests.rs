//! Tests of asking a read model.
