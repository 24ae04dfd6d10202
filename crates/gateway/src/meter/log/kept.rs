use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::sync::Syncer;
use super::{Log, LogError};
use crate::records::{self, Header, Records};

/// A file of records beside the rows, which the disk takes over together with them.
#[derive(Debug)]
pub(crate) struct Kept {
    records: Arc<Records>,
    syncer: Syncer,
    buffer: Mutex<Vec<u8>>,
}

impl Log {
    /// Opens a file beside the rows and mends what a crash left in it. Of all that it holds `live` says
    /// what still matters; if that is less than half, the file is written anew.
    ///
    /// # Errors
    /// It cannot be read or written, is none of this kind, or is damaged.
    pub(crate) fn keep<T: Serialize + DeserializeOwned>(
        &self,
        name: &str,
        header: &Header,
        live: impl FnOnce(Vec<T>) -> Vec<T>,
    ) -> Result<(Kept, Vec<T>), LogError> {
        let path = self.dir.join(name);
        let failed = |error| LogError::io("open", &path, error);
        let mut all = Vec::new();
        if path.exists() {
            let found = records::read(&path, header, &mut |record| all.push(record))?;
            let is_torn = records::mend(&path, &found)?;
            self.torn.fetch_add(is_torn.into(), Ordering::Relaxed);
        }
        let before = all.len();
        let live = live(all);
        if !path.exists() || live.len() < before.div_ceil(2) {
            let mut bytes = header.to_vec();
            live.iter().for_each(|record| records::encode(record, &mut bytes));
            records::replace(&path, &bytes)?;
        }
        let records = Arc::new(Records::go_on(&path).map_err(failed)?);
        self.syncer.opened(records.clone());
        let syncer = self.syncer.clone();
        Ok((Kept { records, syncer, buffer: Mutex::default() }, live))
    }
}

impl Kept {
    /// Appends a record. Once it returns, the record outlives this process.
    ///
    /// # Errors
    /// The system takes no more.
    pub(crate) fn append(&self, record: &impl Serialize) -> Result<(), LogError> {
        let mut buffer = self.buffer.lock().unwrap_or_else(PoisonError::into_inner);
        buffer.clear();
        records::encode(record, &mut buffer);
        let written = self.records.append(&buffer);
        self.syncer.wrote(written.is_ok());
        written.map_err(|error| LogError::io("write", self.records.path(), error))
    }
}
