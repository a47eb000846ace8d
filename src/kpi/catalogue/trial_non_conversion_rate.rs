//! `trial_non_conversion_rate`: who tries and does not buy.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, SubscriptionFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "trial_non_conversion_rate",
    brief: "who tries and does not buy",
    what: "Share of trials that ended without a paid subscription.",
    formula: "trials that ended in the period without a paid subscription within grace (the longest grace_days of \
           the targets) / trials that ended in the period. A trial ends when it ends or expires.",
    unit: Unit::Share,
    better: Better::Low,
    stage: Stage::Convert,
    purpose: Purpose::Acquisition,
    needs: &[Need::Column(TableName::Subscriptions, "trial")],
    edge_cases: "Trials whose grace is not over at the as-of date, and which have not converted, are left out.",
    misleads: "Trials that are still running are in neither part; long trials lag.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::Grace,
    observe,
    example: Example {
        story: "Of 40 trials that ended 30 did not convert: 75 %.",
        customers: || {
            vec![
                (
                    30,
                    Facts {
                        subscriptions: SubscriptionFacts {
                            trials_ended: 1,
                            trials_lost: 1,
                            ..SubscriptionFacts::default()
                        },
                        ..Facts::default()
                    },
                ),
                (
                    10,
                    Facts {
                        subscriptions: SubscriptionFacts { trials_ended: 1, ..SubscriptionFacts::default() },
                        ..Facts::default()
                    },
                ),
            ]
        },
        value: 0.75,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    let subscriptions = &facts.subscriptions;
    if subscriptions.trials_ended > 0 {
        sink.pair(f64::from(subscriptions.trials_lost), f64::from(subscriptions.trials_ended));
    }
}
