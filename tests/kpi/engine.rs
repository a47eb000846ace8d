//! Segments, periods, clocks and edges, on tables small enough to count by hand.

use tidewatch::kpi::{self, KpiRow, KpiTable, PeriodKind, Request, Status};
use tidewatch::progress::Progress;
use tidewatch::tables::TableName;

use super::frames::{Builder, checked, day, project, table};

fn compute(settings: &str, tables: impl IntoIterator<Item = Builder>, request: &Request) -> KpiTable {
    kpi::compute(&project(settings), &checked(tables), request, None, &Progress::silent()).expect("KPIs")
}

fn monthly(as_of: &str) -> Request {
    Request::nightly(day(as_of))
}

fn row<'a>(table: &'a KpiTable, kpi: &str, start: &str, part: Option<&str>) -> &'a KpiRow {
    let of_part = |row: &&KpiRow| row.segment.as_ref().map(|(_, value)| value.as_str()) == part;
    let mut rows = table.rows.iter().filter(|row| row.kpi.name == kpi && row.period.start == day(start));
    rows.find(of_part).expect("a row of that KPI, period and part")
}

fn value(table: &KpiTable, kpi: &str, start: &str, part: Option<&str>) -> Option<f64> {
    row(table, kpi, start, part).estimate.value
}

fn orders() -> Builder {
    table(TableName::Orders)
        .text("customer", &["a", "a", "b", "c", "c", "a"])
        .time("at", &["2025-01-05", "2025-02-05", "2025-01-20", "2025-02-01", "2025-02-20", "2025-03-01"])
        .number("amount", &[10.0, 20.0, 5.0, 7.5, -2.5, 100.0])
}

fn customers() -> Builder {
    table(TableName::Customers)
        .text("customer", &["a", "b", "c"])
        .attribute("region", &[Some("north"), Some("south"), None])
}

#[test]
fn totals_of_orders_are_net_and_dated() {
    let table = compute("", [orders()], &monthly("2025-03-15"));
    assert_eq!(value(&table, "revenue", "2025-01-01", None), Some(15.0));
    assert_eq!(value(&table, "revenue", "2025-02-01", None), Some(25.0));
    assert_eq!(value(&table, "orders", "2025-02-01", None), Some(2.0));
    assert_eq!(value(&table, "aov", "2025-02-01", None), Some(12.5));
    assert_eq!(value(&table, "clv_historic", "2025-02-01", None), Some(40.0 / 3.0));
    assert_eq!(value(&table, "repeat_purchase_rate", "2025-02-01", None), Some(1.0 / 3.0));
    assert_eq!(row(&table, "revenue", "2025-03-01", None).status, Status::Partial);
}

#[test]
fn parts_sum_to_the_total_and_unknown_is_a_part() {
    let settings = "segments = [\"region\"]\n[kpi]\nmin_n = 0";
    let table = compute(settings, [orders(), customers()], &monthly("2025-03-01"));
    let parts = ["north", "south", "unknown"].map(|part| value(&table, "revenue", "2025-02-01", Some(part)));
    assert_eq!(parts, [Some(20.0), Some(0.0), Some(5.0)]);
    let unknown = row(&table, "revenue", "2025-02-01", Some("unknown"));
    assert_eq!(unknown.segment.as_ref().map(|(segment, _)| segment.as_str()), Some("region"));
}

#[test]
fn small_groups_are_suppressed_and_said() {
    let table = compute("segments = [\"region\"]", [orders(), customers()], &monthly("2025-03-01"));
    let small = row(&table, "clv_historic", "2025-02-01", Some("north"));
    assert_eq!(small.status, Status::Unavailable("small_group".to_owned()));
    assert_eq!((small.estimate.value, small.estimate.numerator, small.estimate.n), (None, None, 1));
}

#[test]
fn a_table_that_is_not_mapped_is_unavailable_never_zero() {
    let table = compute("", [orders()], &monthly("2025-03-01"));
    let mrr = row(&table, "mrr", "2025-02-01", None);
    assert_eq!(mrr.status.text(), "unavailable:subscriptions");
    assert_eq!(mrr.estimate.value, None);
    let before = row(&table, "revenue", "2024-12-01", None);
    assert_eq!((before.status.text().as_str(), before.estimate.value), ("unavailable:before_data", None));
}

