//! `churn_saved_share`: how many were kept by being contacted.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Experiment, Facts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "churn_saved_share",
    brief: "how many were kept by being contacted",
    what: "Share of contacted customers who stayed less the same share of the holdout.",
    formula: "P(active A days later | contacted) − P(active A days later | held out), over campaigns with a \
           holdout arm (`holdout` or `control` in messages.arm); A = active_within_days. Numerator and \
           denominator are the two shares.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Retention,
    needs: &[Need::Activity, Need::Column(TableName::Messages, "arm")],
    edge_cases: "Customers whose A days are not over at the as-of date are left out. One arm empty: null, \
           zero_denominator.",
    misleads: "Means what it says only if the holdout was drawn at random: `campaign evaluate` checks that before \
           it speaks.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::ShareDifference,
    maturity: Maturity::ActiveWindow,
    observe,
    example: Example {
        story: "80 of 100 contacted stay, 60 of 80 held out: 0.8 − 0.75 = 5 points.",
        customers: || {
            let customer = |is_contacted, stayed| Facts {
                experiment: Some(Experiment { is_contacted, stayed, ..Experiment::default() }),
                ..Facts::default()
            };
            let (kept, lost) = (customer(true, true), customer(true, false));
            vec![(80, kept), (20, lost), (60, customer(false, true)), (20, customer(false, false))]
        },
        value: 0.8 - 0.75,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if let Some(experiment) = facts.experiment {
        sink.pair(f64::from(u8::from(experiment.stayed)), f64::from(u8::from(experiment.is_contacted)));
    }
}
