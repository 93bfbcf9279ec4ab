//! The cryptography of encrypted connections: one for the whole process.
//!
//! The clients of KurrentDB, Redis and webhooks all take what rustls calls the default of the process.
//! Left alone, that is the one of whichever client is made first. So each of ours asks here before.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

/// The build has no cryptography, and the program has chosen none.
#[derive(Debug, thiserror::Error)]
#[error(
    "there is no cryptography for encrypted connections; build with the feature `tls-aws-lc` or \
     `tls-ring`, or install one of your own first, with rustls' `CryptoProvider::install_default`"
)]
pub(crate) struct NoCryptography;

/// Returns the cryptography of the process. Where the program has chosen none by then, that is the one of
/// the features from here on.
pub(crate) fn choose() -> Result<Arc<CryptoProvider>, NoCryptography> {
    if CryptoProvider::get_default().is_none()
        && let Some(built_in) = built_in()
    {
        // Refused where the program, or another thread here, was faster: then that one stands.
        let _ = built_in.install_default();
    }
    CryptoProvider::get_default().cloned().ok_or(NoCryptography)
}

fn built_in() -> Option<CryptoProvider> {
    #[cfg(feature = "tls-aws-lc")]
    return Some(rustls::crypto::aws_lc_rs::default_provider());
    #[cfg(all(feature = "tls-ring", not(feature = "tls-aws-lc")))]
    return Some(rustls::crypto::ring::default_provider());
    #[cfg(not(any(feature = "tls-aws-lc", feature = "tls-ring")))]
    None
}
