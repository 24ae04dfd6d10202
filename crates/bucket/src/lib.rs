//! Reads and writes the objects of a bucket: Amazon S3 and what speaks like it, Azure Blob Storage,
//! Google Cloud Storage, or a folder.
//!
//! Start with [`Bucket`]. An object is written whole or not at all; [`Bucket::create`] writes it only
//! where there is none, and [`Bucket::swap`] only where nobody has written since it was read. Callers
//! wait for an answer on whatever thread they are on and need no runtime: requests run on a thread of
//! the bucket's own.
//!
//! Credentials come from the environment alone, under the names that each vendor's own tools read.
//! They are in no address, message or `Debug` output.

mod address;
mod carrier;
mod error;
mod folder;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use object_store::path::Path;
use object_store::{
    Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutMode, PutPayload, UpdateVersion,
};

use address::Address;
use carrier::Carrier;
pub use error::BucketError;

/// A bucket, or what is below a prefix in it.
#[derive(Clone)]
pub struct Bucket(Arc<Opened>);

struct Opened {
    address: Address,
    objects: Arc<dyn ObjectStore>,
    carrier: Carrier,
}

/// Which writing of an object it was that somebody read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(UpdateVersion);

/// What became of an object that was to be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It is there now.
    Now,
    /// It was there before, and stays as it was.
    Before,
}

impl Bucket {
    /// Opens a bucket: `s3://BUCKET/PREFIX`, `az://CONTAINER/PREFIX`, `gs://BUCKET/PREFIX`, or
    /// `file:///FOLDER`. Asks nobody anything yet.
    ///
    /// # Errors
    /// The address is none, or the environment says too little or something wrong.
    pub fn open(address: &str) -> Result<Self, BucketError> {
        let address = Address::read(address)?;
        let objects = address.connect()?;
        let carrier = Carrier::start().map_err(|error| BucketError::NoThread { source: error })?;
        Ok(Self(Arc::new(Opened { address, objects, carrier })))
    }

    /// Its address.
    pub fn address(&self) -> &str {
        self.0.address.text()
    }

    /// The address of one of its objects.
    pub fn address_of(&self, object: &str) -> String {
        format!("{}/{object}", self.address().trim_end_matches('/'))
    }

    /// An object, and which writing of it this is; `None` if there is none.
    ///
    /// # Errors
    /// The bucket cannot be read.
    pub fn get(&self, object: &str) -> Result<Option<(Bytes, Version)>, BucketError> {
        let (objects, path) = self.at(object);
        let read = self.0.carrier.run(async move {
            let found = objects.get(&path).await?;
            let version = version(found.meta.e_tag.clone(), found.meta.version.clone());
            Ok((found.bytes().await?, version))
        });
        match read {
            Err(error) if error::is_missing(&error) => Ok(None),
            read => read.map(Some).map_err(|error| self.error("read", object, &error)),
        }
    }

    /// The last `bytes` of an object, or all of it if it is shorter, and its size.
    ///
    /// # Errors
    /// There is no such object, or the bucket cannot be read.
    pub fn get_tail(&self, object: &str, bytes: u64) -> Result<(Bytes, u64), BucketError> {
        let (objects, path) = self.at(object);
        // Azure knows no ranges from the end, so the size comes first.
        let knows_suffix = self.0.address.knows_suffix();
        let read = self.0.carrier.run(async move {
            let range = match knows_suffix {
                true => GetRange::Suffix(bytes),
                false => GetRange::Offset(objects.head(&path).await?.size.saturating_sub(bytes)),
            };
            let options = GetOptions { range: Some(range), ..GetOptions::default() };
            let found = objects.get_opts(&path, options).await?;
            let size = found.meta.size;
            Ok((found.bytes().await?, size))
        });
        read.map_err(|error| self.error("read", object, &error))
    }

    /// Parts of an object, as they were asked for. Parts that lie close together are read at once.
    ///
    /// # Errors
    /// There is no such object, it ends before a part does, or the bucket cannot be read.
    pub fn get_ranges(
        &self,
        object: &str,
        ranges: &[Range<u64>],
    ) -> Result<Vec<Bytes>, BucketError> {
        let ((objects, path), asked) = (self.at(object), ranges.to_vec());
        let read = self.0.carrier.run(async move { objects.get_ranges(&path, &asked).await });
        let parts = read.map_err(|error| self.error("read", object, &error))?;
        let is_whole =
            |(part, range): (&Bytes, &Range<u64>)| part.len() as u64 == range.end - range.start;
        match parts.len() == ranges.len() && parts.iter().zip(ranges).all(is_whole) {
            true => Ok(parts),
            false => Err(BucketError::Short { object: self.address_of(object) }),
        }
    }

