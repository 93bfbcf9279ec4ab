//! Tests of the queues and of those who look after them.
