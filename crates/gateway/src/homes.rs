//! At which upstream objects live, and whose they are.
//!
//! Files, batches, stored responses and their like live at the upstream that made them, under a key that
//! all customers share there. So each is remembered with the customer it was made for: it is found there
//! again, and by nobody else.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where an object lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The upstream, by its name in the settings.
    pub upstream: Arc<str>,
    /// Who it was made for.
    pub customer: Arc<str>,
}

/// Where all objects live that were made through this gateway.
#[derive(Debug)]
pub struct Homes(Mutex<Known>);

#[derive(Debug)]
struct Known {
    /// By part of a hash of the object's id: ids are long and drawn by lot.
    homes: HashMap<u64, Home>,
    /// Every name once.
    names: HashMap<Box<str>, Arc<str>>,
    file: File,
}

impl Homes {
    /// Reads what earlier runs remembered; a last line that a crash tore is cut off.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn open(path: &Path) -> io::Result<Homes> {
        let file = File::options().read(true).append(true).create(true).open(path)?;
        let (mut homes, mut names) = (HashMap::new(), HashMap::new());
        let (mut reader, mut line, mut whole) = (BufReader::new(&file), String::new(), 0);
        while reader.read_line(&mut line)? > 0 && line.ends_with('\n') {
            whole += line.len() as u64;
            if let Ok((object, upstream, customer)) =
                serde_json::from_str::<(u64, String, String)>(&line)
            {
                let home = home(&mut names, &upstream, &customer);
                homes.insert(object, home);
            }
            line.clear();
        }
        file.set_len(whole)?;
        Ok(Homes(Mutex::new(Known { homes, names, file })))
    }

    /// Remembers where an object lives, before anybody is told its id.
    ///
    /// # Errors
    /// The file cannot be written. Until the next start it is remembered all the same.
    pub fn learn(&self, id: &str, upstream: &str, customer: &str) -> io::Result<()> {
        let mut known = self.locked();
        let object = hash(id);
        let Known { homes, names, file } = &mut *known;
        let home = home(names, upstream, customer);
        if homes.get(&object) == Some(&home) {
            return Ok(());
        }
        homes.insert(object, home);
        let mut line = serde_json::to_vec(&(object, upstream, customer))?;
        line.push(b'\n');
        file.write_all(&line)
    }

    /// Where an object lives, if it was made through this gateway.
    pub fn find(&self, id: &str) -> Option<Home> {
        self.locked().homes.get(&hash(id)).cloned()
    }

    fn locked(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn home(names: &mut HashMap<Box<str>, Arc<str>>, upstream: &str, customer: &str) -> Home {
    let mut name = |name: &str| names.entry(name.into()).or_insert_with(|| name.into()).clone();
    Home { upstream: name(upstream), customer: name(customer) }
}

fn hash(id: &str) -> u64 {
    let hash = blake3::hash(id.as_bytes());
    let (first, _) = hash.as_bytes().split_first_chunk().expect("a hash has 32 bytes");
    u64::from_le_bytes(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_outlive_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("homes");
        let homes = Homes::open(&path).unwrap();
        homes.learn("file-1", "a", "one").unwrap();
        homes.learn("file-2", "b \"x\"", "two").unwrap();
        homes.learn("file-1", "a", "one").unwrap();
        drop(homes);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&whole[..], b"[12,\"a"].concat()).unwrap();

        let homes = Homes::open(&path).unwrap();
        let home = homes.find("file-2").unwrap();
        assert_eq!((&*home.upstream, &*home.customer), ("b \"x\"", "two"));
        assert!(homes.find("file-1").is_some() && homes.find("file-3").is_none());
        assert_eq!(std::fs::read(&path).unwrap(), whole);
        homes.learn("file-3", "a", "one").unwrap();
        assert!(Homes::open(&path).unwrap().find("file-3").is_some());
    }
}
