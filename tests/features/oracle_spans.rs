//! The kernel against plain polars where rows have an end: random contracts, announced ends, windows and cutoffs.

use polars::prelude::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use tidewatch::feature::{Plan, compute};
use tidewatch::progress::Progress;
use tidewatch::tables::TableName;
use tidewatch::time::Day;

use super::hand_made::{by_customer, checked_instants, history, midnight, project};
use super::oracle::assert_agrees;

/// 2024-01-01.
const FIRST_DAY: i32 = 19_723;
const ZONE: &str = "Europe/Berlin";

#[derive(Debug, Clone)]
struct Contract {
    customer: u8,
    start: i32,
    days: Option<i32>,
    notice_days: Option<i32>,
    expiry_days: Option<i32>,
    rate: Option<i16>,
}

fn contract() -> impl Strategy<Value = Contract> {
    let days = || option::of(0i32..200);
    (0u8..4, 0i32..400, days(), days(), days(), option::of(1i16..500)).prop_map(
        |(customer, start, days, notice_days, expiry_days, rate)| {
            let notice_days = notice_days.filter(|notice| days.is_some_and(|days| *notice <= days));
            Contract { customer, start, days, notice_days, expiry_days, rate }
        },
    )
}

fn contracts(rows: &[Contract]) -> DataFrame {
    let instant = |row: &Contract, days: i32| midnight(Day::from_epoch_days(FIRST_DAY + row.start + days), ZONE);
    let later = |row: &Contract, days: Option<i32>| days.map(|days| instant(row, days));
    df!(
        "customer" => rows.iter().map(|row| format!("c{}", row.customer)).collect::<Vec<_>>(),
        "started_at" => rows.iter().map(|row| instant(row, 0)).collect::<Vec<_>>(),
        "ended_at" => rows.iter().map(|row| later(row, row.days)).collect::<Vec<_>>(),
        "notice_at" => rows.iter().map(|row| later(row, row.notice_days)).collect::<Vec<_>>(),
        "expires_at" => rows.iter().map(|row| later(row, row.expiry_days)).collect::<Vec<_>>(),
        "mrr" => rows.iter().map(|row| row.rate.map(|rate| f64::from(rate) / 4.0)).collect::<Vec<_>>()
    )
    .expect("a frame")
}

/// Every kind that reads ends, with its plain expression over a customer's begun rows.
fn oracles(window: Option<i32>) -> Vec<(&'static str, &'static str, Expr)> {
    let inside = || window.map_or(lit(true), |days| col("age").lt_eq(lit(days)));
    let open = || inside().and(col("end_age").is_null());
    let number = |value: Expr| value.cast(DataType::Float64);
    let rate = |which: Expr| col("mrr").filter(which).sum();
    let count = |which: Expr| number(which).sum();
    // Open on the first day of the window: begun before it, not ended before it.
    let start = window.unwrap_or(0);
    let open_then = || col("age").gt(lit(start)).and(col("end_age").is_null().or(col("end_age").lt_eq(lit(start))));
    let open_now = || col("end_age").is_null();
    let expiry = || col("expiry_age").filter(open().and(col("expiry_age").lt_eq(lit(0))));
    let change = rate(open_now()) - rate(open_then());
    vec![
        ("open", "", count(open())),
        ("open_sum", "mrr", rate(open())),
        ("open_max", "mrr", col("mrr").filter(open()).max()),
        ("open_age", "", number(col("age").filter(open()).max())),
        ("open_since", "", number(col("age").filter(open()).min())),
        ("open_change", "mrr", {
            let any = count(open_now()) + count(open_then());
            when(any.gt(lit(0.0))).then(change).otherwise(lit(f64::NAN))
        }),
        ("days_to", "expires_at", number(expiry().max()) * lit(-1.0)),
        ("recency_of", "notice_at", number(col("notice_age").filter(inside().and(col("notice_age").gt(lit(0)))).min())),
    ]
}

