//! `clv_predicted`: what a customer is expected to bring.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::Facts;
use crate::kpi::statistic::Statistic;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "clv_predicted",
    brief: "what a customer is expected to bring",
    what: "Mean predicted lifetime value of the buyers to date, over the next 365 days.",
    formula: "Σ_t E[orders_t] · E[order value] · margin / (1 + d)^t per customer, t over the 365 days after the \
           as-of date in steps of 30, d = 10 % a year; orders by MBG/NBD, order values by gamma-gamma. Mean \
           over customers with a purchase.",
    unit: Unit::Money,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Value,
    needs: &[Need::Lifetimes],
    edge_cases: "Only the period that ends at the as-of date has a prediction. Fewer than 30 customers who came back: \
           no model, null. Returns are left out; purchases of one day are one.",
    misleads: "The mean is carried by few customers. The models know rhythm and amounts only: no price changes, no \
           campaigns. BG/NBD would hold every one-time buyer immortal; MBG/NBD does not.",
    source: "DEFINITIONS §1; Batislam, Denizel and Filiztekin 2007; Fader and Hardie 2013.",
    statistic: Statistic::Mean,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Three customers are expected to bring 20 each, one 140: 200 / 4 = 50.",
        customers: || {
            let customer = |value| Facts { lifetime_value: Some(value), ..Facts::default() };
            vec![(3, customer(20.0)), (1, customer(140.0))]
        },
        value: 50.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if let Some(value) = facts.lifetime_value {
        sink.add(value);
    }
}
