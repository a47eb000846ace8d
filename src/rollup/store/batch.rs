//! Blocks as batches of rows.

use polars::prelude::{NewChunkedArray as _, StringChunked};

use super::block::{Block, Cells};
use crate::rollup::batch::{BatchColumn, RowBatch};
use crate::source::Texts;

impl From<Block> for RowBatch {
    fn from(block: Block) -> Self {
        let counts = block.offsets.windows(2).map(|span| span[1] - span[0]);
        let codes = (0u32..).zip(counts).flat_map(|(customer, count)| std::iter::repeat_n(customer, count)).collect();
        let columns = block.columns.into_iter().map(|cells| match cells {
            Cells::Number(numbers) => BatchColumn::Number(numbers),
            Cells::Flag(flags) => BatchColumn::Flag(flags),
            Cells::Day(days) => BatchColumn::Day(days),
            Cells::Text { codes, levels } => BatchColumn::Text(texts(codes, &levels)),
        });
        Self {
            customers: texts(codes, &block.ids),
            days: block.is_dated.then_some(block.days),
            known: block.known,
            columns: columns.collect(),
        }
    }
}

fn texts(codes: Vec<u32>, levels: &[String]) -> Texts {
    let missing = codes.iter().filter(|&&code| code as usize >= levels.len()).count();
    Texts { codes, levels: StringChunked::from_slice("levels".into(), levels), missing }
}
