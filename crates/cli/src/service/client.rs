//! The client of a service's API: one request after the other, with a token, and an answer that is JSON.

use std::{fs, io::Read as _, net::IpAddr, path::Path, time::Duration};

use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{
    Method, Request, StatusCode, Uri,
    body::Bytes,
    header::{ACCEPT, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT},
};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::TokioExecutor,
};
use minwon::operator::api::{NAMESPACE_HEADER, PROBLEM, Problem, VERSION, VERSION_HEADER};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    failure::{Failure, Usage},
    settings::{ServiceAt, Settings, TokenAt},
};

/// Longest answer. Unit: bytes.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Longest token. Unit: bytes.
const TOKEN_BYTES_MAX: u64 = 8 * 1024;

/// How long a connection may take to come about.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// How long an answer may take, beyond what it was asked to wait.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// What stands in an address as it is.
const PLAIN: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A service that can be asked.
pub(crate) struct Client {
    http: legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    /// Where its console is, without a slash at the end.
    pub(crate) url: String,
    token: HeaderValue,
    language: &'static str,
    namespace: Option<String>,
}

/// Why a service gave no answer, or not the one that was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServiceError {
    #[error(
        "the service at {url} cannot be reached; does it run, and is that the address of its console?"
    )]
    Away { url: String, source: legacy::Error },
    #[error(
        "the service at {url} gave no answer within {seconds} s; ask again, or look at its machine"
    )]
    Slow { url: String, seconds: u64 },
    #[error("the answer of the service at {url} broke off")]
    Cut { url: String, source: Failure },
    #[error(
        "the answer of the service at {url} is longer than {ANSWER_BYTES_MAX} bytes, and was not read"
    )]
    TooBig { url: String },
    #[error(
        "{url} leads to {to}, where a token is not sent along; write that address, if it is the right one"
    )]
    Elsewhere { url: String, to: String },
    #[error(
        "what answers at {url} (status {status}) is no console of a minwon that has an API; see --service"
    )]
    NoApi { url: String, status: u16 },
    #[error(
        "the service at {url} speaks version {version} of the API, and this program version {VERSION}; use a \
         program as old or new as the service"
    )]
    OtherVersion { url: String, version: String },
    #[error(
        "the answer of the service at {url} cannot be read; use a program as old or new as the service"
    )]
    Unreadable {
        url: String,
        source: serde_json::Error,
    },
    #[error("the service at {url} refused ({}): {}", problem.status, told(problem))]
    Refused { url: String, problem: Problem },
}

fn told(problem: &Problem) -> String {
    let mut told = problem.title.clone();
    for cause in &problem.causes {
        told += "\n  caused by: ";
        told += cause;
    }
    told
}

impl ServiceError {
    /// Returns whether the service said that for this reason.
    pub(crate) fn is(&self, kind: &str) -> bool {
        let Self::Refused { problem, .. } = self else {
            return false;
        };
        problem.kind.strip_prefix(PROBLEM) == Some(kind)
    }

    /// Returns whether it may answer later.
    pub(crate) const fn is_not_yet(&self) -> bool {
        matches!(self, Self::Refused { problem, .. } if problem.status == 503)
    }
}

