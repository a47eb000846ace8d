//! Feature frames as tables: one row per customer and cutoff.

use polars::prelude::{Column, DataFrame, DataType, IntoColumn, NamedFrom, PolarsResult, Series};

use super::frame::{FeatureColumn, FeatureFrame};
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
        columns.extend((0..self.features.len()).map(|position| self.feature_column(position)));
        DataFrame::new_infer_height(columns)
    }

    fn feature_column(&self, position: usize) -> Column {
        let name = self.features[position].name.as_str();
        let parts = || self.blocks.iter().map(|block| &block.columns[position]);
        if parts().any(|part| matches!(part, FeatureColumn::Level { .. })) {
            let levels: Vec<Option<&str>> = parts().flat_map(levels).collect();
            return Series::new(name.into(), levels).into_column();
        }
        let numbers: Vec<Option<f64>> = parts().flat_map(numbers).collect();
        Series::new(name.into(), numbers).into_column()
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

fn numbers(column: &FeatureColumn) -> Vec<Option<f64>> {
    match column {
        FeatureColumn::Number(numbers) => {
            numbers.iter().map(|&number| Some(number).filter(|it| !it.is_nan())).collect()
        }
        FeatureColumn::Level { codes, .. } => vec![None; codes.len()],
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
