//! The address of a bucket, and how it is reached.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use url::Url;

use crate::BucketError;

/// How long a request may take as a whole: a part of a segment, over a slow line.
const TIMEOUT: Duration = Duration::from_secs(120);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often, and for how long, what failed is tried again.
const RETRIES: usize = 5;
const RETRY_TIMEOUT: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Amazon,
    Azure,
    Google,
    Folder,
}

/// Where a bucket is.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    text: String,
    kind: Kind,
    /// Of a folder on this machine.
    folder: Option<PathBuf>,
    prefix: Path,
}

impl Address {
    pub(crate) fn read(text: &str) -> Result<Self, BucketError> {
        let wrong = |problem: &str| BucketError::NotAnAddress {
            // What stands before `@` may be a password, and what stands behind `?` a token.
            address: text
                .split('?')
                .next()
                .and_then(|text| text.rsplit('@').next())
                .unwrap_or_default()
                .to_owned(),
            problem: problem.to_owned(),
        };
        let url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
            return Err(wrong("credentials come from the environment alone"));
        }
        let kind = match url.scheme() {
            "s3" => Kind::Amazon,
            "az" => Kind::Azure,
            "gs" => Kind::Google,
            "file" => Kind::Folder,
            _ => return Err(wrong("nobody knows how to reach it")),
        };
        let text = text.trim_end_matches('/').to_owned();
        if kind == Kind::Folder {
            let folder = url.to_file_path().map_err(|()| wrong("it names no folder"))?;
            let prefix =
                Path::from_absolute_path(&folder).map_err(|error| wrong(&error.to_string()))?;
            return Ok(Self { text, kind, folder: Some(folder), prefix });
        }
        if url.host_str().unwrap_or_default().is_empty() {
            return Err(wrong("it names no bucket"));
        }
        let prefix = Path::from_url_path(url.path()).map_err(|error| wrong(&error.to_string()))?;
        Ok(Self { text, kind, folder: None, prefix })
    }

    pub(crate) fn connect(&self) -> Result<Arc<dyn ObjectStore>, BucketError> {
        // The one provider this program is built with; if another part has said so, it is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options =
            ClientOptions::new().with_timeout(TIMEOUT).with_connect_timeout(CONNECT_TIMEOUT);
        let retry = RetryConfig {
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(100),
                max_backoff: Duration::from_secs(2),
                base: 2.0,
            },
            max_retries: RETRIES,
            retry_timeout: RETRY_TIMEOUT,
        };
        let url = &self.text;
        let opened: Result<Arc<dyn ObjectStore>, _> = match self.kind {
            Kind::Amazon => AmazonS3Builder::from_env()
                .with_url(url)
                .with_retry(retry)
                .with_client_options(options.with_allow_http(allows_http("AWS_ALLOW_HTTP")))
                .build()
                .map(|opened| Arc::new(opened) as _),
            Kind::Azure => MicrosoftAzureBuilder::from_env()
                .with_url(url)
                .with_retry(retry)
                .with_client_options(options.with_allow_http(allows_http("AZURE_ALLOW_HTTP")))
                .build()
                .map(|opened| Arc::new(opened) as _),
            Kind::Google => GoogleCloudStorageBuilder::from_env()
                .with_url(url)
                .with_retry(retry)
                .with_client_options(options)
                .build()
                .map(|opened| Arc::new(opened) as _),
            // Like a bucket, it must be there: a folder that is misspelt holds nothing.
            Kind::Folder if !self.folder.as_ref().is_some_and(|folder| folder.is_dir()) => {
                return Err(BucketError::NoBucket { address: url.clone() });
            }
            Kind::Folder => Ok(Arc::new(LocalFileSystem::new()) as _),
        };
        opened.map_err(|error| BucketError::of(url, "open", url, &error))
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn prefix(&self) -> &Path {
        &self.prefix
    }

    pub(crate) fn folder(&self) -> Option<&std::path::Path> {
        self.folder.as_deref()
    }

    pub(crate) fn is_amazon(&self) -> bool {
        self.kind == Kind::Amazon
    }

    pub(crate) fn knows_suffix(&self) -> bool {
        self.kind != Kind::Azure
    }
}

/// Whether requests may go unencrypted, as the vendor's own variable says.
fn allows_http(variable: &str) -> bool {
    std::env::var(variable).is_ok_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
}
