//! The adapter for KurrentDB against a stand-in, through the real client over a real socket.