/// Starts after a day on which every earlier contract of the window was over: by a join, without any order of rows.
fn pauses(rows: &LazyFrame, window: Option<i32>) -> DataFrame {
    let inside = window.map_or(lit(true), |days| col("age").lt_eq(lit(days)));
    let begun = rows.clone().filter(inside);
    let end = col("end_age").fill_null(lit(i32::MIN / 2)).alias("earlier_end_age");
    let earlier = begun.clone().select([col("customer"), col("age").alias("earlier_age"), end]);
    let pairs = begun.select([col("customer"), col("age")]).unique(None, UniqueKeepStrategy::Any);
    let pairs = pairs.join(earlier, [col("customer")], [col("customer")], JoinArgs::new(JoinType::Inner));
    let before = pairs.filter(col("earlier_age").gt(col("age")));
    let covered = before.group_by([col("customer"), col("age")]).agg([col("earlier_end_age").min()]);
    let paused = covered.filter(col("age").lt(col("earlier_end_age") - lit(1)));
    paused.group_by([col("customer")]).agg([len().cast(DataType::Float64).alias("pauses")]).collect().expect("polars")
}

fn begun(frame: &LazyFrame, as_of: Day) -> LazyFrame {
    let age = |name: &str| lit(as_of.epoch_days()) - col(format!("{name}_day")).cast(DataType::Int32);
    let past = |name: &str| when(age(name).gt(lit(0))).then(age(name)).otherwise(lit(NULL));
    let columns = [
        age("started_at").alias("age"),
        past("ended_at").alias("end_age"),
        past("notice_at").alias("notice_age"),
        age("expires_at").alias("expiry_age"),
    ];
    frame.clone().with_columns(columns).filter(col("age").gt(lit(0)))
}

fn declarations() -> String {
    let mut text = "[features]\npresets = []\n".to_owned();
    for (suffix, window) in WINDOWS {
        let all = oracles(window).into_iter().map(|(kind, column, _)| (kind, column)).chain([("pauses", "")]);
        for (kind, column) in all {
            let column = if column.is_empty() { String::new() } else { format!("column = \"{column}\"\n") };
            let window = window.map_or_else(String::new, |days| format!("window = {days}\n"));
            let head = format!("[features.define.{kind}_{suffix}]\nkind = \"{kind}\"\ntable = \"subscriptions\"\n");
            text.extend([head, column, window]);
        }
    }
    text
}

const WINDOWS: [(&str, Option<i32>); 3] = [("30", Some(30)), ("120", Some(120)), ("all", None)];

fn compare(rows: &[Contract], cutoffs: &[i32]) {
    let project = project(&format!("time_zone = \"{ZONE}\"\n{}", declarations()));
    let tables = checked_instants(TableName::Subscriptions, contracts(rows), ZONE);
    let frame = tables.tables[&TableName::Subscriptions].frame.clone();
    let history = history(&project, &tables);
    let plan = Plan::new(&project, &tables).expect("a plan");
    let days: Vec<Day> = cutoffs.iter().map(|day| Day::from_epoch_days(FIRST_DAY + day)).collect();
    let computed = compute(&plan, &history, &days, &Progress::silent()).expect("features");
    for (block, as_of) in computed.blocks.iter().map(|block| block.as_of).enumerate() {
        let begun = begun(&frame, as_of);
        for (suffix, window) in WINDOWS {
            let values = oracles(window).into_iter().map(|(kind, _, value)| value.alias(kind)).collect::<Vec<_>>();
            let plain = begun.clone().group_by([col("customer")]).agg(values);
            let keys = [col("customer")];
            let pauses = pauses(&begun, window).lazy();
            let plain = plain.join(pauses, keys.clone(), keys, JoinArgs::new(JoinType::Left));
            let plain = plain.with_columns([col("pauses").fill_null(lit(0.0))]).collect().expect("plain polars");
            for kind in plain.get_column_names().into_iter().filter(|name| *name != "customer") {
                let kernel = by_customer(&computed, block, &format!("{kind}_{suffix}"));
                assert_agrees(&kernel, &plain, kind, &format!("{kind}_{suffix} as of {as_of}"));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn ends_are_read_as_plain_polars_reads_them(rows in vec(contract(), 1..40), cutoffs in vec(1i32..520, 1..3)) {
        compare(&rows, &cutoffs);
    }
}
