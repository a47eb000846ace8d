//! `column`: the outcome is a column of a flat table without dates.
//!
//! Eligible: everybody for whom the column has a value. Without `positive`, 1, `true`, `yes` and `y` mean yes.

use super::{Error, Judge, Outcome};
use crate::observe::FutureView;
use crate::project::{Scalar, Target};
use crate::rollup::{History, TableHistory, Values};
use crate::tables::TableName;
use crate::time::Day;

/// The outcome as a column says it.
pub struct OutcomeColumn<'a> {
    table: &'a TableHistory,
    values: &'a Values,
    positive: Vec<String>,
}

impl<'a> OutcomeColumn<'a> {
    /// Binds the target to its column of `customers`.
    pub fn new(name: &str, target: &'a Target, history: &'a History) -> Result<Self, Error> {
        let missing = || Error::Missing { target: name.to_owned(), key: "column" };
        let column = target.column.as_deref().ok_or_else(missing)?;
        let unmapped =
            || Error::Unmapped { target: name.to_owned(), table: TableName::Customers, column: column.to_owned() };
        let table = history.table(TableName::Customers).ok_or_else(unmapped)?;
        let values = &table.column(column).ok_or_else(unmapped)?.values;
        Ok(Self { table, values, positive: positive(target.positive.as_ref()) })
    }

    fn value(&self, customer: u32) -> Option<bool> {
        let row = self.table.rows(customer).next_back()?;
        let is_positive = |text: &str| self.positive.iter().any(|meant| meant.eq_ignore_ascii_case(text.trim()));
        match self.values {
            Values::Number(numbers) if numbers.at(row).is_nan() => None,
            Values::Number(numbers) => Some(is_positive(&numbers.at(row).to_string())),
            Values::Text { codes, levels } => levels.get(codes.at(row) as usize).map(|level| is_positive(level)),
            Values::Flag(flags) => Some(flags[row]).filter(|&flag| flag < 2).map(|flag| is_positive(&flag.to_string())),
            Values::Day(_) => None,
        }
    }
}

fn positive(declared: Option<&Scalar>) -> Vec<String> {
    match declared {
        None => ["1", "true", "yes", "y"].map(str::to_owned).to_vec(),
        Some(Scalar::Flag(true)) => vec!["true".to_owned(), "1".to_owned()],
        Some(Scalar::Flag(false)) => vec!["false".to_owned(), "0".to_owned()],
        Some(Scalar::Whole(number)) => vec![number.to_string()],
        Some(Scalar::Number(number)) => vec![number.to_string()],
        Some(Scalar::Text(text)) => vec![text.trim().to_owned()],
    }
}

impl Judge for OutcomeColumn<'_> {
    fn is_eligible(&self, _past: &FutureView<'_>, customer: u32, _as_of: Day) -> bool {
        self.value(customer).is_some()
    }

    fn outcome(&self, _future: &FutureView<'_>, customer: u32, _as_of: Day) -> Outcome {
        self.value(customer).map_or(Outcome::Unknown, Outcome::of)
    }
}
