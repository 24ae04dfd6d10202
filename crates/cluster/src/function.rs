//! The kernel as a function of a query engine.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, exec_err};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};
use settlement::scan::remote;

/// `add_up(task)`: what a segment adds up to, as [`remote::add_up`] says it. A
/// [`Task`](remote::Task) goes in and a [`Part`](remote::Part) comes out, each as JSON.
///
/// It reads a file for as long as it takes, on the thread that asks. Executors have threads for that,
/// one for each segment they add up at a time.
pub fn add_up() -> ScalarUDF {
    // Volatile, as what is in a file is nothing a planner may know.
    create_udf(
        "add_up",
        vec![DataType::Utf8],
        DataType::Utf8,
        Volatility::Volatile,
        Arc::new(parts),
    )
}

fn parts(arguments: &[ColumnarValue]) -> Result<ColumnarValue> {
    let [ColumnarValue::Array(tasks)] = arguments else {
        return exec_err!("`add_up` takes a column of tasks");
    };
    let Some(tasks) = tasks.as_string_opt::<i32>().filter(|tasks| tasks.null_count() == 0) else {
        return exec_err!("`add_up` takes tasks as text");
    };
    let part = |task| serde_json::to_string(&remote::add_up(&serde_json::from_str(task)?));
    let parts = tasks.iter().flatten().map(part);
    let parts: StringArray =
        parts.map(|part| part.map(Some)).collect::<Result<_, _>>().map_err(wrong)?;
    Ok(ColumnarValue::Array(Arc::new(parts) as ArrayRef))
}

/// An error of JSON as one of the query engine.
pub fn wrong(error: serde_json::Error) -> DataFusionError {
    DataFusionError::External(error.into())
}
