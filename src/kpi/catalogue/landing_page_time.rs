//! `landing_page_time`: how long the first page holds.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, VisitFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "landing_page_time",
    brief: "how long the first page holds",
    what: "Mean time on the landing page.",
    formula: "Σ landing_seconds / visits that have it.",
    unit: Unit::Seconds,
    better: Better::High,
    stage: Stage::Act,
    purpose: Purpose::Engagement,
    needs: &[Need::Column(TableName::Visits, "landing_seconds")],
    edge_cases: "Visits without the time are left out.",
    misleads: "The last page of a visit has no time in most tools, so bounces are missing from it.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Mean,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Visits hold 10, 20 and 60 seconds: 30.",
        customers: || {
            vec![(
                1,
                Facts {
                    visits: VisitFacts { landings: vec![10.0, 20.0, 60.0], ..VisitFacts::default() },
                    ..Facts::default()
                },
            )]
        },
        value: 30.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    for seconds in &facts.visits.landings {
        sink.add(*seconds);
    }
}
