//! Values of features over hand-made rows.

use tidewatch::feature::{FeatureColumn, FeatureFrame, Plan, compute};
use tidewatch::progress::Progress;
use tidewatch::tables::TableName::{Customers, Orders, Subscriptions};

use super::hand_made::{by_customer, checked, day, history, orders, project};

const FEATURES: &str = r#"
[features]
presets = []
[features.define.orders]
kind = "count"
table = "orders"
windows = [7, 30, "all"]
[features.define.money]
kind = "sum"
table = "orders"
column = "amount"
where = "amount >= 0"
window = 30
[features.define.since]
kind = "recency"
table = "orders"
empty = 400
[features.define.gap]
kind = "gap_mean"
table = "orders"
[features.define.mean_order]
kind = "ratio"
numerator = "money"
denominator = "orders_30"
"#;

fn computed(text: &str, tables: &tidewatch::contract::Checked, cutoffs: &[&str]) -> FeatureFrame {
    let project = project(text);
    let history = history(&project, tables);
    let plan = Plan::new(&project, tables).expect("a plan");
    let cutoffs: Vec<_> = cutoffs.iter().map(|text| day(text)).collect();
    compute(&plan, &history, &cutoffs, &Progress::silent()).expect("features")
}

#[test]
fn windows_end_before_the_cutoff_and_hold_their_first_day() {
    let rows = orders(&[
        ("b", "2025-05-02", 10.0),
        ("b", "2025-05-25", 20.0),
        ("b", "2025-05-31", -5.0),
        ("b", "2025-06-01", 99.0),
        ("a", "2025-06-02", 1.0),
        ("c", "2025-04-01 23:59", 8.0),
    ]);
    let frame = computed(FEATURES, &checked([(Orders, rows)]), &["2025-06-01", "2025-05-25"]);
    assert_eq!(
        frame.blocks.iter().map(|block| block.as_of.to_string()).collect::<Vec<_>>(),
        ["2025-05-25", "2025-06-01"]
    );
    let value = |block, feature, customer: &str| by_customer(&frame, block, feature)[customer];
    assert_eq!(value(1, "orders_7", "b"), 2.0);
    assert_eq!(value(1, "orders_30", "b"), 3.0);
    assert_eq!(value(1, "money", "b"), 30.0);
    assert_eq!(value(1, "mean_order", "b"), 10.0);
    assert_eq!(value(1, "since", "b"), 1.0);
    assert_eq!(value(1, "gap", "b"), 14.5);
    assert_eq!(value(0, "orders_all", "b"), 1.0);
    assert_eq!(value(1, "orders_30", "c"), 0.0);
    assert!(value(1, "gap", "c").is_nan() && value(1, "mean_order", "c").is_nan());
    assert!(!by_customer(&frame, 1, "since").contains_key("a"), "nothing of a is known before the cutoff");
}

#[test]
fn a_late_row_is_seen_from_the_day_it_was_known() {
    let mut rows = orders(&[("a", "2025-05-01", 1.0), ("a", "2025-05-10", 2.0)]);
    let known = polars::prelude::Column::new("known_at".into(), ["2025-05-02", "2025-05-20"]);
    rows.with_column(known).expect("equal length");
    let frame = computed(FEATURES, &checked([(Orders, rows)]), &["2025-05-20", "2025-05-21"]);
    assert_eq!(by_customer(&frame, 0, "orders_all")["a"], 1.0);
    assert_eq!(by_customer(&frame, 1, "orders_all")["a"], 2.0);
}

#[test]
fn an_end_that_lies_ahead_is_not_known_unless_announced() {
    let rows = polars::df!(
        "customer" => ["a", "b"],
        "started_at" => ["2025-01-01", "2025-01-01"],
        "ended_at" => ["2025-06-10", "2025-06-10"],
        "notice_at" => [None, Some("2025-05-20")],
        "mrr" => [10.0, 20.0]
    )
    .expect("a frame");
    let text = r#"
    [features]
    presets = []
    [features.define.ended]
    kind = "count"
    table = "subscriptions"
    happened = ["ended_at"]
    [features.define.mrr]
    kind = "open_sum"
    table = "subscriptions"
    column = "mrr"
    [features.define.noticed]
    kind = "count"
    table = "subscriptions"
    happened = ["notice_at"]
    "#;
    let frame = computed(text, &checked([(Subscriptions, rows)]), &["2025-06-01", "2025-06-11"]);
    assert_eq!(by_customer(&frame, 0, "mrr")["a"], 10.0);
    assert_eq!(by_customer(&frame, 0, "mrr")["b"], 20.0);
    assert_eq!(by_customer(&frame, 0, "noticed")["b"], 1.0);
    assert_eq!(by_customer(&frame, 0, "ended")["a"], 0.0);
    assert_eq!(by_customer(&frame, 1, "ended")["a"], 1.0);
    assert_eq!(by_customer(&frame, 1, "mrr")["a"], 0.0);
}