#[test]
fn a_zero_denominator_is_null_with_a_reason() {
    let table = compute("active_within_days = 10", [orders()], &monthly("2025-03-01"));
    let retention = row(&table, "retention_rate", "2025-01-01", None);
    assert_eq!(retention.status.text(), "unavailable:zero_denominator");
    assert_eq!(retention.estimate.value, None);
}

#[test]
fn the_future_of_the_run_changes_nothing() {
    let past = compute("", [orders()], &monthly("2025-02-15"));
    let more = table(TableName::Orders)
        .text("customer", &["a", "a", "b", "c", "zz"])
        .time("at", &["2025-01-05", "2025-02-05", "2025-01-20", "2025-02-01", "2025-02-15"])
        .number("amount", &[10.0, 20.0, 5.0, 7.5, 9999.0]);
    let with_future = compute("", [more], &monthly("2025-02-15"));
    let numbers = |table: &KpiTable| table.rows.iter().map(|row| row.estimate).collect::<Vec<_>>();
    assert_eq!(numbers(&past), numbers(&with_future));
}

fn subscriptions() -> Builder {
    table(TableName::Subscriptions)
        .text("customer", &["a", "b", "c", "d"])
        .time("started_at", &["2025-01-01", "2025-01-01", "2025-02-10", "2025-01-15"])
        .time("ended_at", &["", "2025-02-20", "2025-04-01", ""])
        .number("mrr", &[10.0, 20.0, 30.0, 40.5])
}

#[test]
fn an_open_subscription_is_an_active_customer() {
    let table = compute("", [subscriptions()], &monthly("2025-03-10"));
    let retention = row(&table, "retention_rate", "2025-02-01", None).estimate;
    assert_eq!((retention.numerator, retention.denominator), (Some(2.0), Some(3.0)));
    assert_eq!(value(&table, "customers_new", "2025-02-01", None), Some(1.0));
    assert_eq!(value(&table, "mrr", "2025-02-01", None), Some(80.5));
    assert_eq!(row(&table, "mrr", "2025-02-01", None).status, Status::Ok, "rare rows still cover the last days");
}

#[test]
fn an_end_after_as_of_is_not_yet_known() {
    let early = compute("", [subscriptions()], &monthly("2025-02-20"));
    assert_eq!(value(&early, "customers_active", "2025-02-01", None), Some(4.0));
    let later = compute("", [subscriptions()], &monthly("2025-02-21"));
    assert_eq!(value(&later, "customers_active", "2025-02-01", None), Some(3.0));
}

#[test]
fn passive_events_are_no_activity() {
    let events = || {
        table(TableName::Events)
            .text("customer", &["a", "a", "b"])
            .time("at", &["2025-01-01", "2025-01-02", "2025-01-01"])
            .text("kind", &["login", "login", "email_sent"])
    };
    let table = compute("[roles]\npassive = [\"email_sent\"]", [events()], &monthly("2025-02-01"));
    assert_eq!(value(&table, "mau", "2025-01-01", None), Some(1.0));
    assert_eq!(value(&table, "dau", "2025-01-01", None), Some(2.0 / 31.0));
    assert_eq!(value(&table, "stickiness", "2025-01-01", None), Some(2.0 / 31.0));
}

#[test]
fn a_column_of_the_table_itself_splits_its_rows() {
    let orders = orders().text("channel", &["web", "shop", "web", "web", "web", "web"]);
    let request = Request { segments: vec!["channel".to_owned()], ..monthly("2025-03-01") };
    let table = compute("[kpi]\nmin_n = 0", [orders], &request);
    assert_eq!(value(&table, "revenue", "2025-02-01", Some("web")), Some(5.0));
    assert_eq!(value(&table, "revenue", "2025-02-01", Some("shop")), Some(20.0));
    assert_eq!(value(&table, "revenue", "2025-02-01", None), Some(25.0));
}

#[test]
fn a_local_day_decides_the_period_also_far_east_and_west() {
    for (zone, january) in [("Pacific/Tongatapu", 1.0), ("Pacific/Pago_Pago", 2.0), ("UTC", 2.0)] {
        let orders = table(TableName::Orders)
            .zone(zone)
            .text("customer", &["a", "b", "c"])
            .time("at", &["2025-01-31T10:30:00Z", "2025-01-31T11:30:00Z", "2025-02-03T00:00:00Z"])
            .number("amount", &[1.0, 1.0, 1.0]);
        let settings = format!("time_zone = \"{zone}\"");
        let table = compute(&settings, [orders], &monthly("2025-02-10"));
        assert_eq!(value(&table, "revenue", "2025-01-01", None), Some(january), "{zone}");
    }
}

