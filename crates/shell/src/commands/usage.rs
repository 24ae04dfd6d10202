mod rejected;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ::usage::{Defaults, Format, Generate, Imported, Progress, Store};
use jiff::civil::Date;
use serde::Serialize;
use terms::finding::suggest;
use terms::registry::Entry;

use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::{Settings, Workspace, bucket_usage};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Import metered calls; what was imported before is not imported again
    #[command(after_help = "\
What the source does not say is taken from the flags, and then from [usage] in charter.toml.
Formats:
  azure-llm  TIMESTAMP, ContextTokens, GeneratedTokens
  csv        at, channel, product, model, host, customer, input_tokens, output_tokens,
             and if there are any: id, source (whose id it is), calls, tier (standard, batch, flex, priority, training)
             and tokens of other classes, which do not overlap: cached_input_tokens,
             cache_write_tokens, audio_input_tokens, image_input_tokens, reasoning_tokens,
             audio_output_tokens, image_output_tokens
  parquet    the same columns
  cloudevents
             events in structured JSON: one a line, an array, or one. source and id name the
             call, time says when; data has the columns above, or `usage` of OpenAI's API
             in place of tokens; subject is the customer unless data says it
  litellm    spend logs of its proxy (LiteLLM_SpendLogs), as JSON or CSV. end_user is the
             customer, custom_llm_provider the host
  openai-usage
             pages of /v1/organization/usage/completions, grouped by model, in buckets of a
             day or less. A row is a sum with its number of calls
  azure-cost cost and usage details, as CSV: Date, MeterName, UnitOfMeasure, Quantity. A row
             is a day of a meter, and counts as one call
  focus      Cost and Usage, as CSV or Parquet. A row is a charge period of a day or less, and
             counts as one call
A column or name that stands under another name in the file is found with --map; the csv and
parquet columns that are not mapped and not ours are then left out. Where a format has names
only, --map takes names only.
Rows that cannot be read go to .charter/usage/rejected/ with their line and the reason (into
.charter/bucket/rejected/ where usage is in a bucket).

Examples:
  charter usage import conversations.csv --format azure-llm --channel direct
  charter usage import march.parquet --format parquet
  charter usage import events.jsonl --format cloudevents --channel direct --host azure
  charter usage import spend.json --format litellm --channel direct --product chat \\
      --map customer=team_id
  charter usage import calls.csv --format csv --map at=when --map input_tokens=prompt \\
      --map output_tokens=completion --channel direct

Exits with 1 if rows were rejected.")]
    Import {
        /// The file
        file: PathBuf,
        /// One of those below
        #[arg(long)]
        format: Format,
        /// Where a column stands under another name in the file: `at=timestamp`
        #[arg(long, value_name = "COLUMN=THEIRS", value_parser = pair)]
        map: Vec<(String, String)>,
        /// How the calls were sold, for rows that do not say
        #[arg(long)]
        channel: Option<String>,
        /// What they were made for
        #[arg(long)]
        product: Option<String>,
        /// Which model answered
        #[arg(long)]
        model: Option<String>,
        /// Which cloud it ran on
        #[arg(long)]
        host: Option<String>,
        /// Who made them
        #[arg(long)]
        customer: Option<String>,
        /// How they were processed; standard unless said
        #[arg(long)]
        tier: Option<String>,
    },
    /// Show the rows that could not be read when they were imported, until somebody dismisses them
    #[command(after_help = "\
The month a row is of stays provisional for as long as it is listed here; a row that says no day keeps every
open month so. Mend the rows and import them, or find that nothing is due for them; then dismiss the file. It
stays where it is, and the journal says who waits for it no more, and why.

Examples:
  charter usage rejected
  charter usage rejected calls.csv-0123456789ab.csv
  charter usage rejected calls.csv-0123456789ab.csv --dismiss \"handed in anew as mended.csv\"

Exits with 1 while there are any.")]
    Rejected {
        /// One file of them; all if not given
        #[arg(value_name = "FILE")]
        file: Option<String>,
        /// Nobody waits for the file's rows any more, for this reason
        #[arg(long, value_name = "REASON", requires = "file")]
        dismiss: Option<String>,
        /// Who says so
        #[arg(long, value_name = "WHO", default_value = "operator")]
        by: String,
    },
    /// Make a month of calls, for those who have no trace
    #[command(after_help = "\