/// What an address is asked with.
pub(crate) type Fields = Vec<(&'static str, String)>;

impl Client {
    pub(crate) fn new(at: &ServiceAt, settings: &Settings) -> Result<Self, Failure> {
        let uri = address(at)?;
        let token = token(&at.token)?;
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(CONNECT_MAX));
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(encryption(&uri)?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        Ok(Self {
            http: legacy::Client::builder(TokioExecutor::new()).build(https),
            url: at.url.trim_end_matches('/').to_owned(),
            token,
            language: settings.language.as_str(),
            namespace: settings.namespace.as_ref().map(ToString::to_string),
        })
    }

    /// Asks for what stands below `/api`.
    pub(crate) async fn get<A: DeserializeOwned>(
        &self,
        to: &str,
        fields: &Fields,
    ) -> Result<A, Failure> {
        self.wait(to, fields, 0).await
    }

    /// Asks, and lets the service wait for so long. Unit: seconds.
    pub(crate) async fn wait<A: DeserializeOwned>(
        &self,
        to: &str,
        fields: &Fields,
        wait: u64,
    ) -> Result<A, Failure> {
        let mut query = fields.clone();
        query.extend((wait > 0).then(|| ("wait", wait.to_string())));
        let query = query
            .iter()
            .map(|(name, text)| format!("{name}={}", encoded(text)));
        let query = query.collect::<Vec<_>>().join("&");
        let to = format!("{}/api{to}?{query}", self.url);
        self.ask(Method::GET, &to, Bytes::new(), wait).await
    }

    /// Has something done.
    pub(crate) async fn post<A: DeserializeOwned>(
        &self,
        to: &str,
        body: &Value,
    ) -> Result<A, Failure> {
        let to = format!("{}/api{to}", self.url);
        self.ask(Method::POST, &to, body.to_string().into(), 0)
            .await
    }

    async fn ask<A: DeserializeOwned>(
        &self,
        method: Method,
        to: &str,
        body: Bytes,
        wait: u64,
    ) -> Result<A, Failure> {
        let request = Request::builder()
            .method(method)
            .uri(to)
            .header(AUTHORIZATION, self.token.clone())
            .header(ACCEPT, "application/json, application/problem+json")
            .header(ACCEPT_LANGUAGE, self.language)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("minwon/", env!("CARGO_PKG_VERSION")))
            .body(Full::new(body))
            .map_err(Usage::of("`--service` is wrong"))?;
        let time = ANSWER_MAX.saturating_add(Duration::from_secs(wait));
        let (url, seconds) = (self.url.clone(), time.as_secs());
        let answer = tokio::time::timeout(time, self.send(request)).await;
        let (status, body) = answer.map_err(|_| ServiceError::Slow { url, seconds })??;
        let unreadable = |source| ServiceError::Unreadable {
            url: self.url.clone(),
            source,
        };
        if status.is_success() {
            return Ok(serde_json::from_slice(&body).map_err(unreadable)?);
        }
        let problem = serde_json::from_slice(&body).map_err(unreadable)?;
        let url = self.url.clone();
        Err(ServiceError::Refused { url, problem }.into())
    }

    /// The status and body of an answer that is one of the API.
    async fn send(&self, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), Failure> {
        let url = || self.url.clone();
        let answer = self.http.request(request).await;
        let answer = answer.map_err(|source| ServiceError::Away { url: url(), source })?;
        let (head, body) = answer.into_parts();
        let header = |name: &str| {
            let value = head.headers.get(name)?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        if head.status.is_redirection() {
            let to = header("location").unwrap_or_default();
            return Err(ServiceError::Elsewhere { url: url(), to }.into());
        }
        match header(VERSION_HEADER) {
            None => {
                let status = head.status.as_u16();
                return Err(ServiceError::NoApi { url: url(), status }.into());
            }
            Some(version) if version != VERSION.to_string() => {
                return Err(ServiceError::OtherVersion {
                    url: url(),
                    version,
                }
                .into());
            }
            Some(_) => {}
        }
        // Nobody has to look at another namespace than they mean.
        if let (Some(meant), Some(is)) = (&self.namespace, header(NAMESPACE_HEADER))
            && *meant != is
        {
            let url = &self.url;
            let what = format!("the service at {url} has the namespace {is}, and not {meant}");
            return Err(Usage::new(what).into());
        }
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|source| match source.is::<LengthLimitError>() {
            true => ServiceError::TooBig { url: url() },
            false => ServiceError::Cut { url: url(), source },
        })?;
        Ok((head.status, body.to_bytes()))
    }
}

/// A text as part of an address.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, &PLAIN).to_string()
}