#[test]
fn cohorts_are_followed_through_the_periods() {
    let table = compute("", [orders()], &monthly("2025-04-01"));
    let january = |start| value(&table, "cohort_retention", start, Some("2025-01-01"));
    assert_eq!([january("2025-01-01"), january("2025-02-01")], [None, None], "two customers are a small group");
    let open = compute("[kpi]\nmin_n = 0", [orders()], &monthly("2025-04-01"));
    let january = |start| value(&open, "cohort_retention", start, Some("2025-01-01"));
    assert_eq!(
        [january("2025-01-01"), january("2025-02-01"), january("2025-03-01")],
        [Some(1.0), Some(0.5), Some(0.5)]
    );
    assert!(
        open.rows
            .iter()
            .all(|row| row.segment.as_ref().is_none_or(|(_, cohort)| cohort <= &row.period.start.to_string()))
    );
}

#[test]
fn empty_tables_give_reasons_not_numbers() {
    let empty: [&str; 0] = [];
    let numbers: [f64; 0] = [];
    let orders = table(TableName::Orders).text("customer", &empty).time("at", &empty).number("amount", &numbers);
    let table = compute("", [orders], &monthly("2025-03-01"));
    assert!(table.rows.iter().all(|row| row.estimate.value.is_none_or(|value| value == 0.0)));
    assert!(!table.rows.is_empty());
}

#[test]
fn a_misspelt_kpi_is_a_usage_error_with_a_neighbour() {
    use tidewatch::error::Explain;
    let request = Request { kpis: vec!["retension_rate".to_owned()], ..monthly("2025-03-01") };
    let error = kpi::compute(&project(""), &checked([orders()]), &request, None, &Progress::silent()).expect_err("no");
    assert_eq!((error.exit().code(), error.hint().as_deref()), (2, Some("did you mean `retention_rate`?")));
}

#[test]
fn weekly_and_yearly_sums_of_the_same_rows_agree() {
    let of = |period| {
        let request =
            Request { period, from: Some(day("2025-01-01")), to: Some(day("2025-04-01")), ..monthly("2025-04-01") };
        let table = compute("week_start = \"sunday\"", [orders()], &request);
        let rows = table.rows.iter().filter(|row| row.kpi.name == "revenue" && row.segment.is_none());
        rows.filter_map(|row| row.estimate.value).sum::<f64>()
    };
    let kinds = [PeriodKind::Day, PeriodKind::Week, PeriodKind::Month, PeriodKind::Quarter, PeriodKind::Year];
    assert_eq!(kinds.map(of), [140.0; 5]);
}

#[test]
fn the_order_of_rows_changes_no_bit() {
    let backwards = table(TableName::Orders)
        .text("customer", &["a", "c", "c", "b", "a", "a"])
        .time("at", &["2025-03-01", "2025-02-20", "2025-02-01", "2025-01-20", "2025-02-05", "2025-01-05"])
        .number("amount", &[100.0, -2.5, 7.5, 5.0, 20.0, 10.0]);
    let forwards = compute("", [orders()], &monthly("2025-03-15")).frame().expect("a frame");
    assert!(forwards.equals_missing(&compute("", [backwards], &monthly("2025-03-15")).frame().expect("a frame")));
}

#[test]
fn changes_compare_with_the_period_before_and_with_the_year_before() {
    let request = Request { period: PeriodKind::Month, from: Some(day("2024-01-01")), ..monthly("2025-03-01") };
    let orders = table(TableName::Orders)
        .text("customer", &["a", "a", "a", "a"])
        .time("at", &["2024-02-01", "2025-01-05", "2025-02-05", "2025-02-27"])
        .number("amount", &[10.0, 20.0, 30.0, 5.0]);
    let table = compute("", [orders], &request);
    let revenue = row(&table, "revenue", "2025-02-01", None);
    let change = revenue.change.expect("against January");
    assert_eq!(change.value, 15.0);
    // Square and add: 35 ± 1.96 · 35 against 20 ± 1.96 · 20.
    let half = 1.959_963_984_540_054 * 35.0_f64.hypot(20.0);
    assert!((change.high.expect("an end") - 15.0 - half).abs() < 1e-9);
    assert_eq!(revenue.change_year.map(|change| change.value), Some(25.0));
    assert!(!change.is_beyond_noise());
}

