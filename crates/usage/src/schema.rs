//! The columns of a segment, by the names every reader uses.

use std::sync::{Arc, LazyLock};

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

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
/// Input tokens not read from a cache.
pub const INPUT_TOKENS: &str = "input_tokens";
/// Input tokens read from a cache.
pub const CACHED_INPUT_TOKENS: &str = "cached_input_tokens";
/// Tokens the model wrote.
pub const OUTPUT_TOKENS: &str = "output_tokens";

/// The columns that hold names, in the order rows carry them.
pub(crate) const NAMES: [&str; 5] = [CHANNEL, PRODUCT, MODEL, HOST, CUSTOMER];

/// The columns that hold counts of tokens, in the order rows carry them.
pub(crate) const TOKENS: [&str; 3] = [INPUT_TOKENS, CACHED_INPUT_TOKENS, OUTPUT_TOKENS];

/// The columns of every segment: `id`, `at`, five names as dictionaries, three token counts.
///
/// No column may be empty in any row.
pub fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let name = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let mut fields = vec![
            Field::new(ID, DataType::FixedSizeBinary(16), false),
            Field::new(AT, DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())), false),
        ];
        fields.extend(NAMES.map(|column| Field::new(column, name.clone(), false)));
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
