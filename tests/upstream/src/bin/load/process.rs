//! What a process costs, as `/proc` tells it.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

/// A process and all that it started.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) name: String,
    id: u32,
}

/// What a process and all that it started have cost so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    /// Time on a core, to a hundredth of a second.
    pub(crate) cpu: Duration,
    /// Bytes in memory now, those shared counted by their share.
    pub(crate) resident: u64,
}

pub(crate) fn parse(text: &str) -> Result<Process, String> {
    let (name, id) = text.split_once('=').ok_or("expected NAME=PID")?;
    let id = id.parse().map_err(|_| format!("`{id}` is no process id"))?;
    Ok(Process { name: name.into(), id })
}

impl Process {
    pub(crate) fn cost(&self) -> Cost {
        let parents = parents();
        let mut family = vec![self.id];
        let mut place = 0;
        while let Some(&parent) = family.get(place) {
            family.extend(parents.iter().filter(|(_, of)| **of == parent).map(|(id, _)| *id));
            place += 1;
        }
        family.iter().map(|id| cost(*id)).fold(Cost::default(), |sum, cost| Cost {
            cpu: sum.cpu + cost.cpu,
            resident: sum.resident + cost.resident,
        })
    }
}

/// The fields of a process's `stat` after its name, which may hold anything.
fn stat(id: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    Some(fields.split(' ').map(String::from).collect())
}

fn parents() -> BTreeMap<u32, u32> {
    let folders = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = folders.filter_map(|folder| folder.file_name().to_str()?.parse().ok());
    ids.filter_map(|id| Some((id, stat(id)?.get(1)?.parse().ok()?))).collect()
}

fn cost(id: u32) -> Cost {
    let ticks = |fields: &[String]| -> Option<u64> {
        Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
    };
    let ticks = stat(id).and_then(|fields| ticks(&fields)).unwrap_or(0);
    let rollup = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
    let shared = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kb = shared.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|kb| kb.parse().ok());
    // Linux counts these ticks a hundred times a second, whatever its own clock does.
    Cost { cpu: Duration::from_millis(ticks * 10), resident: kb.unwrap_or(0) * 1024 }
}
