//! What a bucket promises, of a folder and of the server that `CHARTER_TEST_S3` names.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use bucket::{Bucket, BucketError, Created};

/// Does something with each kind of bucket there is, below a prefix of its own.
fn each(name: &str, test: impl Fn(Bucket)) {
    let folder = tempfile::tempdir().unwrap();
    test(Bucket::open(&format!("file://{}", folder.path().display())).unwrap());
    let Ok(server) = std::env::var("CHARTER_TEST_S3") else {
        eprintln!("skipped: CHARTER_TEST_S3 names no bucket; `./test` starts a server");
        return;
    };
    let own = folder.path().file_name().unwrap().to_string_lossy().into_owned();
    test(Bucket::open(&format!("{server}/{name}{own}")).unwrap());
}

fn text(bucket: &Bucket, object: &str) -> Option<String> {
    let (bytes, _) = bucket.get(object).unwrap()?;
    Some(String::from_utf8(bytes.to_vec()).unwrap())
}

#[test]
fn objects_are_written_read_listed_and_deleted() {
    each("objects", |bucket| {
        assert_eq!(text(&bucket, "a/b"), None);
        assert_eq!(bucket.list("a").unwrap(), []);
        assert_eq!(bucket.create("a/b", "0123456789".into()).unwrap(), Created::Now);
        assert_eq!(bucket.create("a/c=1/d", "".into()).unwrap(), Created::Now);
        assert_eq!(bucket.create("ab", "elsewhere".into()).unwrap(), Created::Now);
        assert_eq!(text(&bucket, "a/b").as_deref(), Some("0123456789"));
        let mut listed = bucket.list("a").unwrap();
        listed.sort();
        assert_eq!(listed, [("a/b".to_owned(), 10), ("a/c=1/d".to_owned(), 0)]);

        assert_eq!(bucket.get_tail("a/b", 3).unwrap(), ("789".into(), 10));
        assert_eq!(bucket.get_tail("a/b", 30).unwrap(), ("0123456789".into(), 10));
        let parts = bucket.get_ranges("a/b", &[1..3, 8..10]).unwrap();
        assert_eq!(parts, ["12", "89"]);
        assert!(bucket.get_ranges("a/b", &[0..1, 8..12]).is_err(), "a part that is not there");

        bucket.delete("a/b").unwrap();
        bucket.delete("a/b").unwrap();
        assert_eq!(text(&bucket, "a/b"), None);
        assert!(bucket.get_tail("a/b", 1).unwrap_err().is_gone());
    });
}

#[test]
fn of_many_who_create_an_object_one_does() {
    each("create", |bucket| {
        for round in 0..10 {
            let object = format!("round-{round}");
            let first = AtomicUsize::new(0);
            thread::scope(|scope| {
                for writer in 0..8 {
                    let (bucket, object, first) = (&bucket, &object, &first);
                    scope.spawn(move || {
                        let content = format!("writer {writer}");
                        if bucket.create(object, content.into()).unwrap() == Created::Now {
                            first.fetch_add(1, Ordering::Relaxed);
                        }
                    });
                }
            });
            assert_eq!(first.into_inner(), 1, "{object} of {bucket:?}");
        }
    });
}

#[test]
fn no_swap_undoes_another() {
    each("swap", |bucket| {
        const WRITERS: usize = 6;
        const EACH: usize = 5;
        thread::scope(|scope| {
            for _ in 0..WRITERS {
                scope.spawn(|| {
                    let mut done = 0;
                    while done < EACH {
                        let read = bucket.get("count").unwrap();
                        let count: usize = read.as_ref().map_or(0, |(bytes, _)| {
                            std::str::from_utf8(bytes).unwrap().parse().unwrap()
                        });
                        let version = read.map(|(_, version)| version);
                        let next = (count + 1).to_string();
                        if bucket.swap("count", version.as_ref(), next.into()).unwrap().is_some() {
                            done += 1;
                        }
                    }
                });
            }
        });
        assert_eq!(text(&bucket, "count"), Some((WRITERS * EACH).to_string()), "{bucket:?}");
    });
}

#[test]
fn an_address_says_what_is_wrong_with_it() {
    let table = [
        ("bucket/prefix", "relative URL"),
        ("ftp://bucket", "nobody knows how to reach it"),
        ("s3://", "no address of a bucket"),
        ("s3://key:hush@bucket/prefix", "credentials come from the environment alone"),
        ("az://container?sig=hush", "credentials come from the environment alone"),
        ("file:///no/such/folder", "there is no bucket at `file:///no/such/folder`"),
    ];
    for (address, expected) in table {
        let error = Bucket::open(address).unwrap_err();
        let said = error.to_string();
        assert!(said.contains(expected), "{address}: `{said}` should say `{expected}`");
        assert!(!format!("{said}{error:?}").contains("hush"), "{said}");
    }
    assert!(matches!(Bucket::open("s3://").unwrap_err(), BucketError::NotAnAddress { .. }));
}
