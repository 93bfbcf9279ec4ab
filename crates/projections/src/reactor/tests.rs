//! Tests of the runtime of reactors.
