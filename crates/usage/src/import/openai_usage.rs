//! What OpenAI's `/v1/organization/usage/completions` answers: sums of calls by time.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::defaults::Given;
use super::field::{self, Reason};
use super::record::{Object, Record};
use super::row::{Reading, Row};
use super::sums::{part_name, parts};
use crate::day::{day_number, nanoseconds};
use crate::schema::{MODEL, NAMES, TIER};
use crate::{EventId, Tokens};

/// The names of a row that a sum says itself.
pub(super) const SAID: [&str; 2] = [MODEL, TIER];

/// Pages of buckets, or one bucket.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    data: Option<Vec<&'a RawValue>>,
}

/// The sums of one stretch of time, in seconds since 1970; the end is not part of it.
#[derive(Deserialize)]
struct Bucket<'a> {
    start_time: i64,
    end_time: i64,
    #[serde(borrow)]
    results: Vec<&'a RawValue>,
}

/// What a sum was read as: its rows, or why it is none.
pub(super) type Read<'a> = Result<Vec<Row<'a>>, Vec<Reason>>;

/// Reads every sum of a page, and hands each over with its JSON.
pub(super) fn each<E>(
    page: &str,
    given: &Given,
    take: &mut dyn FnMut(&str, Read<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let buckets = match serde_json::from_str::<Page<'_>>(page) {
        Ok(Page { data: Some(buckets) }) => buckets,
        Ok(Page { data: None }) => match serde_json::from_str(page) {
            Ok(bucket) => vec![bucket],
            Err(error) => return take(page, Err(vec![error.to_string()])),
        },
        Err(error) => {
            let reason = Object::parse(page).err();
            let reason = reason.unwrap_or_else(|| format!("not a page of usage: {error}"));
            return take(page, Err(vec![reason]));
        }
    };
    for text in buckets.into_iter().map(RawValue::get) {
        match serde_json::from_str::<Bucket<'_>>(text) {
            Ok(bucket) => {
                for sum in &bucket.results {
                    let record = Object::parse(sum.get()).map(Record::Object);
                    match &record {
                        Ok(record) => take(sum.get(), rows(record, &bucket, given))?,
                        Err(reason) => take(sum.get(), Err(vec![reason.clone()]))?,
                    }
                }
            }
            Err(error) => take(text, Err(vec![format!("not a bucket of usage: {error}")]))?,
        }
    }
    Ok(())
}

fn rows<'a>(sum: &'a Record<'a>, bucket: &Bucket<'_>, given: &'a Given) -> Read<'a> {
    let mut reading = Reading::of(sum, given);
    let at_ns = reading.noted(start(bucket)).unwrap_or_default();
    let is_batch = sum.text("batch").is_some_and(|batch| batch == "true");
    let tier = sum.text("service_tier").and_then(|tier| field::tier(&tier));
    let tier = if is_batch { Some("batch") } else { tier };
    let names = reading.names(NAMES.map(|column| match column {
        MODEL => sum.text("model"),
        TIER => tier.map(Cow::Borrowed),
        _ => None,
    }));
    let calls = reading.needed("num_model_requests");
    let calls = calls.and_then(|calls| reading.noted(field::sum("num_model_requests", &calls)));
    if calls == Some(0) {
        reading.wrong("`num_model_requests` is 0; expected a call at least".into());
    }
    let tokens = tokens(&mut reading);
    let parts = reading.noted(tokens.map(Tokens::by_class).and_then(|tokens| parts(tokens, calls)));

    // Whatever tells a sum from the others of its bucket; and the defaults, since no export says
    // whose it is.
    let own = ["model", "project_id", "user_id", "api_key_id", "batch", "service_tier"];
    let mut name = format!("{}-{}", bucket.start_time, bucket.end_time);
    for said in own.map(|own| sum.text(own).unwrap_or_default()).iter().chain(&names) {
        name.push('\0');
        name.push_str(said);
    }
    let rows = parts.unwrap_or_default().into_iter().enumerate().map(|(part, (tokens, calls))| {
        let id = Some(EventId::of_source("openai-usage", &part_name(&name, part)));
        Row { id, at_ns, names: names.clone(), calls, tokens }
    });
    let rows = rows.collect();
    reading.done(rows)
}

