//! What must hold for any data: parts sum to totals, periods to years, zones and odd rows do no harm.

use proptest::prelude::*;
use tidewatch::kpi::{self, KpiTable, PeriodKind, Request};
use tidewatch::progress::Progress;
use tidewatch::tables::TableName;
use tidewatch::time::Day;

use super::frames::{Builder, checked, day, project, table};

const CUSTOMERS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
const REGIONS: [Option<&str>; 8] =
    [Some("north"), Some("north"), Some("south"), Some("south"), None, Some("west"), Some("west"), None];
/// KPIs whose parts add up.
const ADDITIVE: [&str; 9] = [
    "revenue",
    "orders",
    "customers_active",
    "customers_new",
    "customers_lost",
    "mau",
    "ncvg",
    "ncvg_customers",
    "dau",
];

/// Days from 2024-12-01, customer, amount in cents; refunds may be larger than orders.
fn rows() -> impl Strategy<Value = Vec<(i32, usize, i32)>> {
    prop::collection::vec((0..200_i32, 0..8_usize, -20_000..30_000_i32), 0..60)
}

fn orders(rows: &[(i32, usize, i32)]) -> Builder {
    let customers: Vec<&str> = rows.iter().map(|(_, customer, _)| CUSTOMERS[*customer]).collect();
    let days: Vec<String> = rows.iter().map(|(after, ..)| day("2024-12-01").plus(*after).to_string()).collect();
    let amounts: Vec<f64> = rows.iter().map(|(_, _, cents)| f64::from(*cents) / 100.0).collect();
    table(TableName::Orders).text("customer", &customers).time("at", &days).number("amount", &amounts)
}

fn computed(rows: &[(i32, usize, i32)], period: PeriodKind, settings: &str) -> KpiTable {
    let customers = table(TableName::Customers).text("customer", &CUSTOMERS).attribute("region", &REGIONS);
    let settings = format!("{settings}segments = [\"region\"]\nactive_within_days = 45\n[kpi]\nmin_n = 0");
    let request = Request { period, from: Some(day("2024-12-01")), ..Request::nightly(day("2025-06-20")) };
    let tables = checked([orders(rows), customers]);
    kpi::compute(&project(&settings), &tables, &request, None, &Progress::silent()).expect("KPIs")
}

