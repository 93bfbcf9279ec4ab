//! An event store in a KurrentDB cluster (formerly EventStoreDB), through its official client.
