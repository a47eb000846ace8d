//! What must not matter: the order of rows, how they are split, the number of threads, and the future.

use std::path::Path;

use polars::prelude::{Expr, IntoLazy, LazyFrame, SortMultipleOptions, UnionArgs, col, concat};
use tidewatch::contract::{self, Checked};
use tidewatch::feature::audit::{Future, differing, with_future};
use tidewatch::feature::{FeatureColumn, FeatureFrame, FeatureInfo, Plan, compute};
use tidewatch::progress::Progress;
use tidewatch::project::Project;
use tidewatch::rollup::History;
use tidewatch::tables::TableName;
use tidewatch::time::Day;

use super::hand_made::{checked, day, history, orders, project};

fn demo() -> (Project, Checked) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/demo");
    let project = Project::load(&folder).expect("the demo project");
    let as_of = project.project.as_of.expect("the demo's date");
    let checked = contract::check(&project, as_of, &Progress::silent()).expect("the demo keeps the contract");
    (project, checked)
}

fn computed(project: &Project, checked: &Checked, cutoffs: &[Day]) -> FeatureFrame {
    let plan = Plan::new(project, checked).expect("a plan");
    compute(&plan, &history(project, checked), cutoffs, &Progress::silent()).expect("features")
}

fn changed(checked: &Checked, change: impl Fn(LazyFrame) -> LazyFrame) -> Checked {
    let mut changed = checked.clone();
    for table in changed.tables.values_mut() {
        table.frame = change(table.frame.clone());
    }
    changed
}

#[test]
fn neither_order_nor_split_nor_threads_change_a_bit_of_any_shipped_feature() {
    let (project, checked) = demo();
    let cutoffs = [day("2024-12-01"), day("2025-04-01")];
    let whole = computed(&project, &checked, &cutoffs);
    assert!(whole.features.len() > 250, "{} features", whole.features.len());
    let reversed = changed(&checked, LazyFrame::reverse);
    assert_eq!(differing(&whole, &computed(&project, &reversed, &cutoffs)), Vec::<String>::new());
    let split = changed(&checked, |frame| {
        let rows = frame.collect().expect("the demo's rows");
        let half = rows.height() / 2;
        let parts = [rows.slice(i64::try_from(half).expect("few rows"), usize::MAX), rows.head(Some(half))];
        concat(parts.map(IntoLazy::lazy), UnionArgs::default()).expect("equal columns")
    });
    assert_eq!(differing(&whole, &computed(&project, &split, &cutoffs)), Vec::<String>::new());
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
    assert_eq!(differing(&whole, &one.install(|| computed(&project, &checked, &cutoffs))), Vec::<String>::new());
}

#[test]
fn more_cutoffs_change_no_bit_of_one() {
    let (project, checked) = demo();
    let several = computed(&project, &checked, &[day("2025-02-01"), day("2025-03-01"), day("2025-04-01")]);
    for block in &several.blocks[..1] {
        let alone = computed(&project, &checked, &[block.as_of]);
        let one = FeatureFrame { blocks: vec![block.clone()], ..several.clone() };
        assert_eq!(differing(&one, &alone), Vec::<String>::new());
    }
}

#[test]
fn no_shipped_feature_sees_the_future() {
    let (project, checked) = demo();
    let as_of = day("2025-03-01");
    let whole = computed(&project, &checked, &[as_of]);
    for future in [Future::Removed, Future::Poisoned] {
        let other = with_future(&checked, as_of, future).expect("changed tables");
        assert_eq!(differing(&whole, &computed(&project, &other, &[as_of])), Vec::<String>::new(), "{future:?}");
    }
}

/// A feature that no kind can be: it counts rows without asking when they were.
fn with_leak(mut frame: FeatureFrame, history: &History) -> FeatureFrame {
    let table = history.table(TableName::Orders).expect("orders");
    for block in &mut frame.blocks {
        let rows = block.customer.iter().map(|&customer| table.rows(customer).len() as f64);
        block.columns.push(FeatureColumn::Number(rows.collect()));
    }
    frame.features.push(FeatureInfo {
        name: "leak".to_owned(),
        family: String::new(),
        unit: String::new(),
        why: String::new(),
        definition: String::new(),
        sources: Vec::new(),
    });
    frame
}

#[test]
fn a_feature_that_counts_the_future_is_caught_by_name() {
    let rows = orders(&[("a", "2025-01-01", 1.0), ("a", "2025-02-01", 2.0), ("a", "2025-03-01", 3.0)]);
    let project = project("[features]\npresets = [\"frequency\"]");
    let (tables, as_of) = (checked([(TableName::Orders, rows)]), day("2025-02-15"));
    let leaky = |tables: &Checked| with_leak(computed(&project, tables, &[as_of]), &history(&project, tables));
    for future in [Future::Removed, Future::Poisoned] {
        let other = with_future(&tables, as_of, future).expect("changed tables");
        assert_eq!(differing(&leaky(&tables), &leaky(&other)), ["leak"], "{future:?}");
    }
}

#[test]
fn lines_of_one_order_are_one_order_and_its_return_is_none() {
    let mut rows = orders(&[
        ("a", "2025-01-01", 5.0),
        ("a", "2025-01-01", 7.0),
        ("a", "2025-01-02", 1.0),
        ("a", "2025-01-09", -7.0),
    ]);
    let numbers = polars::prelude::Column::new("order".into(), ["1", "1", "2", "1"]);
    rows.with_column(numbers).expect("equal length");
    let project = project("[features]\npresets = [\"frequency\", \"monetary\"]");
    for tables in [checked([(TableName::Orders, rows.clone())]), checked([(TableName::Orders, reversed(rows.clone()))])]
    {
        let frame = computed(&project, &tables, &[day("2025-02-01")]);
        let value = |name: &str| super::hand_made::by_customer(&frame, 0, name)["a"];
        assert_eq!((value("orders_all"), value("returns_365"), value("revenue_all")), (2.0, 1.0, 6.0));
        assert_eq!(value("order_value_all"), 3.0);
    }
}

fn reversed(rows: polars::prelude::DataFrame) -> polars::prelude::DataFrame {
    let by: [Expr; 1] = [col("amount")];
    rows.lazy().sort_by_exprs(by, SortMultipleOptions::default()).collect().expect("sorted rows")
}
