//! Bridges, cohorts and segments on small tables whose numbers can be done by hand.

use polars::prelude::*;
use tidewatch::kpi::{self, Extras};
use tidewatch::progress::Progress;
use tidewatch::tables::TableName;

use super::frames::{Builder, checked, day, project, table};

fn extras(settings: &str, tables: impl IntoIterator<Item = Builder>, as_of: &str) -> Extras {
    kpi::extras(&project(settings), &checked(tables), day(as_of), &Progress::silent()).expect("extras")
}

fn numbers(frame: &DataFrame, column: &str) -> Vec<f64> {
    let column = frame.column(column).expect("a column").cast(&DataType::Float64).expect("numbers");
    column.f64().expect("numbers").iter().map(|value| value.unwrap_or(f64::NAN)).collect()
}

fn texts(frame: &DataFrame, column: &str) -> Vec<String> {
    let column = frame.column(column).expect("a column").cast(&DataType::String).expect("texts");
    column.str().expect("texts").iter().map(|text| text.unwrap_or("null").to_owned()).collect()
}

/// Values of a column in the rows that have these texts.
fn picked(frame: &DataFrame, with: &[(&str, &str)], column: &str) -> Vec<f64> {
    let keys: Vec<(Vec<String>, &str)> = with.iter().map(|(name, text)| (texts(frame, name), *text)).collect();
    let fits = |row: &usize| keys.iter().all(|(column, text)| column[*row] == *text);
    let values = numbers(frame, column);
    (0..frame.height()).filter(fits).map(|row| values[row]).collect()
}

fn subscriptions() -> Builder {
    table(TableName::Subscriptions)
        .text("customer", &["new", "grows", "grows", "shrinks", "shrinks", "leaves", "back", "back"])
        .time(
            "started_at",
            &[
                "2025-02-10",
                "2025-01-01",
                "2025-02-05",
                "2025-01-01",
                "2025-02-07",
                "2025-01-01",
                "2024-11-01",
                "2025-02-20",
            ],
        )
        .time("ended_at", &["", "2025-02-05", "", "2025-02-07", "", "2025-02-15", "2024-12-15", ""])
        .number("mrr", &[10.01, 20.02, 25.05, 30.03, 9.99, 7.77, 5.0, 6.66])
}

#[test]
fn a_bridge_of_recurring_revenue_sums_to_the_cent() {
    let bridges = extras("", [subscriptions()], "2025-03-01").bridges;
    let february = [("bridge", "mrr"), ("period_start", "2025-02-01"), ("segment", "null")];
    let part = |name| picked(&bridges, &february, name)[0];
    assert_eq!(part("opening"), 57.82);
    assert_eq!(part("new"), 10.01);
    assert_eq!(part("expansion"), 5.03);
    assert_eq!(part("reactivation"), 6.66);
    assert_eq!(part("contraction"), 20.04);
    assert_eq!(part("churn"), 7.77);
    assert_eq!(part("closing"), 51.71);
    assert_eq!(part("customers_new") - part("customers_churned") + part("customers_reactivated"), 1.0);
}

#[test]
fn parts_of_a_bridge_sum_to_the_whole() {
    let customers = table(TableName::Customers)
        .text("customer", &["new", "grows", "shrinks"])
        .attribute("region", &["north", "south", "south"]);
    let bridges = extras("segments = [\"region\"]", [subscriptions(), customers], "2025-03-01").bridges;
    for column in ["opening", "new", "expansion", "contraction", "churn", "reactivation", "closing"] {
        let whole: f64 = picked(&bridges, &[("bridge", "mrr"), ("segment", "null")], column).iter().sum();
        let parts: f64 = picked(&bridges, &[("bridge", "mrr"), ("segment", "region")], column).iter().sum();
        assert!((whole - parts).abs() < 1e-9, "{column}");
    }
}

fn orders() -> Builder {
    table(TableName::Orders)
        .text("customer", &["a", "a", "b", "c", "c"])
        .time("at", &["2025-01-05", "2025-02-05", "2025-01-20", "2025-02-10", "2025-02-17"])
        .number("amount", &[10.0, 20.0, 5.0, 7.0, 3.0])
}

#[test]
fn triangles_have_no_cells_that_are_not_over() {
    let cohorts = extras("", [orders()], "2025-02-20").cohorts;
    let january = |measure| picked(&cohorts, &[("measure", measure), ("cohort", "2025-01-01")], "value");
    assert_eq!(january("retention")[0], 1.0);
    assert!(january("retention")[1].is_nan(), "February is not over");
    let over = extras("", [orders()], "2025-03-01").cohorts;
    let january = |measure| picked(&over, &[("measure", measure), ("cohort", "2025-01-01")], "value");
    assert_eq!(january("retention"), [1.0, 0.5]);
    assert_eq!(january("revenue"), [15.0, 20.0]);
    assert_eq!(january("ltv"), [7.5, 17.5]);
}

