//! Whether a log is still what was written to it, and digests of it that are kept elsewhere.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use minwon::{
    Clock as _, DigestSigner, DigestVerifier, LogDigest, SignedDigest, Store, StoreErrorKind,
    SystemClock, foreign_text,
};
use serde_json::{Value, json};

use crate::{
    failure::{Failure, Found, Usage, while_doing},
    output::Out,
    place::Place,
    progress::Progress,
};

/// Digests that were kept elsewhere.
#[derive(Debug, Args)]
pub(crate) struct Kept {
    /// A file with a signed digest that was kept elsewhere; may be repeated
    #[arg(long, value_name = "FILE", requires = "signed_by")]
    against: Vec<PathBuf>,
    /// The public key of who signed them
    #[arg(long, value_name = "KEY")]
    signed_by: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Digest {
    /// Makes a key: the secret goes to a new file, the public key to standard output
    NewKey {
        /// Who signs, as a host name
        name: String,
        /// The file for the secret key
        #[arg(long, value_name = "FILE")]
        secret: PathBuf,
    },
    /// Checks the log and prints its digest, signed; keep it elsewhere
    Sign {
        /// The file with the secret key
        #[arg(long, value_name = "FILE")]
        secret: PathBuf,
    },
}

pub(crate) async fn run(place: &Place, kept: &Kept, out: Out) -> Result<Found, Failure> {
    let verdict = look(&place.store, kept.read()?).await?;
    tell(&verdict, kept.against.len(), out)
}

fn tell(verdict: &Verdict, compared: usize, out: Out) -> Result<Found, Failure> {
    let json = || {
        let mut json = verdict.json();
        json["compared"] = json!(compared);
        json
    };
    let text = || match verdict {
        Verdict::Sound(digest) => format!(
            "The log is sound up to position {}. Digests kept elsewhere that it fits: {compared}.",
            digest.position()
        ),
        Verdict::Damaged(causes) => {
            format!("The log is not sound: {}", causes.join("\n  caused by: "))
        }
    };
    out.print(json, text)?;
    Ok(Found::well_if(matches!(verdict, Verdict::Sound(_))))
}

/// Makes a key. No store is needed.
pub(crate) fn new_key(name: &str, secret: &Path, out: Out) -> Result<Found, Failure> {
    let signer = DigestSigner::generate(name).map_err(Usage::of("no key has that name"))?;
    let doing = format!("{} could not be made", secret.display());
    write_secret(secret, &signer.to_secret_text()).map_err(while_doing(doing))?;
    let public = signer.verifier().to_string();
    out.print(|| json!({ "public_key": public }), || public.clone())?;
    Ok(Found::Well)
}

/// Prints a signed digest of a log that is sound.
pub(crate) async fn sign(place: &Place, secret: &Path, out: Out) -> Result<Found, Failure> {
    let signer: DigestSigner = read(secret)?.parse().map_err(Usage::of(format!(
        "{} holds no secret key",
        secret.display()
    )))?;
    let verdict = look(&place.store, Vec::new()).await?;
    let Verdict::Sound(digest) = verdict else {
        return tell(&verdict, 0, out);
    };
    let signed_at = SystemClock.now();
    let note = signer.sign(&SignedDigest { digest, signed_at });
    out.print(|| json!({ "note": note }), || note.clone())?;
    Ok(Found::Well)
}

/// What a look at every event came to.
#[derive(Debug)]
pub(crate) enum Verdict {
    Sound(LogDigest),
    /// What is wrong, and its causes.
    Damaged(Vec<String>),
}

impl Verdict {
    pub(crate) fn json(&self) -> Value {
        match self {
            Self::Sound(digest) => {
                let hash: String = digest.hash().iter().map(|b| format!("{b:02x}")).collect();
                json!({ "sound": true, "position": digest.position(), "digest": hash })
            }
            Self::Damaged(causes) => json!({ "sound": false, "causes": causes }),
        }
    }
}

/// Reads a whole log, beside a service that writes to it.
pub(crate) async fn look(store: &Store, kept: Vec<LogDigest>) -> Result<Verdict, Failure> {
    let progress = Progress::new();
    let checked = store.check(kept, move |position| {
        progress.show(format_args!("checked up to position {position}"));
    });
    match checked.await {
        Ok(digest) => Ok(Verdict::Sound(digest)),
        Err(error) if error.kind() == StoreErrorKind::Corrupt => {
            Ok(Verdict::Damaged(foreign_text::causes(&error).collect()))
        }
        Err(error) => Err(error.into()),
    }
}

impl Kept {
    pub(crate) fn read(&self) -> Result<Vec<LogDigest>, Failure> {
        let Some(signed_by) = &self.signed_by else {
            return Ok(Vec::new());
        };
        let verifier = signed_by.parse::<DigestVerifier>();
        let verifier = verifier.map_err(Usage::of("`--signed-by` is no public key"))?;
        let verify = |file: &PathBuf| -> Result<LogDigest, Failure> {
            let doing = format!("{} proves nothing", file.display());
            let signed = verifier.verify(&read(file)?);
            Ok(signed.map_err(while_doing(doing))?.digest)
        };
        self.against.iter().map(verify).collect()
    }
}

/// Writes a file that was not there, for its owner alone.
fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

fn read(path: &Path) -> Result<String, Failure> {
    let doing = format!("{} could not be read", path.display());
    Ok(fs::read_to_string(path).map_err(while_doing(doing))?)
}
