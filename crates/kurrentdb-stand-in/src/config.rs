//! The settings that nodes and their services go by.

use std::sync::Arc;
use std::time::SystemTime;

use crate::access::Users;
use crate::certificates::Certificate;
use crate::connection::Acknowledgements;
use crate::positions::Positions;
use crate::version::ServerVersion;

/// See the methods of [`Builder`](crate::Builder).
pub(crate) struct Config {
    pub(crate) seed: u64,
    pub(crate) version: ServerVersion,
    pub(crate) positions: Positions,
    pub(crate) clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    pub(crate) users: Users,
    pub(crate) append_bytes_max: Option<usize>,
    pub(crate) tls: Option<Certificate>,
    pub(crate) acknowledgements: Acknowledgements,
}
