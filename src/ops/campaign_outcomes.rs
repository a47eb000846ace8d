//! Outcomes of an assigned campaign from the project's tables: the target's own, revenue, margin, any KPI.
//!
//! All are counted in the campaign's window, from the run to the end of the target's, and seen as of D.

use std::collections::HashMap;

use polars::prelude::*;

use super::Failure;
use crate::campaign::assign::Campaign;
use crate::campaign::{Error, Outcome, OutcomeKind};
use crate::contract::{Checked, CheckedTable};
use crate::kpi;
use crate::label::label_rows;
use crate::observe::known_until;
use crate::progress::Progress;
use crate::project::{Project, TargetKind};
use crate::rollup::History;
use crate::tables::TableName;
use crate::time::Day;

/// Where outcomes are looked for.
pub struct Scene<'a> {
    /// The project.
    pub project: &'a Project,
    /// Its tables.
    pub checked: &'a Checked,
    /// The campaign.
    pub campaign: &'a Campaign,
    /// The date everything is seen from.
    pub as_of: Day,
    /// First day after the campaign's window.
    pub end: Day,
}

/// The assignments with one column per outcome, and the outcomes.
pub type Measured = (DataFrame, Vec<Outcome>);

impl Scene<'_> {
    /// Adds the target's own outcome, revenue and margin where the tables have them, and the KPIs asked for.
    ///
    /// # Errors
    /// When a KPI is unknown or cannot be told customer by customer.
    pub fn outcomes(&self, kpis: &[String], progress: &Progress) -> Result<Measured, Failure> {
        let (mut table, mut outcomes) = (self.campaign.assignments.clone(), Vec::new());
        if let Some((name, column)) = self.target_outcome(progress)? {
            table.with_column(column).map_err(Error::from)?;
            outcomes.push(Outcome::new(&name, OutcomeKind::Binary));
        }
        if let Some(orders) = self.checked.table(TableName::Orders) {
            table = self.with_sum(table, orders, "amount", "revenue")?;
            let margin = self.project.value.margin;
            let worth = Some(margin).filter(|margin| *margin != 1.0);
            outcomes.push(Outcome { worth, ..Outcome::new("revenue", OutcomeKind::Money) });
            if orders.has("margin") {
                table = self.with_sum(table, orders, "margin", "margin")?;
                outcomes.push(Outcome { worth: Some(1.0), ..Outcome::new("margin", OutcomeKind::Money) });
            }
        }
        for name in kpis.iter().filter(|name| !["retained", "revenue", "margin"].contains(&name.as_str())) {
            table = self.with_kpi(table, name, &mut outcomes)?;
        }
        Ok((table, outcomes))
    }

    /// `retained` for targets that are churn, else the target's own event; `None` while nobody's outcome is known.
    fn target_outcome(&self, progress: &Progress) -> Result<Option<(String, Column)>, Failure> {
        let (name, run) = (&self.campaign.manifest.target, self.campaign.manifest.run);
        let history = History::build(self.project, self.checked, progress)?;
        let ids = self.campaign.assignments.column("customer").and_then(|column| column.str().cloned());
        let ids = ids.map_err(Error::from)?;
        let numbers: Vec<Option<u32>> = ids.iter().map(|id| history.customers.number(id.unwrap_or_default())).collect();
        let known: Vec<u32> = numbers.iter().flatten().copied().collect();
        let until = known_until(self.project, name, self.checked, self.as_of);
        let blocks = label_rows(self.project, name, &history, std::iter::once((run, known.as_slice())), until)?;
        let outcomes: HashMap<u32, Option<bool>> = blocks
            .iter()
            .flat_map(|block| known.iter().copied().zip(block.outcome.iter().map(|outcome| outcome.known())))
            .collect();
        let happened = |number: &Option<u32>| number.and_then(|number| outcomes.get(&number).copied().flatten());
        let kind = self.project.targets.get(name).map(|target| &target.kind);
        let is_churn = matches!(kind, Some(TargetKind::Inactivity | TargetKind::SubscriptionEnd));
        let values: Vec<Option<f64>> =
            numbers.iter().map(|number| happened(number).map(|yes| f64::from(u8::from(yes != is_churn)))).collect();
        if values.iter().all(Option::is_none) {
            return Ok(None);
        }
        let column = if is_churn { "retained" } else { name.as_str() };
        Ok(Some((column.to_owned(), Column::new(column.into(), values))))
    }

    /// Money of the window, net of returns; nothing where there was no order.
    fn with_sum(&self, table: DataFrame, orders: &CheckedTable, column: &str, name: &str) -> Result<DataFrame, Error> {
        let day = || col("at_day").cast(DataType::Int32);
        let first = lit(self.campaign.manifest.run.epoch_days());
        let inside = day().gt_eq(first).and(day().lt(lit(self.as_of.min(self.end).epoch_days())));
        // Hundredths of cents are whole numbers: their sum does not depend on the order of the rows.
        let small = (col(column) * lit(10_000.0)).round(0, RoundMode::HalfAwayFromZero).cast(DataType::Int64);
        let sum = (small.sum().cast(DataType::Float64) / lit(10_000.0)).alias(name);
        let spent = orders.past(self.as_of).filter(inside).group_by([col("customer")]).agg([sum]);
        let joined = table.lazy().left_join(spent, col("customer"), col("customer"));
        Ok(joined.with_columns([col(name).fill_null(lit(0.0))]).collect()?)
    }

    /// A KPI's two sums per customer: a total as it is, anything else as a ratio over the customers of an arm.
    fn with_kpi(&self, mut table: DataFrame, name: &str, outcomes: &mut Vec<Outcome>) -> Result<DataFrame, Failure> {
        let span = (self.campaign.manifest.run, self.end);
        let found = kpi::by_customer(self.project, self.checked, name, span, self.as_of)?;
        let sums: HashMap<&str, (f64, f64)> =
            found.rows.iter().map(|(customer, above, below)| (customer.as_str(), (*above, *below))).collect();
        let customers = table.column("customer").and_then(|column| column.str().cloned()).map_err(Error::from)?;
        let of = |id: Option<&str>| sums.get(id.unwrap_or_default()).copied().unwrap_or((0.0, 0.0));
        let below_name = format!("{name} per");
        let above: Vec<f64> = customers.iter().map(|id| of(id).0).collect();
        let below: Vec<f64> = customers.iter().map(|id| of(id).1).collect();
        table.with_column(Column::new(name.into(), above)).map_err(Error::from)?;
        if found.is_total {
            outcomes.push(Outcome::new(name, OutcomeKind::Count));
        } else {
            table.with_column(Column::new(below_name.as_str().into(), below)).map_err(Error::from)?;
            outcomes.push(Outcome::ratio(name, name, &below_name));
        }
        Ok(table)
    }
}