#[test]
fn retention_by_day_bracket_and_ever_after() {
    let cohorts = extras("", [orders()], "2025-06-10").cohorts;
    let february = |measure| picked(&cohorts, &[("measure", measure), ("cohort", "2025-02-01")], "value");
    assert_eq!(february("n_day")[1], 1.0, "c came back exactly seven days later");
    assert_eq!(february("bracket")[..3], [0.0, 1.0, 0.0]);
    assert_eq!(february("unbounded")[..3], [1.0, 1.0, 0.0]);
}

#[test]
fn moves_of_each_segment_sum_to_one() {
    let migration = extras("active_within_days = 30", [orders()], "2025-03-01").segment_migration;
    let from: Vec<String> = texts(&migration, "scheme")
        .iter()
        .zip(texts(&migration, "from_segment"))
        .map(|(scheme, from)| format!("{scheme} {from}"))
        .collect();
    let shares = numbers(&migration, "share");
    for row in &from {
        let sum: f64 = from.iter().zip(&shares).filter(|(other, _)| *other == row).map(|(_, share)| share).sum();
        assert!((sum - 1.0).abs() < 1e-12, "{row}");
    }
    assert!(
        texts(&migration, "to_segment").contains(&"lost".to_owned()),
        "b was active on 1 February and is not on 1 March"
    );
}

#[test]
fn every_customer_has_one_life() {
    let segments = extras("active_within_days = 30", [orders()], "2025-03-01").segments;
    assert_eq!(texts(&segments, "customer"), ["a", "b", "c"]);
    assert_eq!(texts(&segments, "lifecycle"), ["at_risk", "dormant", "new"]);
    assert_eq!(numbers(&segments, "value"), [30.0, 0.0, 10.0]);
}

#[test]
fn moves_between_any_two_days_carry_their_value() {
    let tables = checked([orders()]);
    let project = project("active_within_days = 30");
    let moves = |from, to| kpi::migration(&project, &tables, day(from), day(to), &Progress::silent());
    let found = moves("2025-01-25", "2025-02-20").expect("moves");
    let lifecycle: Vec<_> = found.iter().filter(|row| row.scheme == "lifecycle").collect();
    assert_eq!(lifecycle.iter().map(|row| row.customers).sum::<u64>(), 3);
    let amounts = |of: fn(&kpi::segments::Move) -> i64| lifecycle.iter().map(|row| of(row)).sum::<i64>();
    // a grows by 20, c is new with 10, b is worth nothing once he is no longer active.
    assert_eq!((amounts(|row| row.expansion.get()), amounts(|row| row.contraction.get())), (3_000, 500));
    assert!(found.iter().all(|row| row.value_to - row.value_from == row.expansion - row.contraction));
    assert!(moves("2025-02-20", "2025-02-20").is_err(), "no time lies between");
}

#[test]
fn cohorts_may_be_weeks() {
    let weekly = extras("[kpi]\ncohorts = \"week\"", [orders()], "2025-02-20").cohorts;
    let retention = picked(&weekly, &[("measure", "retention"), ("cohort", "2025-02-10")], "value");
    assert_eq!(retention[0], 1.0);
    assert!(retention[1].is_nan(), "the week of the 17th is not over");
    let triangle = [("measure", "retention")];
    assert!(picked(&weekly, &triangle, "n").len() > 3);
    assert!(texts(&weekly, "age_unit").contains(&"week".to_owned()));
}

#[test]
fn a_night_later_nearly_everybody_is_in_the_same_cluster() {
    let Some((_folder, project, checked)) = crate::source::public_sets::checked("cdnow") else { return };
    let clusters = |as_of: &str| {
        let found = kpi::extras(&project, &checked, day(as_of), &Progress::silent()).expect("extras").segments;
        let names = texts(&found, "cluster_name");
        texts(&found, "customer").into_iter().zip(names).collect::<std::collections::BTreeMap<_, _>>()
    };
    let (before, after) = (clusters("1998-06-29"), clusters("1998-06-30"));
    let names = |of: &std::collections::BTreeMap<String, String>| {
        of.values().cloned().collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(names(&before), names(&after));
    assert!(names(&before).len() >= 2);
    let same = before.iter().filter(|(customer, name)| after.get(*customer) == Some(name)).count();
    assert!(same as f64 >= 0.98 * before.len() as f64, "{same} of {}", before.len());
}
