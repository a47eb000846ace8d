//! Outcomes over hand-made rows.

use polars::prelude::DataFrame;
use tidewatch::feature::{Plan, compute};
use tidewatch::label::{Labels, Outcome, label};
use tidewatch::observe::{known_until, mature_cutoffs};
use tidewatch::progress::Progress;
use tidewatch::tables::TableName::{self, Customers, Orders, Subscriptions, Surveys};

use super::hand_made::{checked, day, history, orders, project};

fn labelled(text: &str, table: TableName, rows: DataFrame, as_of: &str, known: &str) -> (Vec<String>, Labels) {
    let project = project(&format!("[features]\npresets = []\n{text}"));
    let tables = checked([(table, rows)]);
    let history = history(&project, &tables);
    let plan = Plan::new(&project, &tables).expect("a plan");
    let frame = compute(&plan, &history, &[day(as_of)], &Progress::silent()).expect("features");
    let ids = frame.blocks[0].customer.iter().map(|&number| frame.customers.id(number).to_owned()).collect();
    (ids, label(&project, "t", &history, &frame, day(known)).expect("labels"))
}

#[test]
fn inactivity_counts_the_window_and_only_it() {
    let rows = orders(&[
        ("gap", "2025-01-01", 1.0),
        ("gap", "2025-02-02", 1.0),
        ("last", "2025-01-01", 1.0),
        ("last", "2025-02-12", 1.0),
        ("late", "2025-01-01", 1.0),
        ("late", "2025-02-13", 1.0),
        ("old", "2024-01-01", 1.0),
    ]);
    let text = "[target.t]\nkind = \"inactivity\"\ntable = \"orders\"\nactive_within_days = 40\ngap_days = 2\nhorizon_days = 10";
    let (ids, labels) = labelled(text, Orders, rows.clone(), "2025-02-01", "2025-02-13");
    assert_eq!(ids, ["gap", "last", "late", "old"]);
    assert_eq!(labels.blocks[0].outcome, [Outcome::Yes, Outcome::No, Outcome::Yes, Outcome::Yes]);
    assert_eq!(labels.blocks[0].eligible, [true, true, true, false]);
    let (_, young) = labelled(text, Orders, rows, "2025-02-01", "2025-02-12");
    assert!(young.blocks[0].outcome.iter().all(|outcome| *outcome == Outcome::Unknown));
}

#[test]
fn a_subscription_that_resumes_within_grace_has_not_ended() {
    let rows = polars::df!(
        "customer" => ["ends", "resumes", "resumes", "switches", "switches", "noticed", "stays", "gone"],
        "started_at" => ["2025-01-01", "2025-01-01", "2025-02-18", "2025-01-01", "2025-02-10", "2025-01-01", "2025-01-01", "2024-01-01"],
        "ended_at" => [Some("2025-02-10"), Some("2025-02-10"), None, Some("2025-02-10"), None, Some("2025-02-15"), None, Some("2025-01-31")],
        "notice_at" => [None, None, None, None, None, Some("2025-01-20"), None, None],
        "end_reason" => [Some("payment"), Some("voluntary"), None, Some("voluntary"), None, Some("voluntary"), None, Some("other")]
    )
    .expect("a frame");
    let text = "[target.t]\nkind = \"subscription_end\"\nhorizon_days = 30\ngrace_days = 10";
    let (ids, labels) = labelled(text, Subscriptions, rows.clone(), "2025-02-01", "2025-03-13");
    assert_eq!(ids, ["ends", "gone", "noticed", "resumes", "stays", "switches"]);
    let yes: Vec<bool> = labels.blocks[0].outcome.iter().map(|outcome| *outcome == Outcome::Yes).collect();
    assert_eq!(yes, [true, false, true, false, false, false]);
    assert_eq!(labels.blocks[0].eligible, [true, false, false, true, true, true]);
    let (_, immature) = labelled(text, Subscriptions, rows.clone(), "2025-02-01", "2025-03-12");
    assert_eq!(immature.blocks[0].outcome[0], Outcome::Unknown);
    let (_, voluntary) =
        labelled(&format!("{text}\nreasons = [\"voluntary\"]"), Subscriptions, rows, "2025-02-01", "2025-03-13");
    assert_eq!(voluntary.blocks[0].outcome[0], Outcome::No);
}

#[test]
fn promoters_and_good_reviews_are_advocates() {
    let rows = polars::df!(
        "customer" => ["a", "b", "c", "d"],
        "at" => ["2025-02-05", "2025-02-05", "2025-02-05", "2025-01-05"],
        "question" => ["nps", "nps", "review", "nps"],
        "score" => [9.0, 4.0, 4.0, 10.0],
        "scale_min" => [0.0, 0.0, 1.0, 0.0],
        "scale_max" => [10.0, 4.0, 5.0, 10.0]
    )
    .expect("a frame");
    let known = polars::df!("customer" => ["a", "b", "c", "d"], "signup_at" => ["2025-01-01"; 4]).expect("a frame");
    let project = project("[features]\npresets = []\n[target.t]\nkind = \"advocacy\"\nhorizon_days = 28");
    let tables = checked([(Surveys, rows), (Customers, known)]);
    let history = history(&project, &tables);
    let plan = Plan::new(&project, &tables).expect("a plan");
    let frame = compute(&plan, &history, &[day("2025-02-01")], &Progress::silent()).expect("features");
    let labels = label(&project, "t", &history, &frame, day("2025-03-01")).expect("labels");
    assert_eq!(labels.blocks[0].outcome, [Outcome::Yes, Outcome::Yes, Outcome::Yes, Outcome::No]);
}

#[test]
fn a_column_is_the_outcome_and_never_a_feature() {
    let rows = polars::df!(
        "customer" => ["a", "b", "c"],
        "Churn" => [Some("Yes"), Some("No"), None],
        "months" => [1.0, 2.0, 3.0]
    )
    .expect("a frame");
    let project = project("[target.t]\nkind = \"column\"\ncolumn = \"Churn\"\npositive = \"Yes\"");
    let tables = checked([(Customers, rows)]);
    let history = history(&project, &tables);
    let plan = Plan::new(&project, &tables).expect("a plan");
    let frame = compute(&plan, &history, &[day("2025-02-01")], &Progress::silent()).expect("features");
    assert_eq!(frame.features.iter().map(|info| info.name.as_str()).collect::<Vec<_>>(), ["months"]);
    let labels = label(&project, "t", &history, &frame, day("2025-02-01")).expect("labels");
    assert_eq!(labels.blocks[0].outcome, [Outcome::Yes, Outcome::No, Outcome::Unknown]);
    assert_eq!(labels.blocks[0].eligible, [true, true, false]);
}

#[test]
fn training_cutoffs_count_back_from_the_latest_mature_one() {
    let project = project(
        "[target.t]\nkind = \"inactivity\"\ntable = \"orders\"\nhorizon_days = 30\ngap_days = 1\n[train]\ncadence_days = 10\ncutoffs = 3",
    );
    let tables = checked([(Orders, orders(&[("a", "2025-05-31", 1.0)]))]);
    let known = known_until(&project, "t", &tables, day("2025-07-01"));
    assert_eq!(known, day("2025-06-01"), "a history that ends on 31 May covers windows that end on 1 June");
    let cutoffs: Vec<String> = mature_cutoffs(&project, "t", known).iter().map(ToString::to_string).collect();
    assert_eq!(cutoffs, ["2025-04-11", "2025-04-21", "2025-05-01"]);
}
