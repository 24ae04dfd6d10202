//! The columns of a segment, by the names every reader uses.

use std::sync::{Arc, LazyLock};

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::tokens::CLASSES;

/// The event id, 16 bytes, most significant first.
pub const ID: &str = "id";
/// The instant of the call, nanoseconds since 1970 in UTC.
pub const AT: &str = "at";
/// The road to market.
pub const CHANNEL: &str = "channel";
/// The product the call was made for.
pub const PRODUCT: &str = "product";
/// The model that answered.
pub const MODEL: &str = "model";
/// Where the model ran.
pub const HOST: &str = "host";
/// Who is billed.
pub const CUSTOMER: &str = "customer";
/// How the call was processed; [`STANDARD`] unless said.
pub const TIER: &str = "tier";
/// How many calls the row stands for: 1, or more where the source only has sums.
pub const CALLS: &str = "calls";
/// Input tokens of text, neither read from a cache nor written into one.
pub const INPUT_TOKENS: &str = "input_tokens";
/// Input tokens read from a cache.
pub const CACHED_INPUT_TOKENS: &str = "cached_input_tokens";
/// Input tokens written into a cache.
pub const CACHE_WRITE_TOKENS: &str = "cache_write_tokens";
/// Audio read by the model, in tokens.
pub const AUDIO_INPUT_TOKENS: &str = "audio_input_tokens";
/// Images read by the model, in tokens.
pub const IMAGE_INPUT_TOKENS: &str = "image_input_tokens";
/// Tokens of text that the model wrote for the client.
pub const OUTPUT_TOKENS: &str = "output_tokens";
/// Tokens the model wrote for itself.
pub const REASONING_TOKENS: &str = "reasoning_tokens";
/// Audio written by the model, in tokens.
pub const AUDIO_OUTPUT_TOKENS: &str = "audio_output_tokens";
/// Images made by the model, in tokens.
pub const IMAGE_OUTPUT_TOKENS: &str = "image_output_tokens";

/// The tier of a call of which nothing else is said.
pub const STANDARD: &str = "standard";

/// The columns that hold names, in the order rows carry them.
pub(crate) const NAMES: [&str; 6] = [CHANNEL, PRODUCT, MODEL, HOST, CUSTOMER, TIER];

/// The columns that hold counts of tokens, in the order of [`Tokens`](crate::Tokens).
pub const TOKENS: [&str; CLASSES] = [
    INPUT_TOKENS,
    CACHED_INPUT_TOKENS,
    CACHE_WRITE_TOKENS,
    AUDIO_INPUT_TOKENS,
    IMAGE_INPUT_TOKENS,
    OUTPUT_TOKENS,
    REASONING_TOKENS,
    AUDIO_OUTPUT_TOKENS,
    IMAGE_OUTPUT_TOKENS,
];

/// The columns of every segment: `id`, `at`, six names as dictionaries, `calls`, nine token counts.
///
/// No column may be empty in any row. A column that says the same in every row of a segment takes
/// a few bytes, and a reader that asks [`Segment::constant`](crate::Segment::constant) need not
/// read it.
pub fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let name = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let mut fields = vec![
            Field::new(ID, DataType::FixedSizeBinary(16), false),
            Field::new(AT, DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())), false),
        ];
        fields.extend(NAMES.map(|column| Field::new(column, name.clone(), false)));
        fields.push(Field::new(CALLS, DataType::UInt32, false));
        fields.extend(TOKENS.map(|column| Field::new(column, DataType::UInt32, false)));
        Arc::new(Schema::new(fields))
    });
    SCHEMA.clone()
}

/// How `found` differs from [`schema`], in words, or `None` if it does not.
pub(crate) fn difference(found: &Schema) -> Option<String> {
    let expected = schema();
    for (index, field) in expected.fields().iter().enumerate() {
        let name = field.name();
        let Some(other) = found.fields().get(index) else {
            return Some(format!("column `{name}` is missing"));
        };
        if other.name() != name {
            return Some(format!("column {} is `{}`, expected `{name}`", index + 1, other.name()));
        }
        if other.data_type() != field.data_type() {
            let (found, expected) = (other.data_type(), field.data_type());
            return Some(format!("column `{name}` is {found}, expected {expected}"));
        }
        if other.is_nullable() {
            return Some(format!("column `{name}` may be empty, expected a value in every row"));
        }
    }
    let extra = found.fields().get(expected.fields().len())?;
    Some(format!("column `{}` is one too many", extra.name()))
}
