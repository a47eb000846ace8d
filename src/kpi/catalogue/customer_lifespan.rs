//! `customer_lifespan`: how long customers stay.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, Life};
use crate::kpi::statistic::Statistic;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "customer_lifespan",
    brief: "how long customers stay",
    what: "Mean life of a customer, within the first two years.",
    formula: "area under the Kaplan–Meier curve of customers' lives from 0 to 730 days (or to the longest life \
           seen, if shorter). A life begins when the customer is first seen and ends when he is no longer \
           active; who is active at the period's end has lived at least so long.",
    unit: Unit::Days,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Retention,
    needs: &[Need::Activity],
    edge_cases: "Nobody seen yet: null. Who came back counts as never gone. Restricted: lives beyond two years count \
           two years.",
    misleads: "Dividing 1 by the churn rate instead assumes that all customers leave at the same rate. Young \
           businesses have seen short lives only.",
    source: "DEFINITIONS §1; Klein and Moeschberger, ch. 4.",
    statistic: Statistic::RestrictedMean(730),
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Lives of 100, 200, 300 and 400 days, all over: 250 days.",
        customers: || {
            let customer = |days| Facts { life: Some(Life { days, over: true }), ..Facts::default() };
            vec![(1, customer(100)), (1, customer(200)), (1, customer(300)), (1, customer(400))]
        },
        value: 250.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if let Some(life) = facts.life {
        sink.pair(f64::from(life.days), f64::from(u8::from(life.over)));
    }
}
