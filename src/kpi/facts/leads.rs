//! Facts from `leads`, by the day they came.

use polars::prelude::PolarsResult;

use super::Facts;
use super::source::{Frame, Reader, Source, by_period, count};
use crate::tables::TableName;

/// Prospects of a period.
#[derive(Debug, Clone, Copy, Default)]
pub struct LeadFacts {
    /// Leads that came in the period.
    pub leads: u32,
    /// Of them, qualified by now.
    pub qualified: u32,
    /// Of them, customers by now.
    pub converted: u32,
}

/// The table.
#[derive(Debug, Default)]
pub struct Leads;

/// One lead.
#[derive(Debug, Clone, Copy)]
pub struct Lead {
    day: i32,
    qualified: bool,
    converted: bool,
}

impl Source for Leads {
    type Row = Lead;
    const TABLE: TableName = TableName::Leads;
    const COLUMNS: &'static [&'static str] = &["at_day", "customer", "qualified_at_day", "converted_at_day"];

    fn read(&mut self, reader: &Reader<'_>) -> PolarsResult<Vec<(usize, Lead)>> {
        let days = reader.days("at_day")?;
        let (qualified, converted) = (reader.days("qualified_at_day")?, reader.days("converted_at_day")?);
        let lead = |row| Lead {
            day: days.or_never(row),
            qualified: qualified.get(row).is_some(),
            converted: converted.get(row).is_some(),
        };
        Ok((0..reader.height()).map(|row| (row, lead(row))).collect())
    }

    fn key(lead: &Lead) -> [i64; 6] {
        [i64::from(lead.day), i64::from(lead.qualified), i64::from(lead.converted), 0, 0, 0]
    }

    fn fill(rows: &[Lead], frame: Frame<'_>, facts: &mut [Facts]) {
        by_period(
            rows,
            |lead| lead.day,
            frame,
            facts,
            |leads, facts| {
                facts.leads = LeadFacts {
                    leads: count(leads.len()),
                    qualified: count(leads.iter().filter(|lead| lead.qualified).count()),
                    converted: count(leads.iter().filter(|lead| lead.converted).count()),
                };
            },
        );
    }
}
