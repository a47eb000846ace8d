//! `ctr`: how many who see an ad click it.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{AdFacts, Facts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "ctr",
    brief: "how many who see an ad click it",
    what: "Click-through rate of ads.",
    formula: "clicks / impressions.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Reach,
    purpose: Purpose::Acquisition,
    needs: &[Need::Column(TableName::Ads, "impressions"), Need::Column(TableName::Ads, "clicks")],
    edge_cases: "No impressions: null, zero_denominator. n counts impressions.",
    misleads: "Clicks are no people: accidental and automatic ones are in it. The interval takes impressions as \
           independent, which those of one viewer are not.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "100 clicks of 1,000 impressions: 10 %.",
        customers: || {
            vec![
                (
                    1,
                    Facts {
                        ads: AdFacts { ads: 1, clicks: 60.0, impressions: 400.0, ..AdFacts::default() },
                        ..Facts::default()
                    },
                ),
                (
                    1,
                    Facts {
                        ads: AdFacts { ads: 1, clicks: 40.0, impressions: 600.0, ..AdFacts::default() },
                        ..Facts::default()
                    },
                ),
            ]
        },
        value: 0.1,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.ads.ads > 0 {
        sink.pair(facts.ads.clicks, facts.ads.impressions);
    }
}