#[test]
fn attributes_are_as_they_were_valid_at_the_cutoff() {
    let rows = polars::df!(
        "customer" => ["a", "a", "b"],
        "signup_at" => ["2025-01-01", "2025-01-01", "2025-03-01"],
        "valid_from" => ["2025-01-01", "2025-04-01", "2025-03-01"],
        "valid_to" => [Some("2025-04-01"), None, None],
        "region" => ["north", "south", "east"],
        "seats" => [1.0, 2.0, f64::NAN]
    )
    .expect("a frame");
    let frame =
        computed("[features]\npresets = [\"attribute\"]", &checked([(Customers, rows)]), &["2025-04-01", "2025-04-02"]);
    let names: Vec<&str> = frame.features.iter().map(|info| info.name.as_str()).collect();
    assert_eq!(names, ["tenure_days", "region", "seats"]);
    let region = |block: usize| match &frame.blocks[block].columns[1] {
        FeatureColumn::Level { codes, levels } => codes.iter().map(|&code| levels[code as usize].clone()).collect(),
        FeatureColumn::Number(_) => Vec::new(),
    };
    assert_eq!(region(0), ["north", "east"]);
    assert_eq!(region(1), ["south", "east"]);
    assert_eq!(by_customer(&frame, 1, "seats")["a"], 2.0);
    assert_eq!(by_customer(&frame, 0, "tenure_days")["b"], 31.0);
}

/// Customers who buy every few days, from the first of the year on; every third stops in spring.
fn buyers(until: &str) -> tidewatch::contract::Checked {
    let first = day("2024-01-01");
    let mut rows: Vec<(String, String, f64)> = Vec::new();
    for customer in 0..150 {
        let mut on = customer % 40;
        while on < if customer % 3 == 0 { 100 } else { 366 } {
            let date = first.plus(on).to_string();
            if date.as_str() < until {
                rows.push((format!("c{customer:03}"), date, 10.0));
            }
            on += 5 + customer % 30 + (customer * on) % 7;
        }
    }
    let rows: Vec<(&str, &str, f64)> =
        rows.iter().map(|(id, date, paid)| (id.as_str(), date.as_str(), *paid)).collect();
    checked([(Orders, orders(&rows))])
}

#[test]
fn lifetime_features_are_fitted_on_what_was_bought_before_the_cutoff() {
    const ALIVE: &str = "[features]\npresets = []\n[features.define.p_alive]\nkind = \"alive\"\n\
                         [features.define.next_orders]\nkind = \"expected_orders\"\n";
    let whole = computed(ALIVE, &buyers("2025-01-01"), &["2024-08-01"]);
    let alive = by_customer(&whole, 0, "p_alive");
    assert!(alive.values().all(|share| (0.0..=1.0).contains(share)));
    let mean = |stopped: bool| {
        let is_meant = |id: &String| (id[1..].parse::<u32>().expect("a number") % 3 == 0) == stopped;
        let own: Vec<f64> = alive.iter().filter(|(id, _)| is_meant(id)).map(|(_, share)| *share).collect();
        own.iter().sum::<f64>() / own.len() as f64
    };
    assert!(mean(true) < 0.4 && mean(false) > 0.8, "{} {}", mean(true), mean(false));
    let before = computed(ALIVE, &buyers("2024-08-01"), &["2024-08-01"]);
    for feature in ["p_alive", "next_orders"] {
        let bits =
            |frame: &FeatureFrame| by_customer(frame, 0, feature).into_values().map(f64::to_bits).collect::<Vec<u64>>();
        assert_eq!(bits(&whole), bits(&before), "{feature} knows what was bought later");
    }
}
