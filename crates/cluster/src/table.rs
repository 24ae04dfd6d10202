//! Segments as a table of a query engine, and how it travels.
//!
//! The table is in memory: a partition a share, a row a segment. Ballista gives a task of an executor
//! the rows of its share alone, which it does for no node of a plan that it does not know itself.

use std::sync::Arc;

use async_trait::async_trait;
use ballista_core::serde::BallistaLogicalExtensionCodec;
use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Result, TableReference};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Extension, LogicalPlan, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::Expr;
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use settlement::scan::remote::Task;

use crate::function::wrong;

/// Segments, in the shares in which they are dealt out.
#[derive(Debug, Clone)]
pub struct Segments {
    /// The shares.
    pub shares: Vec<Vec<Task>>,
}

/// The one column: a [`Task`] as JSON.
pub const TASK: &str = "task";

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new(TASK, DataType::Utf8, false)]))
}

#[async_trait]
impl TableProvider for Segments {
    fn schema(&self) -> SchemaRef {
        schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let partitions = self.shares.iter().map(|share| Ok(vec![rows(share)?]));
        let partitions: Vec<Vec<RecordBatch>> = partitions.collect::<Result<_>>()?;
        Ok(MemorySourceConfig::try_new_exec(&partitions, schema(), projection.cloned())?)
    }
}

fn rows(share: &[Task]) -> Result<RecordBatch> {
    let tasks = share.iter().map(|task| serde_json::to_string(task).map(Some));
    let tasks: StringArray = tasks.collect::<Result<_, _>>().map_err(wrong)?;
    Ok(RecordBatch::try_new(schema(), vec![Arc::new(tasks) as ArrayRef])?)
}

/// Carries [`Segments`] from the client to the scheduler.
#[derive(Debug, Default)]
pub struct Codec(BallistaLogicalExtensionCodec);

impl LogicalExtensionCodec for Codec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[LogicalPlan],
        context: &TaskContext,
    ) -> Result<Extension> {
        self.0.try_decode(bytes, inputs, context)
    }

    fn try_encode(&self, node: &Extension, into: &mut Vec<u8>) -> Result<()> {
        self.0.try_encode(node, into)
    }

    fn try_decode_table_provider(
        &self,
        bytes: &[u8],
        _name: &TableReference,
        _schema: SchemaRef,
        _context: &TaskContext,
    ) -> Result<Arc<dyn TableProvider>> {
        let shares = serde_json::from_slice(bytes).map_err(wrong)?;
        Ok(Arc::new(Segments { shares }))
    }

    fn try_encode_table_provider(
        &self,
        name: &TableReference,
        table: Arc<dyn TableProvider>,
        into: &mut Vec<u8>,
    ) -> Result<()> {
        match table.downcast_ref::<Segments>() {
            Some(segments) => serde_json::to_writer(into, &segments.shares).map_err(wrong),
            None => self.0.try_encode_table_provider(name, table, into),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn shares_survive_the_journey() {
        let task = |day: &str| Task {
            day: day.parse().unwrap(),
            segment: PathBuf::from(format!("/srv/\"ü\"/day={day}/1.parquet")),
        };
        let shares = vec![vec![task("2025-03-01"), task("2025-03-02")], vec![task("2025-03-03")]];
        let (codec, name, mut bytes) = (Codec::default(), TableReference::bare("x"), Vec::new());
        let table = Arc::new(Segments { shares: shares.clone() });
        codec.try_encode_table_provider(&name, table, &mut bytes).unwrap();
        let context = TaskContext::default();
        let there = codec.try_decode_table_provider(&bytes, &name, schema(), &context).unwrap();
        assert_eq!(there.downcast_ref::<Segments>().unwrap().shares, shares);
        assert!(codec.try_decode_table_provider(b"", &name, schema(), &context).is_err());
    }
}
