//! Facts from `visits`: who came, how long, and whether it led anywhere. A visitor who is known as a customer in any row
//! is that customer in all of them; the others are anonymous units.

use std::num::NonZeroU64;

use polars::prelude::{PlHashMap, PolarsResult, col};

use super::Facts;
use super::rows::{float_key, order_key, text_key};
use super::source::{Frame, Owner, Reader, Source, by_period, count, optional_key};
use crate::contract::{self, CheckedTable};
use crate::project::Project;
use crate::stats::ExactSum;
use crate::tables::TableName;
use crate::time::Day;

/// Visits of a period.
#[derive(Debug, Clone, Default)]
pub struct VisitFacts {
    /// Visits.
    pub visits: u32,
    /// Distinct visitors; a visit without a visitor is one of its own.
    pub visitors: u32,
    /// Visits that converted.
    pub converted: u32,
    /// Revenue of the visits.
    pub revenue: f64,
    /// Duration of visits that have one.
    pub durations: Vec<f64>,
    /// Time on the landing page, where known.
    pub landings: Vec<f64>,
}

/// The table.
#[derive(Debug, Default)]
pub struct Visits {
    /// The customer behind a visitor, where any row tells; of several the first by name.
    customers: PlHashMap<String, String>,
}

/// One visit.
#[derive(Debug, Clone, Copy)]
pub struct Visit {
    day: i32,
    visitor: Option<NonZeroU64>,
    known: bool,
    converted: bool,
    revenue: f64,
    seconds: Option<f64>,
    landing: Option<f64>,
}

impl Source for Visits {
    type Row = Visit;
    const TABLE: TableName = TableName::Visits;
    const COLUMNS: &'static [&'static str] =
        &["customer", "visitor", "at", "at_day", "ended_at", "converted", "revenue", "landing_seconds"];

    fn prepare(&mut self, table: &CheckedTable, as_of: Day, _: &Project) -> PolarsResult<()> {
        if !(table.has("visitor") && table.has("customer")) {
            return Ok(());
        }
        let (visitor, customer) = (col("visitor"), col("customer"));
        let named = table.past(as_of).filter(visitor.clone().is_not_null().and(customer.clone().is_not_null()));
        let known = contract::collect(named.group_by([visitor]).agg([customer.min()]))?;
        let (visitors, customers) = (known.column("visitor")?.str()?, known.column("customer")?.str()?);
        let pairs = visitors.iter().flatten().zip(customers.iter().flatten());
        self.customers = pairs.map(|(visitor, customer)| (visitor.to_owned(), customer.to_owned())).collect();
        Ok(())
    }

    fn read(&mut self, reader: &Reader<'_>) -> PolarsResult<Vec<(usize, Visit)>> {
        let (days, visitors) = (reader.days("at_day")?, reader.texts("visitor")?);
        let (started, ended) = (reader.instants("at")?, reader.instants("ended_at")?);
        let (converted, revenue) = (reader.flags("converted")?, reader.numbers("revenue")?);
        let landings = reader.numbers("landing_seconds")?;
        let visit = |row| Visit {
            day: days.or_never(row),
            visitor: text_key(visitors.get(row)),
            known: reader.customer(row).is_some(),
            converted: converted.get(row).unwrap_or_else(|| revenue.or_zero(row) > 0.0),
            revenue: revenue.or_zero(row),
            seconds: started.seconds_until(ended, row).filter(|seconds| *seconds > 0.0),
            landing: landings.get(row),
        };
        Ok((0..reader.height()).map(visit).enumerate().collect())
    }

    fn key(visit: &Visit) -> [i64; 6] {
        let flags = i64::from(visit.known) * 2 + i64::from(visit.converted);
        let durations = [optional_key(visit.seconds), optional_key(visit.landing)];
        [i64::from(visit.day), flags, float_key(visit.revenue), durations[0], durations[1], order_key(visit.visitor)]
    }

    fn fill(rows: &[Visit], frame: Frame<'_>, facts: &mut [Facts]) {
        let mut visitors = Vec::new();
        by_period(
            rows,
            |visit| visit.day,
            frame,
            facts,
            |visits, facts| {
                visitors.clear();
                visitors.extend(visits.iter().filter_map(|visit| visit.visitor));
                let nameless = visits.len() - visitors.len();
                visitors.sort_unstable();
                visitors.dedup();
                facts.visits = VisitFacts {
                    visits: count(visits.len()),
                    visitors: count(visitors.len() + nameless),
                    converted: count(visits.iter().filter(|visit| visit.converted).count()),
                    revenue: visits.iter().map(|visit| visit.revenue).sum::<ExactSum>().value(),
                    durations: visits.iter().filter_map(|visit| visit.seconds).collect(),
                    landings: visits.iter().filter_map(|visit| visit.landing).collect(),
                };
            },
        );
    }

    fn owners<'a>(&'a self, reader: &Reader<'a>) -> PolarsResult<Vec<Owner<'a>>> {
        let visitors = reader.texts("visitor")?;
        let of_visitor =
            |visitor| self.customers.get(visitor).map_or(Owner::Visitor(visitor), |name| Owner::Customer(name));
        let owner = |row| match reader.owner(row) {
            Owner::Nobody => visitors.get(row).map_or(Owner::Nobody, of_visitor),
            known => known,
        };
        Ok((0..reader.height()).map(owner).collect())
    }

    fn active_days(rows: &[Visit], days: &mut Vec<i32>) {
        days.extend(rows.iter().filter(|visit| visit.known).map(|visit| visit.day));
    }
}
