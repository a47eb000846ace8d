//! `ncvg`: what the customers won are worth less those lost.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::Facts;
use crate::kpi::statistic::Statistic;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "ncvg",
    brief: "what the customers won are worth less those lost",
    what: "Net customer value growth in money.",
    formula: "Σ value of customers won − Σ value of customers lost; value by [value] basis times margin, of the \
           won at the end, of the lost at the start. Won: active at the end and not at the start; lost: the \
           reverse.",
    unit: Unit::Money,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Value,
    needs: &[Need::Activity, Need::Value],
    edge_cases: "Growth and shrinking of customers who stay are not in it: the bridge in bridges.parquet has them. \
           Where basis is clv_predicted the revenue of the last 365 days stands in for it.",
    misleads: "Not a rate. A customer newly won has had no time to show his value.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Total,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Five won at 300 each, four lost at 200, ten stay: 1,500 − 800 = 700.",
        customers: || {
            let customer = |value_at_start, value_at_end| Facts { value_at_start, value_at_end, ..Facts::default() };
            let won = Facts { active_at_end: true, ..customer(0.0, 300.0) };
            let lost = Facts { active_at_start: true, ..customer(200.0, 0.0) };
            let kept = Facts { active_at_start: true, active_at_end: true, ..customer(100.0, 150.0) };
            vec![(5, won), (4, lost), (10, kept)]
        },
        value: 700.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    match (facts.active_at_start, facts.active_at_end) {
        (false, true) => sink.add(facts.value_at_end),
        (true, false) => sink.add(-facts.value_at_start),
        // Who stays changes nothing, but is one of the customers behind the number.
        (true, true) => sink.add(0.0),
        (false, false) => {}
    }
}