/// Reads where the service is, and whether a token may be sent there.
fn address(at: &ServiceAt) -> Result<Uri, Usage> {
    // Not in the words of a parser, which would repeat it with whatever is secret in it.
    let wrong = |what: &str| Usage::new(format!("`--service` is wrong: {what}"));
    let form = "write https://HOST/PATH, or http://127.0.0.1:PORT on this machine";
    let uri: Uri = at.url.parse().map_err(|_| wrong(form))?;
    let host = uri.host().ok_or_else(|| wrong(form))?;
    let has_user = uri.authority().is_some_and(|it| it.as_str().contains('@'));
    if has_user || uri.query().is_some() {
        return Err(wrong(
            "it has no name, no password and no query; a token is in a file",
        ));
    }
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if is_here(host) || at.unencrypted => {}
        Some("http") => {
            return Err(wrong(
                "over http anybody on the way can read the token; write https://, or --unencrypted where the \
                 network encrypts by itself",
            ));
        }
        _ => return Err(wrong(form)),
    }
    Ok(uri)
}

/// Returns whether a host is this machine.
fn is_here(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address = address.parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn token(at: &TokenAt) -> Result<HeaderValue, Usage> {
    let text = match at {
        TokenAt::File(path) => read(path)?,
        TokenAt::Here(text) => text.clone(),
        TokenAt::Nowhere => {
            return Err(Usage::new(
                "--service lets nobody in without a token; write --token-file FILE, or set MINWON_TOKEN",
            ));
        }
    };
    let text = text.trim();
    let is_token = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    let header = HeaderValue::from_str(&format!("Bearer {text}")).ok();
    let Some(mut header) = header.filter(|_| is_token) else {
        return Err(Usage::new(
            "the token is none: it is one word of ASCII characters",
        ));
    };
    header.set_sensitive(true);
    Ok(header)
}

fn read(path: &Path) -> Result<String, Usage> {
    let doing = || format!("the token in {} could not be read", path.display());
    let read = || {
        let mut text = String::new();
        fs::File::open(path)?
            .take(TOKEN_BYTES_MAX)
            .read_to_string(&mut text)?;
        Ok::<_, std::io::Error>(text)
    };
    read().map_err(Usage::of(doing()))
}

/// Trusts whom the machine trusts. Without encryption nobody need be trusted.
fn encryption(uri: &Uri) -> Result<ClientConfig, Failure> {
    let cryptography = aws_lc_rs::default_provider().into();
    let builder = ClientConfig::builder_with_provider(cryptography);
    let builder = builder.with_safe_default_protocol_versions()?;
    let builder = match uri.scheme_str() {
        Some("https") => builder.with_native_roots()?,
        _ => builder.with_root_certificates(RootCertStore::empty()),
    };
    Ok(builder.with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str, unencrypted: bool) -> Result<(), String> {
        let at = ServiceAt {
            url: url.to_owned(),
            token: TokenAt::Nowhere,
            unencrypted,
        };
        address(&at).map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn a_token_goes_over_no_network_as_it_is_unless_somebody_says_so() {
        for good in [
            "https://office.example/console",
            "http://127.0.0.1:8480",
            "http://127.8.8.8:1/",
            "http://[::1]:8480/console",
            "http://localhost:8480",
        ] {
            assert_eq!(at(good, false), Ok(()), "{good}");
        }
        for bad in [
            "http://office.example",
            "http://10.0.0.7:8480",
            "http://localhost.example",
            "http://127.0.0.1.example",
        ] {
            assert!(
                at(bad, false).unwrap_err().contains("--unencrypted"),
                "{bad}"
            );
            assert_eq!(at(bad, true), Ok(()), "{bad}");
        }
        for bad in [
            "",
            "office",
            "ftp://office",
            "https://kim:s3cret@office",
            "https://office/?a=s3cret",
        ] {
            let error = at(bad, true).unwrap_err();
            assert!(error.contains("`--service` is wrong"), "{bad}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