fn total(table: &KpiTable, kpi: &str, start: Option<Day>, in_parts: bool) -> f64 {
    let rows = table.rows.iter().filter(|row| row.kpi.name == kpi && row.segment.is_some() == in_parts);
    rows.filter(|row| start.is_none_or(|start| row.period.start == start)).filter_map(|row| row.estimate.value).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parts_sum_to_totals(rows in rows()) {
        let table = computed(&rows, PeriodKind::Month, "");
        for kpi in ADDITIVE {
            for start in ["2024-12-01", "2025-01-01", "2025-03-01", "2025-06-01"].map(day) {
                let (whole, parts) = (total(&table, kpi, Some(start), false), total(&table, kpi, Some(start), true));
                prop_assert!((whole - parts).abs() < 1e-9, "{kpi} {start}: {whole} is not {parts}");
            }
        }
    }

    #[test]
    fn numerators_and_denominators_of_shares_sum_too(rows in rows()) {
        let table = computed(&rows, PeriodKind::Quarter, "");
        for kpi in ["retention_rate", "repeat_purchase_rate"] {
            let sum = |in_parts: bool| {
                let rows = table.rows.iter().filter(|row| row.kpi.name == kpi && row.segment.is_some() == in_parts);
                rows.filter_map(|row| row.estimate.denominator).sum::<f64>()
            };
            prop_assert_eq!(sum(false), sum(true));
        }
    }

    #[test]
    fn periods_partition_the_revenue(rows in rows()) {
        let of = |kind, settings| total(&computed(&rows, kind, settings), "revenue", None, false);
        let yearly = of(PeriodKind::Year, "");
        for settings in ["", "week_start = \"sunday\"\n", "week_start = \"saturday\"\n"] {
            for kind in [PeriodKind::Day, PeriodKind::Week, PeriodKind::Month, PeriodKind::Quarter] {
                prop_assert!((of(kind, settings) - yearly).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn a_window_that_rolls_holds_what_its_days_hold(rows in rows(), days in 1_u32..120) {
        let tables = checked([orders(&rows)]);
        let request = Request { rolling_days: Some(days), ..Request::nightly(day("2025-06-20")) };
        let table = kpi::compute(&project(""), &tables, &request, None, &Progress::silent()).expect("KPIs");
        for row in table.rows.iter().filter(|row| row.kpi.name == "revenue" && row.estimate.value.is_some()) {
            let within = |after: &i32| row.period.contains(day("2024-12-01").plus(*after));
            let cents: i32 = rows.iter().filter(|(after, ..)| within(after)).map(|(_, _, cents)| cents).sum();
            prop_assert!((row.estimate.value.unwrap_or(f64::NAN) - f64::from(cents) / 100.0).abs() < 1e-9);
        }
    }

    #[test]
    fn no_value_is_ever_not_a_number(rows in rows()) {
        for row in computed(&rows, PeriodKind::Month, "").rows {
            let estimate = row.estimate;
            for number in [estimate.value, estimate.numerator, estimate.denominator, estimate.low, estimate.high] {
                prop_assert!(number.is_none_or(f64::is_finite), "{}", row.kpi.name);
            }
            let ordered = |low: f64, value: f64| low <= value + 1e-9;
            if let (Some(value), Some(low), Some(high)) = (estimate.value, estimate.low, estimate.high) {
                prop_assert!(ordered(low, value) && ordered(value, high), "{}", row.kpi.name);
            }
            prop_assert_eq!(estimate.value.is_none(), row.status.text().starts_with("unavailable:"));
        }
    }
}

#[test]
fn the_day_of_a_clock_change_is_one_day() {
    // Berlin, 30 March 2025: the day has 23 hours; 22:30 UTC is already the 31st.
    let orders = table(TableName::Orders)
        .zone("Europe/Berlin")
        .text("customer", &["a", "a", "a"])
        .time("at", &["2025-03-29T23:30:00Z", "2025-03-30T21:30:00Z", "2025-03-30T22:30:00Z"])
        .number("amount", &[1.0, 1.0, 1.0]);
    let request = Request { period: PeriodKind::Day, ..Request::nightly(day("2025-04-02")) };
    let project = project("time_zone = \"Europe/Berlin\"");
    let table = kpi::compute(&project, &checked([orders]), &request, None, &Progress::silent()).expect("KPIs");
    assert_eq!(total(&table, "orders", Some(day("2025-03-30")), false), 2.0);
    assert_eq!(total(&table, "orders", Some(day("2025-03-31")), false), 1.0);
}

#[test]
fn of_two_answers_of_a_customer_the_latest_counts_and_nameless_ones_all_do() {
    let surveys = table(TableName::Surveys)
        .text("customer", &[Some("a"), Some("a"), None, None, None])
        .time("at", &["2025-01-03", "2025-01-09", "2025-01-05", "2025-01-05", "2025-01-06"])
        .text("question", &["nps"; 5])
        .number("score", &[0.0, 10.0, 9.0, 9.0, 2.0]);
    let request = Request::nightly(day("2025-02-01"));
    let table = kpi::compute(&project(""), &checked([surveys]), &request, None, &Progress::silent()).expect("KPIs");
    let nps = table.rows.iter().find(|row| row.kpi.name == "nps" && row.period.start == day("2025-01-01"));
    let nps = nps.expect("a row").estimate;
    assert_eq!((nps.value, nps.n), (Some(50.0), 4));
    let csat = table.rows.iter().find(|row| row.kpi.name == "csat").expect("a row");
    assert_eq!(csat.status.text(), "unavailable:scale");
}
