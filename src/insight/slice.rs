//! One outcome at one cutoff: whose outcome it was, what it was, and which customers are alike before it.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::Error;
use super::amounts::Amounts;
use super::association::Outcomes;
use super::declared::one_of;
use super::question::{Question, Subject};
use crate::contract::{Checked, CheckedTable, collect};
use crate::feature::{CustomerIndex, FeatureFrame};
use crate::label::Labels;
use crate::project::Project;
use crate::stats::ExactSum;
use crate::tables::TableName;
use crate::time::{Day, Window};

/// Features and labels at the cutoffs of all questions, and since when each customer is known.
#[derive(Debug, Clone, Copy)]
pub struct Panel<'a> {
    /// Features of all customers at the cutoffs.
    pub features: &'a FeatureFrame,
    /// Labels of every target, in the project file's order, their blocks in step with the features' blocks.
    pub labels: &'a [Labels],
    /// First local day each customer is known (signup or first row), as days since 1970-01-01, by customer number.
    pub since: &'a [i32],
}

/// One outcome at one cutoff. The vectors are aligned, one entry per customer.
pub(super) struct Slice {
    pub cutoff: Day,
    /// The feature block of the cutoff.
    pub block: usize,
    /// Rows of the block.
    pub rows: Vec<usize>,
    /// Customers' numbers.
    pub customers: Vec<u32>,
    pub outcomes: Outcomes,
    pub strata: Vec<u32>,
}

/// What every slice is cut from.
pub(super) struct Source<'a> {
    pub project: &'a Project,
    pub checked: &'a Checked,
    pub panel: Panel<'a>,
    /// The day of the run: what is known then may serve as an outcome.
    pub as_of: Day,
}

/// Upper ends of the tenure bands, in days.
const TENURE_BANDS: [i32; 6] = [30, 60, 90, 180, 365, 730];