#[test]
fn json_rows_have_the_columns_of_the_parquet_file() {
    let table = compute("", [orders()], &monthly("2025-03-01"));
    let frame = table.frame().expect("a frame");
    let records = table.records().json();
    let first = records["rows"][0].as_object().expect("an object");
    let columns: Vec<&str> = frame.get_column_names().iter().map(|name| name.as_str()).collect();
    assert_eq!(first.keys().map(String::as_str).collect::<Vec<_>>(), columns);
    assert_eq!(columns[..5], ["kpi", "period_start", "period_end", "segment", "segment_value"]);
    assert_eq!(records["rows"].as_array().map(Vec::len), Some(frame.height()));
    assert_eq!(first["period_start"].as_str(), Some("2024-03-01"));
}

#[test]
fn windows_roll_and_are_compared_with_those_they_do_not_overlap() {
    let request = Request { rolling_days: Some(28), ..monthly("2025-03-05") };
    let table = compute("", [orders()], &request);
    let to = |end: &str| {
        let rows = table.rows.iter().filter(|row| row.kpi.name == "revenue" && row.period.end == day(end));
        rows.clone().next().expect("a window")
    };
    // [2025-02-01, 2025-03-01): 20 + 7.5 − 2.5; [2025-02-05, 2025-03-05): 20 − 2.5 + 100.
    assert_eq!((to("2025-03-01").estimate.value, to("2025-03-01").period.days()), (Some(25.0), 28));
    assert_eq!(to("2025-03-05").estimate.value, Some(117.5));
    // The last window that ended by 5 February is the one to 1 February: 10 + 5.
    assert_eq!(to("2025-03-05").change.map(|change| change.value), Some(102.5));
    assert_eq!(to("2025-03-05").status, Status::Ok);
}

#[test]
fn a_night_compares_with_the_year_before_without_being_asked() {
    let orders = table(TableName::Orders)
        .text("customer", &["a", "a", "a"])
        .time("at", &["2024-02-10", "2025-01-05", "2025-02-25"])
        .number("amount", &[10.0, 20.0, 30.0]);
    let table = compute("", [orders], &monthly("2025-03-01"));
    let february = row(&table, "revenue", "2025-02-01", None);
    assert_eq!(february.change_year.map(|change| change.value), Some(20.0));
    let first = table.rows.iter().filter(|row| row.kpi.name == "revenue").map(|row| row.period.start).min();
    assert_eq!(first, Some(day("2024-03-01")), "what is only compared with is not shown");
}

#[test]
fn a_step_is_an_alert_and_a_wiggle_is_none() {
    let customers: Vec<String> = (0..30).map(|number| format!("c{number}")).collect();
    let (mut who, mut when, mut amounts) = (Vec::new(), Vec::new(), Vec::new());
    for month in 0..13 {
        for (number, customer) in customers.iter().enumerate() {
            who.push(&*customer.clone().leak());
            when.push(format!("{}-{:02}-{:02}", 2024 + (month + 2) / 12, (month + 2) % 12 + 1, 5 + number % 20));
            amounts.push(if month == 12 { 300.0 } else { 10.0 });
        }
    }
    let orders = table(TableName::Orders).text("customer", &who).time("at", &when).number("amount", &amounts);
    let table = compute("", [orders], &monthly("2025-04-01"));
    let aov = |start| row(&table, "aov", start, None);
    assert_eq!(aov("2025-02-01").alert(), None);
    assert_eq!(aov("2025-03-01").alert(), Some(kpi::control::Side::Above));
    assert!(table.rows.iter().filter(|row| row.kpi.name == "orders").all(|row| row.alert().is_none()));
    let frame = table.frame().expect("a frame");
    assert!(
        frame.column("alert").expect("a column").str().expect("texts").iter().flatten().any(|side| side == "above")
    );
}