fn start(bucket: &Bucket<'_>) -> Result<i64, Reason> {
    let instant = |name, seconds| {
        let at = jiff::Timestamp::from_second(seconds).ok().and_then(nanoseconds);
        at.ok_or_else(|| {
            format!("`{name}`: `{seconds}` is not an instant; expected seconds since 1970")
        })
    };
    let Bucket { start_time, end_time, .. } = *bucket;
    let (start, end) = (instant("start_time", start_time)?, instant("end_time", end_time)?);
    if end <= start {
        return Err("the bucket ends before it begins".into());
    }
    if day_number(start) != day_number(end - 1) {
        return Err(
            "the bucket spans midnight UTC, so that no day is its own; ask for buckets of \
                    a day or less"
                .into(),
        );
    }
    Ok(start)
}

/// The classes of a sum.
///
/// `input_tokens` was text alone at first, and now is all that was read. Sums that say
/// `input_text_tokens` are of the new kind, and what they say of audio and images leaves out what was
/// cached, or does not; only one of the two adds up, unless both are the same.
fn tokens(reading: &mut Reading<'_>) -> Result<Tokens<u64>, Reason> {
    let sum = reading.record;
    let count = |name: &str| match sum.text(name) {
        Some(text) => field::sum(name, &text).map(Some),
        None => Ok(None),
    };
    let needed = |name: &str| count(name)?.ok_or_else(|| format!("there is no `{name}`"));
    let or_none = |name: &str| count(name).map(Option::unwrap_or_default);
    let (read, written) = (needed("input_tokens")?, needed("output_tokens")?);
    let (audio, image) = (or_none("input_audio_tokens")?, or_none("input_image_tokens")?);
    let mut tokens = Tokens {
        cached: or_none("input_cached_tokens")?,
        cache_write: or_none("input_cache_write_tokens")?,
        audio_output: or_none("output_audio_tokens")?,
        image_output: or_none("output_image_tokens")?,
        ..Tokens::default()
    };
    let Tokens { cached, cache_write, .. } = tokens;
    let wrong = || "the counts of `input_...` do not add up to `input_tokens`".to_owned();

    [tokens.input, tokens.audio_input, tokens.image_input] = match count("input_text_tokens")? {
        None => {
            let text = read.checked_sub(cached).and_then(|left| left.checked_sub(cache_write));
            [text.ok_or_else(wrong)?, audio, image]
        }
        Some(text) => {
            let of_cached = [
                or_none("input_cached_text_tokens")?,
                or_none("input_cached_audio_tokens")?,
                or_none("input_cached_image_tokens")?,
            ];
            let all = [text, audio, image];
            let beside: u128 = all.into_iter().chain([cached, cache_write]).map(u128::from).sum();
            let whole: u128 = all.into_iter().map(u128::from).sum();
            if beside == u128::from(read) {
                all
            } else if beside - u128::from(cache_write) == u128::from(read) {
                [text.checked_sub(cache_write).ok_or_else(wrong)?, audio, image]
            } else if whole == u128::from(read) && of_cached.iter().sum::<u64>() == cached {
                let mut left = [0; 3];
                for ((slot, all), cached) in left.iter_mut().zip(all).zip(of_cached) {
                    *slot = all.checked_sub(cached).ok_or_else(wrong)?;
                }
                left[0] = left[0].checked_sub(cache_write).ok_or_else(wrong)?;
                left
            } else {
                return Err(wrong());
            }
        }
    };
    tokens.output = match count("output_text_tokens")? {
        None => written,
        Some(text) => {
            let all = [text, tokens.audio_output, tokens.image_output];
            let whole: u128 = all.into_iter().map(u128::from).sum();
            if whole != u128::from(written) {
                return Err("the counts of `output_...` do not add up to `output_tokens`".into());
            }
            text
        }
    };
    Ok(tokens)
}