    /// Writes an object where there is none.
    ///
    /// # Errors
    /// The bucket cannot be written, or knows no writes under a condition.
    pub fn create(&self, object: &str, content: Bytes) -> Result<Created, BucketError> {
        match self.put(object, content, PutMode::Create) {
            Ok(_) => Ok(Created::Now),
            Err(Error::AlreadyExists { .. }) => Ok(Created::Before),
            Err(error) => Err(self.error("write", object, &error)),
        }
    }

    /// Writes an object if it is still what was read: `before`, or none. `None` if somebody else has
    /// written it since.
    ///
    /// # Errors
    /// The bucket cannot be written, or knows no writes under a condition.
    pub fn swap(
        &self,
        object: &str,
        before: Option<&Version>,
        content: Bytes,
    ) -> Result<Option<Version>, BucketError> {
        let put = match before {
            None => self.put(object, content, PutMode::Create),
            Some(Version(before)) => match self.0.address.folder() {
                None => self.update(object, before, content),
                Some(folder) => folder::alone(folder, || self.overwrite(object, before, content)),
            },
        };
        match put {
            Ok(version) => Ok(Some(version)),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(None),
            Err(error) => Err(self.error("write", object, &error)),
        }
    }

    fn update(
        &self,
        object: &str,
        before: &UpdateVersion,
        content: Bytes,
    ) -> Result<Version, Error> {
        match self.put(object, content.clone(), PutMode::Update(before.clone())) {
            // Some servers that speak like S3 (Ceph) compare the tag with its quotes to one without.
            // Asking again without them asks for the same.
            Err(Error::Precondition { .. }) if self.0.address.is_amazon() => {
                let bare = before.e_tag.as_ref().map(|tag| tag.trim_matches('"').to_owned());
                let before = UpdateVersion { e_tag: bare, version: before.version.clone() };
                self.put(object, content, PutMode::Update(before))
            }
            put => put,
        }
    }

    /// What [`Bucket::swap`] comes to in a folder, which knows no conditions but that there is no
    /// file: nobody else writes meanwhile.
    fn overwrite(
        &self,
        object: &str,
        before: &UpdateVersion,
        content: Bytes,
    ) -> Result<Version, Error> {
        let (objects, path) = self.at(object);
        let now = self.0.carrier.run(async move { objects.head(&path).await })?;
        if now.e_tag != before.e_tag {
            let source = "it was written since it was read".into();
            return Err(Error::Precondition { path: object.to_owned(), source });
        }
        self.put(object, content, PutMode::Overwrite)
    }

    fn put(&self, object: &str, content: Bytes, mode: PutMode) -> Result<Version, Error> {
        let (objects, path) = self.at(object);
        self.0.carrier.run(async move {
            let put = objects.put_opts(&path, PutPayload::from(content), mode.into()).await?;
            Ok(version(put.e_tag, put.version))
        })
    }

    /// The objects in a folder and all below it, with their sizes, in no order.
    ///
    /// # Errors
    /// The bucket cannot be read.
    pub fn list(&self, folder: &str) -> Result<Vec<(String, u64)>, BucketError> {
        let (objects, path) = self.at(folder);
        let prefix = self.0.address.prefix().clone();
        let listed = self.0.carrier.run(async move {
            let mut listed = Vec::new();
            let mut found = objects.list(Some(&path));
            while let Some(object) = found.next().await {
                let object = object?;
                let parts = object.location.prefix_match(&prefix);
                let parts = parts.map(|parts| parts.collect::<Path>().to_string());
                listed.extend(parts.map(|name| (name, object.size)));
            }
            Ok(listed)
        });
        listed.map_err(|error| self.error("list", folder, &error))
    }

    /// Deletes an object, if it is there.
    ///
    /// # Errors
    /// The bucket cannot be written.
    pub fn delete(&self, object: &str) -> Result<(), BucketError> {
        let (objects, path) = self.at(object);
        match self.0.carrier.run(async move { objects.delete(&path).await }) {
            Err(error) if !error::is_missing(&error) => Err(self.error("delete", object, &error)),
            _ => Ok(()),
        }
    }

    fn at(&self, object: &str) -> (Arc<dyn ObjectStore>, Path) {
        let parts = object.split('/').filter(|part| !part.is_empty());
        let path = parts.fold(self.0.address.prefix().clone(), |path, part| path.join(part));
        (self.0.objects.clone(), path)
    }

    fn error(&self, action: &'static str, object: &str, error: &Error) -> BucketError {
        BucketError::of(self.address(), action, &self.address_of(object), error)
    }
}

fn version(e_tag: Option<String>, version: Option<String>) -> Version {
    Version(UpdateVersion { e_tag, version })
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bucket").field(&self.address()).finish()
    }
}
