use std::fs;
use std::os::unix::fs::PermissionsExt;

use signing::key_file::{self, KeyFileError};

use crate::common::key;

#[test]
fn a_key_is_kept_for_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("openai.pem");
    key_file::write(&path, &key(1)).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(key_file::read(&path).unwrap().public(), key(1).public());
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("-----BEGIN PRIVATE KEY-----\n"));

    // A key is never written over.
    assert!(matches!(key_file::write(&path, &key(2)), Err(KeyFileError::Exists(_))));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("openai.pem");
    key_file::write(&path, &key(1)).unwrap();
    for (mode, refused) in
        [(0o640, true), (0o604, true), (0o610, true), (0o666, true), (0o400, false), (0o700, false)]
    {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let read = key_file::read(&path);
        assert_eq!(matches!(read, Err(KeyFileError::Readable { .. })), refused, "{mode:o}");
        assert_eq!(read.is_err(), refused);
    }
}

/// The example of RFC 8410, section 10.3, with and without the public half.
#[test]
fn what_others_write_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let rfc = "-----BEGIN PRIVATE KEY-----\n\
               MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
               -----END PRIVATE KEY-----\n";
    let path = folder.path().join("rfc.pem");
    fs::write(&path, rfc).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let public = key_file::read(&path).unwrap().public();
    // The public key of section 10.1.
    let hex: String = public.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1");
}

#[test]
fn what_is_no_key_is_refused_and_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.pem");
    key_file::write(&path, &key(1)).unwrap();
    let right = fs::read_to_string(&path).unwrap();
    let secret = right.lines().nth(1).unwrap();
    let public = right.replace("PRIVATE", "PUBLIC");
    let cut = right.replace(&secret[60..], "");
    for wrong in ["", "ssh-ed25519 AAAA", &public, &cut, &right[..40], &"x".repeat(100_000)] {
        fs::write(&path, wrong).unwrap();
        let error = key_file::read(&path).unwrap_err();
        assert!(matches!(error, KeyFileError::NotAKey(_)), "{wrong:.30}: {error:?}");
        assert!(!format!("{error} {error:?}").contains(&secret[20..40]));
    }
    fs::write(&path, [0xff, 0xfe, 0]).unwrap();
    assert!(matches!(key_file::read(&path), Err(KeyFileError::NotAKey(_))));
    fs::remove_file(&path).unwrap();
    assert!(matches!(key_file::read(&path), Err(KeyFileError::Absent(_))));
}
