//! The kernel against plain polars: random histories, windows, cutoffs, zones with daylight saving, late rows.

use std::collections::BTreeMap;

use polars::prelude::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use tidewatch::feature::{Plan, compute};
use tidewatch::progress::Progress;
use tidewatch::tables::TableName;
use tidewatch::time::Day;

use super::hand_made::{by_customer, checked_instants, history, midnight, project};

/// Hours since 2024-01-01 00:00 UTC.
const START: i64 = 1_704_067_200_000_000;
const HOUR: i64 = 3_600_000_000;
const KINDS: [&str; 4] = ["buy", "look", "mail", "play"];
const ZONES: [&str; 4] = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"];

#[derive(Debug, Clone)]
struct Event {
    customer: u8,
    hour: i64,
    kind: usize,
    value: Option<i16>,
    late_hours: Option<u16>,
}

fn event() -> impl Strategy<Value = Event> {
    (0u8..5, 0i64..24 * 500, 0usize..4, option::of(-500i16..2000), option::of(0u16..24 * 20))
        .prop_map(|(customer, hour, kind, value, late_hours)| Event { customer, hour, kind, value, late_hours })
}

fn events(rows: &[Event], with_known: bool) -> DataFrame {
    let instants = |hours: Vec<i64>| hours.into_iter().map(|hour| START + hour * HOUR).collect::<Vec<i64>>();
    let mut frame = df!(
        "customer" => rows.iter().map(|row| format!("c{}", row.customer)).collect::<Vec<_>>(),
        "at" => instants(rows.iter().map(|row| row.hour).collect()),
        "kind" => rows.iter().map(|row| KINDS[row.kind]).collect::<Vec<_>>(),
        "duration_seconds" => rows.iter().map(|row| row.kind as f64).collect::<Vec<_>>(),
        "value" => rows.iter().map(|row| row.value.map(|cents| f64::from(cents) / 100.0)).collect::<Vec<_>>()
    )
    .expect("a frame");
    if with_known {
        let known = rows.iter().map(|row| row.hour + i64::from(row.late_hours.unwrap_or(0))).collect();
        frame.with_column(Column::new("known_at".into(), instants(known))).expect("equal length");
    }
    frame
}

/// Every kind with its plain expression over a customer's visible rows; `age` is whole local days before the cutoff.
fn oracles(window: Option<i32>) -> Vec<(&'static str, Expr)> {
    let age = || col("age");
    let inside = || window.map_or(lit(true), |days| age().lt_eq(lit(days)));
    let before = || {
        let days = window.unwrap_or(0);
        age().gt(lit(days)).and(age().lt_eq(lit(2 * days)))
    };
    let rows = |which: Expr| which.cast(DataType::Float64).sum();
    let value = || col("value").filter(inside());
    let days = || age().filter(inside()).unique().sort(SortOptions::default());
    let span = || (days().max() - days().min()).cast(DataType::Float64);
    let gaps = || days().count().cast(DataType::Float64) - lit(1.0);
    let steps = || (days() - days().shift(lit(1))).drop_nulls().cast(DataType::Float64);
    let count = || rows(inside().and(age().is_not_null()));
    let kinds = |which: Expr| KINDS.map(|kind| rows(which.clone().and(col("kind").eq(lit(kind)))));
    let shares = || kinds(inside()).into_iter().map(|one| one / count());
    let weekend = || (col("day").cast(DataType::Int32) + lit(3)) % lit(7);
    let trend = || (count() + lit(1.0)) / (rows(before()) + lit(1.0));
    let defined = |when_rows: Expr, value: Expr| when(when_rows).then(value).otherwise(lit(f64::NAN));
    let decay = (age().filter(inside()).cast(DataType::Float64) * lit(-(2f64.ln()) / 30.0)).exp();
    let all = vec![
        ("count", count()),
        ("has", count().gt(lit(0.0)).cast(DataType::Float64)),
        ("days", days().count().cast(DataType::Float64)),
        ("weeks", ((age().filter(inside()) - lit(1)).floor_div(lit(7))).n_unique().cast(DataType::Float64)),
        ("sum", value().sum()),
        ("mean", value().mean()),
        ("max", value().max()),
        ("min", value().min()),
        ("recency", age().filter(inside()).min().cast(DataType::Float64)),
        ("age", age().filter(inside()).max().cast(DataType::Float64)),
        ("gap_mean", defined(gaps().gt(lit(0.0)), span() / gaps())),
        ("gap_std", steps().std(0)),
        ("gap_median", steps().median()),
        ("overdue", age().filter(inside()).min().cast(DataType::Float64) / steps().median()),
        ("gap_cv", defined(gaps().gt(lit(1.0)), steps().std(0) / steps().mean())),
        ("distinct", col("kind").filter(inside()).n_unique().cast(DataType::Float64)),
        ("concentration", shares().map(|share| share.clone() * share).reduce(|a, b| a + b).expect("four kinds")),
        ("weekend", rows(inside().and(weekend().gt_eq(lit(5)))) / count()),
        ("decayed", decay.clone().sum()),
        ("decayed_sum", (decay * value()).sum()),
        ("level_entropy", entropy(&shares().collect::<Vec<_>>())),
        ("number_entropy", entropy(&shares().collect::<Vec<_>>())),
        ("slope", slope(window, &|from, to| rows(age().gt(lit(from)).and(age().lt_eq(lit(to)))))),
        ("decline", decline(window, &|from, to| rows(age().gt(lit(from)).and(age().lt_eq(lit(to)))))),
    ];
    let windowed = vec![
        ("trend_ratio", trend()),
        ("trend", trend().log(lit(std::f64::consts::E))),
        ("narrowing", {
            let distinct = |which: Expr| col("kind").filter(which).n_unique().cast(DataType::Float64);
            distinct(inside()) - distinct(before())
        }),
        ("sum_trend", {
            let positive = |which: Expr| {
                let sum = col("value").filter(which).sum();
                when(sum.clone().lt(lit(0.0))).then(lit(0.0)).otherwise(sum)
            };
            ((positive(inside()) + lit(1.0)) / (positive(before()) + lit(1.0))).log(lit(std::f64::consts::E))
        }),
        ("clumpiness", {
            let whole = f64::from(window.unwrap_or(0)) + 1.0;
            let part = |gap: Expr| {
                let share = gap.cast(DataType::Float64) / lit(whole);
                share.clone() * share.log(lit(std::f64::consts::E))
            };
            let ends = part(lit(whole) - days().max().cast(DataType::Float64)) + part(days().min());
            let distinct = days().count().cast(DataType::Float64);
            let value =
                lit(1.0) + (part(steps()).sum() + ends) / (distinct.clone() + lit(1.0)).log(lit(std::f64::consts::E));
            defined(distinct.gt(lit(0.0)), value)
        }),
    ];
    let all = all.into_iter().chain(oracles_of_order(window));
    if window.is_some() { all.chain(windowed).collect() } else { all.collect() }
}

