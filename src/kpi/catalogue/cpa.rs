//! `cpa`: what an acquisition costs.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{AdFacts, Facts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "cpa",
    brief: "what an acquisition costs",
    what: "Cost per acquisition.",
    formula: "spend / acquisitions; an acquisition is what the column `ads.acquisitions` counts.",
    unit: Unit::Money,
    better: Better::Low,
    stage: Stage::Convert,
    purpose: Purpose::Acquisition,
    needs: &[Need::Column(TableName::Ads, "spend"), Need::Column(TableName::Ads, "acquisitions")],
    edge_cases: "No acquisitions: null, zero_denominator, however much was spent. n counts rows of ads.",
    misleads: "Platforms count the acquisitions they would like to have caused: only a holdout tells.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Ratio,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "500 spent on one campaign for 10 customers, 500 on another for 15: 1,000 / 25 = 40.",
        customers: || {
            vec![
                (
                    1,
                    Facts {
                        ads: AdFacts { ads: 1, spend: 500.0, acquisitions: 10.0, ..AdFacts::default() },
                        ..Facts::default()
                    },
                ),
                (
                    1,
                    Facts {
                        ads: AdFacts { ads: 1, spend: 500.0, acquisitions: 15.0, ..AdFacts::default() },
                        ..Facts::default()
                    },
                ),
            ]
        },
        value: 40.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.ads.ads > 0 {
        sink.pair(facts.ads.spend, facts.ads.acquisitions);
    }
}