The streams come from [[generate]] in charter.toml. Token counts are shaped like those of the Azure
LLM inference trace 2023 (CC BY 4.0; Patel et al., Splitwise, ISCA 2024). The same month, number and
seed give the same calls on every machine.

Example:
  charter usage generate 2025-03 --calls 200000 --seed 7")]
    Generate {
        /// The month, as 2025-03
        month: settlement::Month,
        /// How many calls
        #[arg(long, default_value_t = 100_000)]
        calls: u64,
        /// What makes one month differ from another
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Put the calls of this workspace's own folder into the bucket that charter.toml names
    #[command(after_help = "\
For a workspace whose usage moves from a disk into a bucket: put `at = \"s3://BUCKET/PREFIX\"` under
[usage] in charter.toml, then run this once. Calls that the bucket has already are not put there
again. Then the folder is renamed to .charter/usage-published, and may be deleted.

Credentials come from the environment: AWS_ACCESS_KEY_ID and so on for s3://, AZURE_STORAGE_… for
az://, GOOGLE_… for gs://.

Example:
  charter usage publish")]
    Publish,
}

pub fn run(workspace: &Workspace, command: Command, json: bool) -> Outcome {
    if let Command::Publish = command {
        return publish(workspace, json);
    }
    let store = workspace.usage()?.with_end(end(workspace));
    match command {
        Command::Import { file, format, map, channel, product, model, host, customer, tier } => {
            check_names(
                workspace,
                &[
                    ("channel", Entry::Channel, channel.as_deref()),
                    ("product", Entry::Product, product.as_deref()),
                    ("model", Entry::Model, model.as_deref()),
                    ("host", Entry::Cloud, host.as_deref()),
                ],
            )?;
            let given = defaults(workspace);
            let defaults = Defaults {
                channel: channel.or(given.channel),
                product: product.or(given.product),
                model: model.or(given.model),
                host: host.or(given.host),
                customer: customer.or(given.customer),
                tier: tier.or(given.tier),
                columns: map.into_iter().collect(),
            };
            let imported = import(&store, &file, format, &defaults)?;
            report(&imported, json)?;
            Ok(Answer::of(imported.rejected == 0))
        }
        Command::Rejected { file, dismiss, by } => {
            let dismiss = dismiss.as_deref().map(|reason| (reason, &*by));
            rejected::run(workspace, file.as_deref(), dismiss, json)
        }
        Command::Generate { month, calls, seed } => {
            let imported = generate(&store, &workspace.settings, month, calls, seed)?;
            report(&imported, json)?;
            Ok(Answer::Yes)
        }
        Command::Publish => publish(workspace, json),
    }
}

/// When calls are too late to be taken: a day more than now, as clocks differ, and a source that is a year ahead is
/// mistaken.
fn end(workspace: &Workspace) -> jiff::Timestamp {
    workspace.now + jiff::SignedDuration::from_hours(24)
}

/// What an imported row is about where its source does not say.
fn defaults(workspace: &Workspace) -> Defaults {
    let given = workspace.settings.usage.clone();
    Defaults {
        channel: given.channel,
        product: given.product,
        model: given.model,
        host: given.host,
        customer: given.customer,
        tier: given.tier,
        columns: BTreeMap::new(),
    }
}

/// What came of a message of CloudEvents.
#[derive(Debug, Serialize)]
pub struct Taken {
    /// How many of its events were new.
    pub new: u64,
    /// How many were there already.
    pub duplicate: u64,
    /// Those that are no calls, by their place in the message from 0, each with why not.
    pub rejected: Vec<Reason>,
}