/// The kinds that compare rows with each other or with the time the customer is known.
fn oracles_of_order(window: Option<i32>) -> Vec<(&'static str, Expr)> {
    let age = || col("age");
    let inside = || window.map_or(lit(true), |days| age().lt_eq(lit(days)));
    let rows = |which: Expr| which.cast(DataType::Float64).sum();
    let values = || col("value").filter(inside()).drop_nulls();
    let has_value = || inside().and(col("value").is_not_null());
    let step = || col("value") - col("value").shift(lit(1));
    let tenure = || col("known_age").max().cast(DataType::Float64);
    let days = || window.map_or(lit(f64::INFINITY), |days| lit(f64::from(days)));
    let count = rows(inside().and(age().is_not_null()));
    vec![
        ("last", col("value").filter(has_value().and(age().eq(age().filter(has_value()).min()))).max()),
        ("change", {
            let change = values().last() - values().slice(lit(-2), lit(1)).first();
            when(values().count().gt(lit(1))).then(change).otherwise(lit(f64::NAN))
        }),
        ("steps_up", rows(inside().and(step().gt(lit(0.0))))),
        ("steps_down", rows(inside().and(step().lt(lit(0.0))))),
        ("rate", count * lit(30.0) / when(tenure().lt(days())).then(tenure()).otherwise(days())),
    ]
}

/// Entropy in bits of the kinds' shares; NaN without rows, as shares of nothing are.
fn entropy(shares: &[Expr]) -> Expr {
    let part = |share: &Expr| {
        let bits = share.clone() * share.clone().log(lit(2.0)) * lit(-1.0);
        when(share.clone().eq(lit(0.0))).then(lit(0.0)).otherwise(bits)
    };
    shares.iter().map(part).reduce(|a, b| a + b).expect("four kinds")
}

/// A straight line through weekly counts, by its textbook formula.
fn slope(window: Option<i32>, rows_of_ages: &dyn Fn(i32, i32) -> Expr) -> Expr {
    let weeks = window.map_or(12, |days| (days / 7).max(2));
    let middle = f64::from(weeks - 1) / 2.0;
    let offsets: Vec<f64> = (0..weeks).map(|week| f64::from(week) - middle).collect();
    let counts = (0..weeks).map(|week| rows_of_ages(7 * (weeks - 1 - week), 7 * (weeks - week)));
    let covariance = offsets.iter().zip(counts).map(|(&offset, count)| lit(offset) * count).reduce(|a, b| a + b);
    covariance.expect("two weeks or more") / lit(offsets.iter().map(|offset| offset * offset).sum::<f64>())
}

/// How many blocks of 30 days in a row have fewer rows than the one before them.
fn decline(window: Option<i32>, rows_of_ages: &dyn Fn(i32, i32) -> Expr) -> Expr {
    let rows = |block: i32| rows_of_ages(30 * block, 30 * (block + 1));
    let mut unbroken = lit(1.0);
    let mut months = lit(0.0);
    for block in 0..window.map_or(12, |days| days / 30) {
        unbroken = unbroken * rows(block).lt(rows(block + 1)).cast(DataType::Float64);
        months = months + unbroken.clone();
    }
    months + rows(0) * lit(0.0)
}

