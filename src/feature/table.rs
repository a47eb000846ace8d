//! Feature frames as tables: one row per customer and cutoff.

use polars::prelude::{Column, DataFrame, DataType, IntoColumn, NamedFrom, PlSmallStr, PolarsResult, Series};
use polars_arrow::array::{Array, PrimitiveArray};
use polars_arrow::bitmap::Bitmap;
use rayon::prelude::*;

use super::frame::{FeatureBlock, FeatureColumn, FeatureFrame};
use crate::time::Day;

impl FeatureFrame {
    /// `customer`, `as_of`, then one column per feature; ascending by cutoff and customer. Undefined numbers and missing
    /// levels are null.
    ///
    /// # Errors
    /// If polars cannot make the frame.
    pub fn table(&self) -> PolarsResult<DataFrame> {
        let ids = self.blocks.iter().flat_map(|block| &block.customer).map(|&number| self.customers.id(number));
        let customer = Series::new("customer".into(), ids.collect::<Vec<&str>>()).into_column();
        let days = self.blocks.iter().flat_map(|block| std::iter::repeat_n(block.as_of, block.len()));
        let mut columns = vec![customer, day_column("as_of", days)?];
        let features: PolarsResult<Vec<Column>> =
            (0..self.features.len()).into_par_iter().map(|position| self.feature_column(position)).collect();
        columns.extend(features?);
        DataFrame::new_infer_height(columns)
    }

    fn feature_column(&self, position: usize) -> PolarsResult<Column> {
        let name = self.features[position].name.as_str();
        let parts = || self.blocks.iter().map(|block| &block.columns[position]);
        if parts().any(|part| matches!(part, FeatureColumn::Level { .. })) {
            let levels: Vec<Option<&str>> = parts().flat_map(levels).collect();
            return Ok(Series::new(name.into(), levels).into_column());
        }
        let mut numbers = Vec::with_capacity(self.blocks.iter().map(FeatureBlock::len).sum());
        for part in parts() {
            match part {
                FeatureColumn::Number(part) => part.append_to(&mut numbers),
                FeatureColumn::Level { codes, .. } => numbers.resize(numbers.len() + codes.len(), f64::NAN),
            }
        }
        let known: Bitmap = numbers.iter().map(|number| !number.is_nan()).collect();
        let array = PrimitiveArray::from_vec(numbers).with_validity(Some(known));
        let array: Box<dyn Array> = Box::new(array);
        Series::try_from((PlSmallStr::from_str(name), array)).map(IntoColumn::into_column)
    }
}

fn levels(column: &FeatureColumn) -> Vec<Option<&str>> {
    match column {
        FeatureColumn::Level { codes, levels } => {
            codes.iter().map(|&code| levels.get(code as usize).map(String::as_str)).collect()
        }
        FeatureColumn::Number(numbers) => vec![None; numbers.len()],
    }
}

/// A column of dates.
///
/// # Errors
/// If polars cannot make the column.
pub fn day_column(name: &str, days: impl Iterator<Item = Day>) -> PolarsResult<Column> {
    let days: Vec<i32> = days.map(Day::epoch_days).collect();
    Series::new(name.into(), days).cast(&DataType::Date).map(IntoColumn::into_column)
}
