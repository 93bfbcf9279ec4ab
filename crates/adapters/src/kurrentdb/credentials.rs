//! Who calls the server: users and passwords, and where they come from.

use std::{
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
};

use super::small_file;

/// A user of KurrentDB and the password. `Debug` shows only the user.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    user: Box<str>,
    password: Box<str>,
}

/// A user or a password that HTTP cannot carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a user and a password must not be empty nor hold a line break, and a user must not hold a colon"
)]
pub struct CredentialsError;

impl Credentials {
    /// A user with a password.
    ///
    /// # Errors
    /// [`CredentialsError`] where one of them is empty or holds a control character, or the user a colon.
    pub fn new(
        user: impl Into<Box<str>>,
        password: impl Into<Box<str>>,
    ) -> Result<Self, CredentialsError> {
        let (user, password) = (user.into(), password.into());
        let is_sound = |text: &str| !text.is_empty() && !text.contains(char::is_control);
        if !is_sound(&user) || !is_sound(&password) || user.contains(':') {
            return Err(CredentialsError);
        }
        Ok(Self { user, password })
    }

    pub(super) fn user(&self) -> &str {
        &self.user
    }

    pub(super) fn password(&self) -> &str {
        &self.password
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({}:***)", self.user)
    }
}

/// Where credentials come from: a vault, a file that an orchestrator mounts.
///
/// It is asked whenever a connection is made, and again when the server refuses what it said: with
/// another answer the refused call is made once more. So a password may be changed under a running
/// service. For a second after a refusal each call asks it, and no server, until it says something else.
/// Calls may block for a moment, as for the read of a small file. A panic is taken for an error.
pub trait CredentialSource: fmt::Debug + Send + Sync + 'static {
    /// The credentials of now.
    ///
    /// # Errors
    /// Those of the source, which must not show a password.
    fn credentials(&self) -> io::Result<Credentials>;
}

/// Asks `source`, which others wrote.
pub(super) fn ask(source: &dyn CredentialSource) -> io::Result<Credentials> {
    let asked = catch_unwind(AssertUnwindSafe(|| source.credentials()));
    asked.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<&str>().copied();
        let said = said.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let said = said.unwrap_or("without words");
        Err(io::Error::other(format!(
            "the source of credentials panicked: {said}"
        )))
    })
}

/// A file that holds `USER:PASSWORD` and nothing else, but a line break behind. It has to be a regular
/// file of at most 4096 bytes; symbolic links are followed.
#[derive(Debug, Clone)]
pub struct CredentialsFile(PathBuf);

/// Largest file of credentials. Unit: bytes.
const FILE_BYTES_MAX: u64 = 4096;

impl CredentialsFile {
    /// Names a file, without reading it.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

impl CredentialSource for CredentialsFile {
    fn credentials(&self) -> io::Result<Credentials> {
        let path = &self.0;
        let bad = |what: &str| {
            let what = format!("{}: {what}", path.display());
            io::Error::new(io::ErrorKind::InvalidData, what)
        };
        let failed =
            |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let text = small_file::read(path, FILE_BYTES_MAX).map_err(failed)?;
        let text = String::from_utf8(text).map_err(|_| bad("this is no text in UTF-8"))?;
        let line = text.trim_end_matches(['\r', '\n']);
        let (user, password) = line
            .split_once(':')
            .ok_or_else(|| bad("a file of credentials holds USER:PASSWORD"))?;
        Credentials::new(user, password).map_err(|error| bad(&error.to_string()))
    }
}

impl CredentialSource for Credentials {
    fn credentials(&self) -> io::Result<Credentials> {
        Ok(self.clone())
    }
}