fn declarations() -> String {
    let mut text = "[features]\npresets = []\n".to_owned();
    for (suffix, window) in [("7", Some(7)), ("30", Some(30)), ("all", None)] {
        for (kind, _) in oracles(window) {
            let column = match kind {
                "sum" | "mean" | "max" | "min" | "decayed_sum" | "sum_trend" | "last" | "change" | "steps_up"
                | "steps_down" => "column = \"value\"\n",
                "number_entropy" => "column = \"duration_seconds\"\n",
                "distinct" | "concentration" | "narrowing" | "level_entropy" => "column = \"kind\"\n",
                _ => "",
            };
            let window = window.map_or_else(String::new, |days| format!("window = {days}\n"));
            let name = format!("{kind}_{suffix}");
            text.extend([
                "[features.define.",
                &name,
                "]\nkind = \"",
                kind,
                "\"\ntable = \"events\"\n",
                column,
                &window,
            ]);
        }
    }
    text
}

fn oracle(frame: &LazyFrame, as_of: Day, zone: &str, window: Option<i32>, with_known: bool) -> DataFrame {
    let start = lit(midnight(as_of, zone)).cast(DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)));
    let mut visible = col("at").lt(start.clone());
    if with_known {
        visible = visible.and(col("known_at").lt(start));
    }
    let age = (lit(as_of.epoch_days()) - col("at_day").cast(DataType::Int32)).alias("age");
    let named = oracles(window).into_iter().map(|(name, value)| value.alias(name)).collect::<Vec<_>>();
    let day = |name: &str| col(name).cast(DataType::Int32);
    let known = if with_known {
        when(day("known_at_day").gt(day("at_day"))).then(day("known_at_day")).otherwise(day("at_day"))
    } else {
        day("at_day")
    };
    let known_age = (lit(as_of.epoch_days()) - known.clone()).alias("known_age");
    let rows =
        frame.clone().filter(visible).with_columns([age, known_age, known.alias("known"), col("at_day").alias("day")]);
    // The order in which one row is compared with the next: complete, so that it does not depend on files.
    let order = ["day", "known", "duration_seconds", "kind", "value"];
    let rows = rows.sort(order, SortMultipleOptions::default().with_nulls_last(true));
    rows.group_by([col("customer")]).agg(named).collect().expect("plain polars")
}

fn agree(kernel: f64, plain: Option<f64>) -> bool {
    match plain.filter(|value| !value.is_nan()) {
        None => kernel.is_nan(),
        Some(plain) => (kernel - plain).abs() <= 1e-12 * plain.abs().max(1.0),
    }
}

/// Asserts that the kernel's values are those in a column of plain polars, customer by customer.
pub fn assert_agrees(kernel: &BTreeMap<String, f64>, plain: &DataFrame, kind: &str, what: &str) {
    let customers = plain.column("customer").expect("its key").str().expect("text");
    let column = plain.column(kind).expect("its oracle").cast(&DataType::Float64).expect("numbers");
    for (customer, value) in customers.iter().zip(column.f64().expect("numbers").iter()) {
        let kernel = kernel[customer.expect("a customer")];
        assert!(agree(kernel, value), "{what} of {customer:?}: {kernel} is not {value:?}");
    }
}

fn compare(rows: &[Event], cutoffs: &[i32], zone: &str, with_known: bool) {
    let project = project(&format!("time_zone = \"{zone}\"\n{}", declarations()));
    let tables = checked_instants(TableName::Events, events(rows, with_known), zone);
    let frame = tables.tables[&TableName::Events].frame.clone();
    let history = history(&project, &tables);
    let plan = Plan::new(&project, &tables).expect("a plan");
    let days: Vec<Day> = cutoffs.iter().map(|day| Day::from_epoch_days(19_723 + day)).collect();
    let computed = compute(&plan, &history, &days, &Progress::silent()).expect("features");
    for (block, as_of) in computed.blocks.iter().map(|block| block.as_of).enumerate() {
        for (suffix, window) in [("7", Some(7)), ("30", Some(30)), ("all", None)] {
            let plain = oracle(&frame, as_of, zone, window, with_known);
            for (kind, _) in oracles(window) {
                let kernel = by_customer(&computed, block, &format!("{kind}_{suffix}"));
                assert_eq!(kernel.len(), plain.height(), "customers of {as_of}");
                assert_agrees(&kernel, &plain, kind, &format!("{kind}_{suffix} as of {as_of}"));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_kernel_is_plain_polars(
        rows in vec(event(), 1..80),
        cutoffs in vec(1i32..520, 1..4),
        zone in 0usize..4,
        with_known in any::<bool>(),
    ) {
        compare(&rows, &cutoffs, ZONES[zone], with_known);
    }
}