impl Source<'_> {
    fn index(&self) -> &CustomerIndex {
        &self.panel.features.customers
    }

    /// The slice of a question at a cutoff; none if nobody has any history before it.
    pub fn slice(&self, question: &Question, cutoff: Day) -> Result<Option<Slice>, Error> {
        let blocks = &self.panel.features.blocks;
        let Some(block) = blocks.iter().position(|block| block.as_of == cutoff && !block.is_empty()) else {
            return Ok(None);
        };
        let customers = &blocks[block].customer;
        let (rows, outcomes): (Vec<usize>, Raw) = match question.subject {
            Subject::Target(target) => self.target(target, block),
            _ => self.plain(question, cutoff, customers)?,
        };
        let customers: Vec<u32> = rows.iter().map(|row| customers[*row]).collect();
        let strata = self.strata(cutoff, &customers)?;
        let outcomes = match outcomes {
            Raw::Flags(flags) => Outcomes::Flags(flags),
            Raw::Amounts(amounts) => Outcomes::Amounts(Amounts::new(amounts, &strata)),
        };
        Ok((!rows.is_empty()).then_some(Slice { cutoff, block, rows, customers, outcomes, strata }))
    }

    fn target(&self, target: usize, block: usize) -> (Vec<usize>, Raw) {
        let labels = &self.panel.labels[target].blocks[block];
        let known = labels.outcome.iter().zip(&labels.eligible).enumerate();
        let (rows, flags) = known
            .filter(|(_, (_, eligible))| **eligible)
            .filter_map(|(row, (outcome, _))| outcome.known().map(|flag| (row, flag)))
            .unzip();
        (rows, Raw::Flags(flags))
    }

    fn plain(&self, question: &Question, cutoff: Day, customers: &[u32]) -> Result<(Vec<usize>, Raw), Error> {
        let active = self.active(cutoff)?;
        let window = question.window(cutoff);
        let table = if question.subject == Subject::Referral { TableName::Referrals } else { self.purchases() };
        let sums = self.sums(table, self.as_of, window)?;
        let bought = match question.subject {
            Subject::Conversion => {
                self.sums(table, cutoff, Window { start: Day::from_epoch_days(i32::MIN), end: cutoff })?
            }
            _ => BTreeMap::new(),
        };
        let taken = |(_, customer): &(usize, &u32)| active[**customer as usize] && !bought.contains_key(*customer);
        let rows: Vec<usize> = customers.iter().enumerate().filter(taken).map(|(row, _)| row).collect();
        let numbers = rows.iter().map(|row| customers[*row]);
        let raw = if question.subject == Subject::Revenue {
            Raw::Amounts(numbers.map(|customer| sums.get(&customer).map_or(0.0, |sum| sum.value())).collect())
        } else {
            Raw::Flags(numbers.map(|customer| sums.contains_key(&customer)).collect())
        };
        Ok((rows, raw))
    }

    fn purchases(&self) -> TableName {
        if self.checked.table(TableName::Orders).is_some() { TableName::Orders } else { TableName::Events }
    }

    /// Customers with rows of a table in a window, as known on a day, and the sum of their amounts. Purchases among
    /// events are those of the role.
    fn sums(&self, name: TableName, known: Day, window: Window) -> Result<BTreeMap<u32, ExactSum>, Error> {
        let Some(table) = self.checked.table(name) else { return Ok(BTreeMap::new()) };
        let mut rows = within(table, known, window);
        if name == TableName::Events {
            rows = rows.filter(one_of("kind", &self.project.roles.purchase));
        }
        let amount = if name == TableName::Orders { col("amount") } else { lit(0.0) };
        self.add_up(table, rows, amount).map_err(|cause| Error::Read { table: name, cause })
    }

    fn add_up(&self, table: &CheckedTable, rows: LazyFrame, amount: Expr) -> PolarsResult<BTreeMap<u32, ExactSum>> {
        let rows = collect(rows.select([customer(table), amount.cast(DataType::Float64).alias("amount")]))?;
        let ids = rows.column("customer")?.str()?.iter();
        let mut sums = BTreeMap::new();
        for (id, amount) in ids.zip(rows.column("amount")?.f64()?.iter()) {
            if let Some(number) = id.and_then(|id| self.index().number(id)) {
                *sums.entry(number).or_insert(ExactSum::ZERO) += amount.unwrap_or(0.0);
            }
        }
        Ok(sums)
    }

    /// Who is active at a cutoff: an own row in the project's activity window, or an open subscription.
    fn active(&self, cutoff: Day) -> Result<Vec<bool>, Error> {
        let mut active = vec![false; self.index().ids.len()];
        let window = Window::before(cutoff, self.project.project.active_within_days);
        let acts =
            [TableName::Events, TableName::Orders, TableName::Visits, TableName::Loyalty, TableName::Subscriptions];
        for table in acts.into_iter().filter_map(|name| self.checked.table(name)).filter(|table| has_customers(table)) {
            let rows = match table.name {
                TableName::Events => {
                    within(table, cutoff, window).filter(one_of("kind", &self.project.roles.passive).not())
                }
                TableName::Subscriptions if table.has("ended_at") => {
                    table.past(cutoff).filter(col("ended_at").is_null())
                }
                TableName::Subscriptions => table.past(cutoff),
                _ => within(table, cutoff, window),
            };
            let found = collect(rows.group_by([customer(table)]).agg([]));
            let ids = found.and_then(|found| found.column("customer")?.str().cloned());
            let ids = ids.map_err(|cause| Error::Read { table: table.name, cause })?;
            let numbers = ids.iter().flatten().filter_map(|id| self.index().number(id));
            numbers.for_each(|number| active[number as usize] = true);
        }
        Ok(active)
    }

    /// Numbers the combinations of tenure band and segments that occur, in their natural order.
    fn strata(&self, cutoff: Day, customers: &[u32]) -> Result<Vec<u32>, Error> {
        let segments = self.segments(cutoff)?;
        let key = |customer: &u32| {
            let tenure = cutoff.epoch_days().saturating_sub(self.panel.since[*customer as usize]);
            (TENURE_BANDS.partition_point(|end| *end <= tenure), segments.get(customer).cloned().unwrap_or_default())
        };
        let keys: Vec<_> = customers.iter().map(key).collect();
        let mut numbers: BTreeMap<_, u32> = keys.iter().map(|key| (key.clone(), 0)).collect();
        for (number, slot) in (0..).zip(numbers.values_mut()) {
            *slot = number;
        }
        Ok(keys.iter().map(|key| numbers[key]).collect())
    }

    /// The declared segments of every customer as of a cutoff.
    fn segments(&self, cutoff: Day) -> Result<BTreeMap<u32, Vec<String>>, Error> {
        let name = TableName::Customers;
        let Some(table) = self.checked.table(name) else { return Ok(BTreeMap::new()) };
        let known = |segment: &&str| table.attributes.iter().any(|attribute| attribute.name == **segment);
        let names: Vec<&str> = self.project.project.segments.iter().map(String::as_str).filter(known).collect();
        let states = table.attributes_at(&names, cutoff).map_err(|cause| Error::Read { table: name, cause })?;
        Ok(states.into_iter().filter_map(|(id, values)| Some((self.index().number(&id)?, values))).collect())
    }
}

enum Raw {
    Flags(Vec<bool>),
    Amounts(Vec<f64>),
}

fn has_customers(table: &CheckedTable) -> bool {
    table.name.table().customer.is_some_and(|column| table.has(column))
}

fn customer(table: &CheckedTable) -> Expr {
    col(table.name.table().customer.unwrap_or("customer")).cast(DataType::String).alias("customer")
}

/// Rows of a table in a window, as known on a day.
fn within(table: &CheckedTable, known: Day, window: Window) -> LazyFrame {
    let day = || col(format!("{}_day", table.name.table().time.unwrap_or("signup_at"))).cast(DataType::Int32);
    let inside = day().gt_eq(lit(window.start.epoch_days())).and(day().lt(lit(window.end.epoch_days())));
    table.past(known).filter(inside)
}
