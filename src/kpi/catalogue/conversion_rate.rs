//! `conversion_rate`: how many visits lead to a conversion.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, VisitFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "conversion_rate",
    brief: "how many visits lead to a conversion",
    what: "Share of visits that convert.",
    formula: "converted visits / visits; a visit converted if `visits.converted` says so or, where that is empty, \
           if it has revenue.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Convert,
    purpose: Purpose::Acquisition,
    needs: &[Need::Table(TableName::Visits)],
    edge_cases: "Visits are the exposed units, not visitors: see lead_conversion_rate for leads.",
    misleads: "Visits of one visitor are not independent; traffic that is bought moves the denominator.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Of 200 visits 5 convert: 2.5 %.",
        customers: || {
            vec![
                (
                    5,
                    Facts {
                        visits: VisitFacts { visits: 20, converted: 1, ..VisitFacts::default() },
                        ..Facts::default()
                    },
                ),
                (5, Facts { visits: VisitFacts { visits: 20, ..VisitFacts::default() }, ..Facts::default() }),
            ]
        },
        value: 0.025,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.visits.visits > 0 {
        sink.pair(f64::from(facts.visits.converted), f64::from(facts.visits.visits));
    }
}
