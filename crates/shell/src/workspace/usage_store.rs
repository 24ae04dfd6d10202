use std::path::{Path, PathBuf};

use bucket::Bucket;
use jiff::civil::Date;
use usage::Store;

use crate::outcome::Failure;

/// The store of usage of a workspace, whose own folder is `private`: in a folder, or in the bucket at
/// an address.
///
/// A workspace has its calls in one place, so what is in another is never passed over in silence.
pub fn open(private: &Path, at: Option<&str>) -> Result<Store, Failure> {
    let Some(at) = at else {
        let desk = desk(private);
        return match Store::desk_of(&desk)? {
            None => local(private),
            Some(known) => Err(Failure::failed(
                format!(
                    "the calls of this workspace are in `{known}`, and `charter.toml` does not say so"
                ),
                format!(
                    "put `at = \"{known}\"` under `[usage]`, or remove `{}` if they are not wanted",
                    desk.display()
                ),
            )),
        };
    };
    let store = in_bucket(private, at)?;
    if local(private)?.days_before(Date::MAX)?.is_empty() {
        return Ok(store);
    }
    Err(Failure::failed(
        format!("`.charter/usage` has calls, and `charter.toml` says that they are in `{at}`"),
        "`charter usage publish` puts them there",
    ))
}

/// The store in the bucket at an address, whatever the workspace's own folder has.
pub fn in_bucket(private: &Path, at: &str) -> Result<Store, Failure> {
    let (desk, bucket) = (desk(private), Bucket::open(at)?);
    match Store::desk_of(&desk)? {
        Some(known) if known != bucket.address() => Err(Failure::failed(
            format!("the calls of this workspace are in `{known}`, and `charter.toml` says `{at}`"),
            format!(
                "if all objects were copied from the one to the other, remove `{}`: it is made anew",
                desk.display()
            ),
        )),
        _ => Ok(Store::in_bucket(desk, bucket)?),
    }
}

/// The store in the workspace's own folder.
pub fn local(private: &Path) -> Result<Store, Failure> {
    Ok(Store::open(private.join("usage"))?)
}

/// Where this machine works for a bucket.
fn desk(private: &Path) -> PathBuf {
    private.join("bucket")
}
