//! `iroas`: what contacting customers truly brings for what it costs.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Experiment, Facts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "iroas",
    brief: "what contact truly brings for what it costs",
    what: "Incremental return on the spend of campaigns with a holdout: revenue that would not have come without them, \
           per unit of cost.",
    formula: "(mean net revenue of contacted customers − of customers held out) · contacted customers / cost of their \
           messages; revenue of the A days from a customer's first message (or its counterpart in the holdout) \
           of the period on, A = active_within_days. Numerator: incremental revenue; denominator: cost.",
    unit: Unit::Ratio,
    better: Better::High,
    stage: Stage::Convert,
    purpose: Purpose::Value,
    needs: &[
        Need::Table(TableName::Orders),
        Need::Column(TableName::Messages, "arm"),
        Need::Column(TableName::Messages, "cost"),
    ],
    edge_cases: "Only campaigns with a holdout arm (`holdout` or `control`) count. Customers whose A days are not over at \
           the as-of date are left out. No cost, or an empty arm: null, zero_denominator.",
    misleads: "Means what it says only if the holdout was drawn at random: `campaign evaluate` checks that before it \
           speaks. Below 1 the revenue does not cover the cost, and margin is less than revenue.",
    source: "DEFINITIONS §1; Johnson, Lewis and Nubbemeyer 2017 (ghost ads) for the holdout as the yardstick.",
    statistic: Statistic::IncrementalRatio,
    maturity: Maturity::ActiveWindow,
    observe,
    example: Example {
        story: "100 contacted at 0.5 each bring 12 on average, 50 held out 10: (12 − 10) · 100 / 50 = 4.",
        customers: || {
            let customer = |is_contacted, revenue, cost| Facts {
                experiment: Some(Experiment { is_contacted, revenue, cost, stayed: true }),
                ..Facts::default()
            };
            vec![(100, customer(true, 12.0, 0.5)), (50, customer(false, 10.0, 0.0))]
        },
        value: 4.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if let Some(experiment) = facts.experiment {
        sink.arm(experiment.is_contacted, experiment.revenue, experiment.cost);
    }
}