/// Why an event of a message is no call.
#[derive(Debug, Serialize)]
pub struct Reason {
    /// Which event, from 0.
    pub place: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// Takes in the CloudEvents of a message of HTTP, each once. Whoever sent them keeps those that are rejected.
///
/// # Errors
/// [`Failure`] if the message holds no events, or the store cannot be written.
pub fn receive(
    workspace: &Workspace,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Taken, Failure> {
    let end = end(workspace);
    let received = ::usage::received(headers, body, &defaults(workspace), Some(end));
    let received = received.map_err(|error| {
        Failure::wrong_use(error.to_string(), "send CloudEvents 1.0 in one of the modes of HTTP")
    })?;
    let store = workspace.usage()?.with_end(end);
    let appended = store.append(received.events, &mut |_: Progress| {})?;
    let rejected = received.rejected.into_iter();
    Ok(Taken {
        new: appended.new,
        duplicate: appended.duplicate,
        rejected: rejected.map(|of| Reason { place: of.place, reason: of.reason }).collect(),
    })
}

/// Moves the calls of the workspace's own folder into its bucket.
fn publish(workspace: &Workspace, json: bool) -> Outcome {
    let Some(at) = &workspace.settings.usage.at else {
        return Err(Failure::wrong_use(
            "`charter.toml` names no bucket",
            "put `at = \"s3://BUCKET/PREFIX\"` under `[usage]`",
        ));
    };
    let (bucket, local) = (bucket_usage(&workspace.private(), at)?, workspace.local_usage()?);
    let aside = workspace.private().join("usage-published");
    if local.root().exists() && aside.exists() {
        return Err(Failure::failed(
            format!("`{}` is there from an earlier time", aside.display()),
            "see that it is no longer wanted, and delete it",
        ));
    }
    let partitions = local.partitions(Date::MIN, Date::MAX)?;
    let bar = term::progress("publishing", partitions.iter().map(|day| day.rows).sum(), false);
    let mut rows = 0;
    let published = bucket.append_each::<Failure>(|keep| {
        for segment in partitions.iter().flat_map(|day| &day.segments) {
            let mut kept = Ok(());
            segment.open()?.events(|event| {
                if kept.is_ok() {
                    kept = keep(event);
                }
                rows += 1;
                bar.set_position(rows);
            })?;
            kept?;
        }
        Ok(())
    })?;
    bar.finish_and_clear();
    report(&published, json)?;
    if published.rejected > 0 {
        // They stay where they are, for somebody to look at.
        return Ok(Answer::No);
    }
    if local.root().exists() {
        std::fs::rename(local.root(), &aside)?;
    }
    Ok(Answer::Yes)
}

/// A column of ours and the name it has in the file.
fn pair(text: &str) -> Result<(String, String), String> {
    let (ours, theirs) = text.split_once('=').ok_or("expected COLUMN=THEIRS")?;
    let (ours, theirs) = (ours.trim(), theirs.trim());
    if ours.is_empty() || theirs.is_empty() {
        return Err("expected a name on both sides of `=`".into());
    }
    Ok((ours.to_owned(), theirs.to_owned()))
}

/// A name given as a flag must be one the documents define: it would apply to every row.
fn check_names(
    workspace: &Workspace,
    given: &[(&str, Entry, Option<&str>)],
) -> Result<(), Failure> {
    let registry = workspace.read_terms()?.terms.registry;
    for (flag, entry, value) in given {
        if let Some(value) = value
            && !registry.knows(*entry, value)
        {
            let message = format!("`--{flag} {value}`: no {entry} is called so");
            return Err(Failure::wrong_use(message, suggest(value, registry.names(*entry))));
        }
    }
    Ok(())
}

fn import(
    store: &Store,
    file: &Path,
    format: Format,
    defaults: &Defaults,
) -> Result<Imported, Failure> {
    let bar = term::progress("importing", 0, true);
    let imported = store.import(file, format, defaults, &mut |progress: Progress| {
        bar.set_length(progress.bytes_total);
        bar.set_position(progress.bytes_read);
    });
    bar.finish_and_clear();
    Ok(imported?)
}

fn generate(
    store: &Store,
    settings: &Settings,
    month: settlement::Month,
    calls: u64,
    seed: u64,
) -> Result<Imported, Failure> {
    let mix = settings.generate.clone();
    if mix.iter().all(|stream| stream.weight == 0) {
        return Err(Failure::failed(
            "`charter.toml` has no `[[generate]]` stream with a weight",
            "add one, with channel, product, model, host, customer, weight and shape",
        ));
    }
    let request = Generate { month: month.first(), calls, seed, mix };
    let bar = term::progress("generating", calls, false);
    let appended = store.append(::usage::generate(&request), &mut |progress: Progress| {
        bar.set_position(progress.rows);
    });
    bar.finish_and_clear();
    Ok(appended?)
}

fn report(imported: &Imported, json: bool) -> Result<(), Failure> {
    if json {
        term::json(imported)?;
        return Ok(());
    }
    say!(
        "{} rows: {} new, {} known already, {} rejected",
        imported.read,
        term::bold(imported.new),
        imported.duplicate,
        imported.rejected
    );
    if let Some(file) = &imported.rejects_file {
        say!("{} rejected rows are in {}", term::yellow("note:"), file.display());
        say!(
            "      what they are of stays provisional until they are dismissed: `charter usage rejected`"
        );
    }
    Ok(())
}
