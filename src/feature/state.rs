//! Features that read no rows: tenure, attributes, and combinations of other features.

use std::sync::Arc;
use std::sync::OnceLock;

use rayon::prelude::*;

use super::census::Census;
use super::frame::FeatureColumn;
use super::resolve::Instance;
use crate::clv::{self, OrderModel};
use crate::observe::purchases;
use crate::rollup::{Column, History, NEVER, NO_LEVEL, TableHistory, Values};
use crate::tables::TableName;
use crate::time::Day;

/// How far `expected_orders` looks ahead.
const EXPECTED_DAYS: f64 = 90.0;

/// What such a feature is made from.
pub struct State<'a> {
    /// All features.
    pub instances: &'a [Instance],
    /// The columns of the features before this one.
    pub before: &'a [FeatureColumn],
    /// The history.
    pub history: &'a History,
    /// What is known of everybody.
    pub census: &'a Census,
    /// Whose features.
    pub customers: &'a [u32],
    /// As of which day.
    pub as_of: i32,
    /// Their valid rows of `customers`, once any feature has looked for them.
    pub valid: &'a OnceLock<Vec<Option<usize>>>,
}

/// An attribute's values.
enum Attribute {
    Numbers(Vec<f64>),
    Levels(FeatureColumn),
}

impl State<'_> {
    /// The column of a feature whose kind reads no rows; `None` for the others.
    pub fn column(&self, instance: &Instance) -> Option<FeatureColumn> {
        let declaration = &instance.declaration;
        let column = declaration.column.as_deref().unwrap_or_default();
        let plus = declaration.plus.unwrap_or(0.0);
        let mut numbers = match declaration.kind.as_str() {
            "alive" => self.lifetime(OrderModel::alive),
            "expected_orders" => self.lifetime(|model, past| model.expected_orders(past, EXPECTED_DAYS)),
            "tenure" => self.each(|customer| tenure(self.history, customer, self.as_of)),
            "indicator" => self.indicator(column, declaration.level.as_deref().unwrap_or_default()),
            "difference" => self.pairs(instance, |first, second| first - second),
            "ratio" => self.pairs(instance, |above, below| defined((above + plus) / (below + plus))),
            "log_ratio" => self.pairs(instance, |above, below| defined(((above + plus) / (below + plus)).ln())),
            "attribute" => match self.attribute(column) {
                Attribute::Numbers(numbers) => numbers,
                Attribute::Levels(levels) => return Some(levels),
            },
            _ => return None,
        };
        if let Some(empty) = declaration.empty {
            numbers.iter_mut().filter(|number| number.is_nan()).for_each(|number| *number = empty);
        }
        Some(FeatureColumn::Number(numbers.into()))
    }

    /// A column of which nothing is known: its table was not read.
    pub fn unknown(&self) -> FeatureColumn {
        FeatureColumn::Number(self.each(|_| f64::NAN).into())
    }

    /// What the model of purchases says of each customer: fitted on what everybody had bought before the cutoff, whoever
    /// is asked for, so that it knows nothing later and is the same for one customer as for all.
    fn lifetime(&self, value: impl Fn(&OrderModel, &clv::History) -> f64 + Sync) -> Vec<f64> {
        let as_of = Day::from_epoch_days(self.as_of);
        let Some(model) = self.census.model(as_of) else { return vec![f64::NAN; self.customers.len()] };
        let past = |&customer: &u32| clv::past(&purchases(self.history, customer, as_of), self.as_of);
        self.customers
            .par_iter()
            .map(|customer| past(customer).map_or(f64::NAN, |(past, _)| value(model, &past)))
            .collect()
    }

    fn each(&self, value: impl Fn(u32) -> f64) -> Vec<f64> {
        self.customers.iter().map(|&customer| value(customer)).collect()
    }

    /// Two features combined, row by row; undefined where either is.
    fn pairs(&self, instance: &Instance, combine: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        let part = |name: &Option<String>| {
            let position = self.instances.iter().position(|other| Some(&other.info.name) == name.as_ref())?;
            if let FeatureColumn::Number(numbers) = self.before.get(position)? { Some(numbers) } else { None }
        };
        match (part(&instance.declaration.numerator), part(&instance.declaration.denominator)) {
            (Some(above), Some(below)) => above.iter().zip(below.iter()).map(|(a, b)| combine(a, b)).collect(),
            _ => vec![f64::NAN; self.customers.len()],
        }
    }

    /// The row of `customers` that was valid at the cutoff, and the column.
    fn valid(&self, column: &str) -> Option<(&TableHistory, &Column)> {
        let table = self.history.table(TableName::Customers)?;
        Some((table, table.column(column)?))
    }

    /// The row of `customers` that was valid for each customer at the cutoff.
    fn valid_rows(&self, table: &TableHistory) -> &[Option<usize>] {
        let row = |&customer: &u32| valid_row(table, customer, self.as_of);
        self.valid.get_or_init(|| self.customers.iter().map(row).collect())
    }

    fn indicator(&self, column: &str, level: &str) -> Vec<f64> {
        let Some((table, column)) = self.valid(column) else { return vec![f64::NAN; self.customers.len()] };
        let rows = self.valid_rows(table).iter();
        match &column.values {
            Values::Text { codes, levels } => {
                let is_level: Vec<f64> = levels.iter().map(|known| f64::from(known == level)).collect();
                let of = |row: usize| is_level.get(codes.at(row) as usize).copied().unwrap_or(f64::NAN);
                rows.map(|row| row.map_or(f64::NAN, of)).collect()
            }
            Values::Number(numbers) => {
                let wanted: Option<f64> = level.parse().ok();
                let of = |number: f64| if number.is_nan() { number } else { f64::from(Some(number) == wanted) };
                rows.map(|row| row.map_or(f64::NAN, |row| of(numbers.at(row)))).collect()
            }
            Values::Flag(_) | Values::Day(_) => vec![f64::NAN; self.customers.len()],
        }
    }

    fn attribute(&self, column: &str) -> Attribute {
        let Some((table, column)) = self.valid(column) else {
            return Attribute::Numbers(vec![f64::NAN; self.customers.len()]);
        };
        let rows = self.valid_rows(table).iter();
        match &column.values {
            Values::Text { codes, levels } => Attribute::Levels(FeatureColumn::Level {
                codes: rows.map(|row| row.map_or(NO_LEVEL, |row| codes.at(row))).collect(),
                levels: Arc::clone(levels),
            }),
            Values::Number(numbers) => {
                Attribute::Numbers(rows.map(|row| row.map_or(f64::NAN, |row| numbers.at(row))).collect())
            }
            Values::Flag(_) | Values::Day(_) => Attribute::Numbers(vec![f64::NAN; self.customers.len()]),
        }
    }
}

fn defined(number: f64) -> f64 {
    if number.is_finite() { number } else { f64::NAN }
}

fn tenure(history: &History, customer: u32, as_of: i32) -> f64 {
    let signup = history.signup[customer as usize];
    if signup < as_of { f64::from(as_of) - f64::from(signup) } else { f64::NAN }
}

/// The latest row of `customers` that had begun before the cutoff and had not ended; rows without dates are always valid.
pub fn valid_row(table: &TableHistory, customer: u32, as_of: i32) -> Option<usize> {
    let ends = table.column("valid_to").and_then(Column::days);
    let is_valid = |row: &usize| {
        table.days.at(*row) < as_of
            && table.known.as_ref().is_none_or(|known| known[*row] < as_of)
            && ends.is_none_or(|ends| ends[*row] == NEVER || ends[*row] >= as_of)
    };
    table.rows(customer).rev().find(is_valid)
}
