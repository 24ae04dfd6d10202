//! What was measured, and how it is told.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::task::LocalSet;
use tokio::time::sleep;

use crate::call::Target;
use crate::process::{Cost, Process};

/// How much is asked, and for how long.
pub(crate) struct Plan {
    pub(crate) connections: usize,
    pub(crate) warm: Duration,
    pub(crate) measured: Duration,
    pub(crate) calls: Option<u64>,
    pub(crate) processes: Vec<Process>,
    pub(crate) ids: Option<PathBuf>,
}

/// What the connections count together.
pub(crate) struct Tally {
    counting: Cell<bool>,
    over: Cell<bool>,
    left: Cell<Option<u64>>,
    begun: Cell<usize>,
    done: Cell<u64>,
    /// The ids of all whole answers, those not counted included.
    ids: Option<RefCell<BufWriter<File>>>,
    errors: RefCell<BTreeMap<String, u64>>,
    latency: RefCell<Histogram<u32>>,
    first: RefCell<Histogram<u32>>,
    gap: RefCell<Histogram<u32>>,
}

fn histogram() -> RefCell<Histogram<u32>> {
    // Microseconds up to a minute, to three digits.
    RefCell::new(Histogram::new_with_max(60_000_000, 3).expect("the bounds are in order"))
}

fn record(histogram: &RefCell<Histogram<u32>>, time: Duration, times: u32) {
    let tenths = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    histogram.borrow_mut().saturating_record_n(tenths, times);
}

impl Tally {
    /// Whether no more calls will begin.
    pub(crate) fn is_over(&self) -> bool {
        self.over.get() || self.left.get() == Some(0)
    }

    /// The number of one more call, if one may begin.
    pub(crate) fn begin(&self) -> Option<usize> {
        if self.is_over() {
            return None;
        }
        self.left.set(self.left.get().map(|left| left - 1));
        Some(self.begun.replace(self.begun.get() + 1))
    }

    pub(crate) fn wants_ids(&self) -> bool {
        self.ids.is_some()
    }

    pub(crate) fn error(&self, what: &str) {
        if !self.over.get() {
            *self.errors.borrow_mut().entry(what.to_owned()).or_default() += 1;
        }
    }

    pub(crate) fn done(&self, latency: Duration, first: Option<Duration>, id: Option<String>) {
        if let (Some(ids), Some(id)) = (&self.ids, id) {
            writeln!(ids.borrow_mut(), "{id}").expect("the file of ids takes them");
        }
        if !self.counting.get() {
            return;
        }
        self.done.set(self.done.get() + 1);
        record(&self.latency, latency, 1);
        if let Some(first) = first {
            record(&self.first, first, 1);
        }
    }

    /// What passed since the event before; the rest of those that came together came at once.
    pub(crate) fn gap(&self, gap: Duration, events: u64) {
        if self.counting.get() {
            record(&self.gap, gap, 1);
            let rest = u32::try_from(events.saturating_sub(1)).unwrap_or(u32::MAX);
            if rest > 0 {
                record(&self.gap, Duration::ZERO, rest);
            }
        }
    }
}

/// What was measured.
pub(crate) struct Figures {
    calls: u64,
    elapsed: Duration,
    pub(crate) errors: u64,
    named_errors: BTreeMap<String, u64>,
    latency: Histogram<u32>,
    first: Histogram<u32>,
    gap: Histogram<u32>,
    costs: Vec<(String, Cost)>,
}

/// Carries a plan out.
///
/// # Errors
/// The file of ids cannot be written.
pub(crate) async fn measure(target: Target, plan: Plan) -> io::Result<Figures> {
    let ids = plan.ids.map(File::create).transpose()?;
    let tally = Rc::new(Tally {
        counting: Cell::new(plan.warm.is_zero()),
        over: Cell::new(false),
        left: Cell::new(plan.calls),
        begun: Cell::new(0),
        done: Cell::new(0),
        ids: ids.map(|file| RefCell::new(BufWriter::new(file))),
        errors: RefCell::default(),
        latency: histogram(),
        first: histogram(),
        gap: histogram(),
    });
    let local = LocalSet::new();
    let mut calling = Vec::new();
    for _ in 0..plan.connections {
        let (target, tally) = (target.clone(), Rc::clone(&tally));
        calling.push(local.spawn_local(async move { target.call_on(&tally).await }));
    }
    let (elapsed, costs) = local
        .run_until(async {
            sleep(plan.warm).await;
            tally.counting.set(true);
            let before = plan.processes.iter().map(Process::cost).collect::<Vec<_>>();
            let begun = Instant::now();
            let all = futures_util::future::join_all(calling);
            let time = std::pin::pin!(sleep(plan.measured));
            futures_util::future::select(all, time).await;
            tally.over.set(true);
            tally.counting.set(false);
            let elapsed = begun.elapsed();
            let costs = plan.processes.iter().zip(before).map(|(process, before)| {
                let Cost { cpu, resident } = process.cost();
                (process.name.clone(), Cost { cpu: cpu.saturating_sub(before.cpu), resident })
            });
            (elapsed, costs.collect())
        })
        .await;
    if let Some(ids) = &tally.ids {
        ids.borrow_mut().flush()?;
    }
    let named_errors = tally.errors.borrow().clone();
    Ok(Figures {
        calls: tally.done.get(),
        elapsed,
        errors: named_errors.values().sum(),
        named_errors,
        latency: tally.latency.borrow().clone(),
        first: tally.first.borrow().clone(),
        gap: tally.gap.borrow().clone(),
        costs,
    })
}

impl Figures {
    fn rate(&self) -> f64 {
        self.calls as f64 / self.elapsed.as_secs_f64()
    }

    fn cpu_us(&self, cost: &Cost) -> f64 {
        cost.cpu.as_secs_f64() * 1e6 / self.calls.max(1) as f64
    }

    /// For people.
    pub(crate) fn print(&self) {
        let us = |histogram: &Histogram<u32>, at: f64| histogram.value_at_quantile(at);
        println!(
            "calls        {} in {:.1} s: {:.0}/s",
            self.calls,
            self.elapsed.as_secs_f64(),
            self.rate()
        );
        println!(
            "latency      {} µs p50, {} µs p99",
            us(&self.latency, 0.5),
            us(&self.latency, 0.99)
        );
        if !self.first.is_empty() {
            println!(
                "first chunk  {} µs p50, {} µs p99",
                us(&self.first, 0.5),
                us(&self.first, 0.99)
            );
            println!("chunk gap    {} µs p99", us(&self.gap, 0.99));
        }
        println!("errors       {}", self.errors);
        for (what, count) in &self.named_errors {
            println!("             {count} × {what}");
        }
        for (name, cost) in &self.costs {
            let (cpu, resident) = (self.cpu_us(cost), cost.resident as f64 / 1024.0 / 1024.0);
            println!("{name:12} {cpu:.1} µs of CPU a call, {resident:.1} MB resident");
        }
    }

    /// For scripts.
    pub(crate) fn print_plain(&self) {
        print!(
            "calls={} rate={:.0} p50={} p99={} first50={} first99={} gap99={} errors={}",
            self.calls,
            self.rate(),
            self.latency.value_at_quantile(0.5),
            self.latency.value_at_quantile(0.99),
            self.first.value_at_quantile(0.5),
            self.first.value_at_quantile(0.99),
            self.gap.value_at_quantile(0.99),
            self.errors,
        );
        for (name, cost) in &self.costs {
            print!(" {name}_cpu={:.1} {name}_kb={}", self.cpu_us(cost), cost.resident / 1024);
        }
        println!();
    }
}
