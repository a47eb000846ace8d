//! What single customers contribute to a KPI over one span: its two sums, for whoever compares groups of customers.

use super::definition::{Kpi, Sink};
use super::engine::Plan;
use super::facts::{Scratch, Store, StoreRequest};
use super::period::Period;
use super::statistic::{Statistic, Tally};
use super::{Context, Error, PeriodKind, Request, wants_lifetimes, wants_sessions};
use crate::contract::Checked;
use crate::project::Project;
use crate::time::Day;

/// What every customer contributes to one KPI.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributions {
    /// The KPI is a plain total; otherwise it is the first sum over the second.
    pub is_total: bool,
    /// Customer, what stands above the line, what stands below it; customers without an observation are left out.
    pub rows: Vec<(String, f64, f64)>,
}

/// Contributions of all customers to the KPI of that name in `[from, to)`, seen from `as_of`.
///
/// # Errors
/// Unknown names; [`Error::NotPerCustomer`] for medians, survival and what needs a table that is not mapped.
pub fn by_customer(
    project: &Project,
    checked: &Checked,
    name: &str,
    (from, to): (Day, Day),
    as_of: Day,
) -> Result<Contributions, Error> {
    let request = Request {
        as_of,
        period: PeriodKind::Day,
        from: Some(from),
        to: Some(to),
        kpis: vec![name.to_owned()],
        segments: Vec::new(),
        rolling_days: None,
    };
    let mut context = Context::new(project, checked, &request, None)?;
    context.calendar.periods = vec![Period { start: from, end: to.min(as_of), partial: false }];
    context.calendar.compared = 0;
    let kpi = context.kpis[0];
    let refused = |why: &str| Error::NotPerCustomer { name: kpi.name, why: why.to_owned() };
    if let Some(missing) = context.missing(kpi) {
        return Err(refused(&format!("it needs `{missing}`")));
    }
    let scale = scale(kpi).ok_or_else(|| refused("it is no sum, share, mean or ratio over customers"))?;
    let kpis = [kpi];
    let tables = context.tables(&kpis);
    let store = Store::load(
        project,
        checked,
        &StoreRequest {
            as_of,
            tables: &tables,
            attributes: &[],
            split: None,
            wants_sessions: wants_sessions(&kpis),
            wants_lifetimes: wants_lifetimes(&kpis),
        },
    )?;
    let plan = Plan { kpis: &kpis, calendar: &context.calendar, groupings: &[], by_cohort: None };
    Ok(Contributions { is_total: is_total(kpi), rows: rows(plan, kpi, &store, scale) })
}

fn rows(plan: Plan<'_>, kpi: &Kpi, store: &Store, scale: f64) -> Vec<(String, f64, f64)> {
    let mut scratch = Scratch::default();
    let mut rows = Vec::new();
    for subject in (0..store.subjects.len()).filter(|subject| store.subjects.anonymous(*subject).is_none()) {
        let mut tally = Tally::default();
        for facts in store.facts(subject, plan.calendar, &mut scratch) {
            (kpi.observe)(facts, &mut Sink::new(kpi.statistic, &mut tally));
        }
        if !tally.is_empty() {
            let (n, above, below) = tally.sums();
            let below = if matches!(kpi.statistic, Statistic::Share | Statistic::Ratio) { below } else { n };
            rows.push((store.subjects.name(subject).to_owned(), above * scale, below));
        }
    }
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows
}

fn is_total(kpi: &Kpi) -> bool {
    matches!(kpi.statistic, Statistic::Total | Statistic::PerDay)
}

/// What the sum above the line is multiplied with; `None` for statistics that are no sums.
fn scale(kpi: &Kpi) -> Option<f64> {
    match kpi.statistic {
        Statistic::NetShare => Some(100.0),
        Statistic::Total | Statistic::Share | Statistic::Mean | Statistic::Ratio | Statistic::Balance => Some(1.0),
        _ => None,
    }
}