#[test]
fn a_part_is_judged_by_its_own_marks() {
    let settings = "segments = [\"region\"]\n[kpi]\nmin_n = 0\n[kpi.target.revenue]\ngood = 15\n\
                    [kpi.target.revenue.by.region.south]\ngood = 1\nconcern = 0.5";
    let table = compute(settings, [orders(), customers()], &monthly("2025-03-01"));
    let judged = |start, part| row(&table, "revenue", start, part).judgement.as_ref().map(|judged| judged.rule.clone());
    assert_eq!(judged("2025-01-01", None).as_deref(), Some("good >= 15"));
    assert_eq!(judged("2025-01-01", Some("south")).as_deref(), Some("good >= 1, concern < 0.5"));
    assert_eq!(judged("2025-01-01", Some("north")).as_deref(), Some("good >= 15"));
}

#[test]
fn a_target_of_no_kpi_is_said() {
    let project = project("[kpi.target.retension_rate]\ngood = 0.7");
    let error = kpi::compute(&project, &checked([orders()]), &monthly("2025-03-01"), None, &Progress::silent());
    assert_eq!(error.expect_err("a misspelt name").to_string(), "there is no KPI `retension_rate`");
}

#[test]
fn pairs_of_segments_are_parts_too() {
    let customers = customers().attribute("tier", &["gold", "gold", "blue"]);
    let request = Request { segments: vec!["region+tier".to_owned()], ..monthly("2025-03-01") };
    let table = compute("[kpi]\nmin_n = 0", [orders(), customers], &request);
    let part = |part| value(&table, "revenue", "2025-02-01", Some(part));
    assert_eq!([part("north+gold"), part("south+gold"), part("unknown+blue")], [Some(20.0), Some(0.0), Some(5.0)]);
}

#[test]
fn cohorts_of_weeks_follow_the_declared_first_day() {
    let request = Request { period: PeriodKind::Week, ..monthly("2025-03-03") };
    for (week_start, cohort) in [("monday", "2025-01-20"), ("sunday", "2025-01-19")] {
        let settings = format!("week_start = \"{week_start}\"\n[kpi]\nmin_n = 0");
        let table = compute(&settings, [orders()], &request);
        let cohorts = table.rows.iter().filter(|row| row.kpi.name == "cohort_retention");
        let labels: Vec<String> =
            cohorts.filter_map(|row| row.segment.as_ref().map(|(_, part)| part.clone())).collect();
        assert!(labels.iter().any(|label| label == cohort), "{week_start}: {labels:?}");
    }
}

#[test]
fn one_row_has_values_but_no_interval_of_a_mean() {
    let orders =
        table(TableName::Orders).text("customer", &["a"]).time("at", &["2025-01-05"]).number("amount", &[10.0]);
    let table = compute("", [orders], &monthly("2025-02-01"));
    let aov = row(&table, "aov", "2025-01-01", None).estimate;
    assert_eq!((aov.value, aov.low, aov.n), (Some(10.0), None, 1));
    assert_eq!(value(&table, "repeat_purchase_rate", "2025-01-01", None), Some(0.0));
    assert_eq!(row(&table, "retention_rate", "2025-01-01", None).status.text(), "unavailable:zero_denominator");
}

#[test]
fn what_contact_truly_brings_is_measured_against_the_holdout() {
    let messages = table(TableName::Messages)
        .text("customer", &["a", "b", "c", "d", "e"])
        .time("at", &["2025-01-10"; 5])
        .text("campaign", &["spring", "spring", "spring", "spring", "newsletter"])
        .text("arm", &[Some("treat"), Some("treat"), Some("holdout"), Some("holdout"), None])
        .number("cost", &[1.0, 1.0, 0.0, 0.0, 50.0]);
    let orders = table(TableName::Orders)
        .text("customer", &["a", "b", "c", "a", "e"])
        .time("at", &["2025-01-12", "2025-01-20", "2025-01-15", "2025-03-15", "2025-01-11"])
        .number("amount", &[30.0, 10.0, 12.0, 999.0, 5.0]);
    let table = compute("active_within_days = 30", [messages, orders], &monthly("2025-04-01"));
    // Contacted: (30 + 10)/2; held out: (12 + 0)/2; (20 − 6) · 2 / 2. March is beyond the 30 days, the letter has no holdout.
    let iroas = row(&table, "iroas", "2025-01-01", None).estimate;
    assert_eq!((iroas.value, iroas.numerator, iroas.denominator, iroas.n), (Some(14.0), Some(28.0), Some(2.0), 4));
}
