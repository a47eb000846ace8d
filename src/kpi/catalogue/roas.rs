//! `roas`: what an ad brings for what it costs.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{AdFacts, Facts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "roas",
    brief: "what an ad brings for what it costs",
    what: "Return on advertising spend.",
    formula: "attributed revenue / spend; attribution is that of the source of `ads.revenue`.",
    unit: Unit::Ratio,
    better: Better::High,
    stage: Stage::Convert,
    purpose: Purpose::Value,
    needs: &[Need::Column(TableName::Ads, "spend"), Need::Column(TableName::Ads, "revenue")],
    edge_cases: "Nothing spent: null, zero_denominator. n counts rows of ads.",
    misleads: "Attributed is not caused: last-click attribution pays for customers who would have come anyway. The \
           honest one is measured against a holdout.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Ratio,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "300 brought for 100 spent, 100 for 100: 2.",
        customers: || {
            vec![
                (
                    1,
                    Facts {
                        ads: AdFacts { ads: 1, spend: 100.0, revenue: 300.0, ..AdFacts::default() },
                        ..Facts::default()
                    },
                ),
                (
                    1,
                    Facts {
                        ads: AdFacts { ads: 1, spend: 100.0, revenue: 100.0, ..AdFacts::default() },
                        ..Facts::default()
                    },
                ),
            ]
        },
        value: 2.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.ads.ads > 0 {
        sink.pair(facts.ads.revenue, facts.ads.spend);
    }
}
