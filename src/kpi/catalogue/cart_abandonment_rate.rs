//! `cart_abandonment_rate`: how many carts are left standing.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{EventFacts, Facts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "cart_abandonment_rate",
    brief: "how many carts are left standing",
    what: "Share of sessions with something in the cart and no purchase.",
    formula: "sessions with a cart event and no purchase event / sessions with a cart event; [roles] cart and \
           purchase name the kinds.",
    unit: Unit::Share,
    better: Better::Low,
    stage: Stage::Convert,
    purpose: Purpose::Acquisition,
    needs: &[Need::Table(TableName::Events), Need::Role("cart"), Need::Role("purchase")],
    edge_cases: "A purchase in a later session does not count. Nobody used the cart: null, zero_denominator.",
    misleads: "Carts are also wish lists: many come back later, as journeys show.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Of 10 sessions with a cart, 7 end without a purchase: 70 %.",
        customers: || {
            vec![(
                1,
                Facts {
                    events: EventFacts { with_cart: 10, abandoned: 7, ..EventFacts::default() },
                    ..Facts::default()
                },
            )]
        },
        value: 0.7,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.events.with_cart > 0 {
        sink.pair(f64::from(facts.events.abandoned), f64::from(facts.events.with_cart));
    }
}
