//! `non_renewal_rate`: whose term ends and is not renewed.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, SubscriptionFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "non_renewal_rate",
    brief: "whose term ends and is not renewed",
    what: "Share of paid terms that ended and were not renewed.",
    formula: "paid terms that ended in the period without a paid subscription that goes on within grace (the \
           longest grace_days of the targets) / paid terms that ended in the period. A term ends when it ends \
           or expires.",
    unit: Unit::Share,
    better: Better::Low,
    stage: Stage::Engage,
    purpose: Purpose::Retention,
    needs: &[Need::Table(TableName::Subscriptions)],
    edge_cases: "Terms whose grace is not over at the as-of date, and which are not renewed, are left out. A \
           subscription that runs on past its expiry is renewed. Without expires_at only terms that ended are \
           known, and nearly all of them are not renewed.",
    misleads: "Customers with many short terms weigh more than those with one long one.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::Grace,
    observe,
    example: Example {
        story: "Of 50 terms that ended 5 were not renewed: 10 %.",
        customers: || {
            vec![
                (
                    5,
                    Facts {
                        subscriptions: SubscriptionFacts {
                            terms_ended: 1,
                            terms_lost: 1,
                            ..SubscriptionFacts::default()
                        },
                        ..Facts::default()
                    },
                ),
                (
                    45,
                    Facts {
                        subscriptions: SubscriptionFacts { terms_ended: 1, ..SubscriptionFacts::default() },
                        ..Facts::default()
                    },
                ),
            ]
        },
        value: 0.1,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    let subscriptions = &facts.subscriptions;
    if subscriptions.terms_ended > 0 {
        sink.pair(f64::from(subscriptions.terms_lost), f64::from(subscriptions.terms_ended));
    }
}
