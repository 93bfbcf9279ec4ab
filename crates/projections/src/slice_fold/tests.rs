//! Tests of the fold of a slice.
