//! `journey` through the binary, and against an independent computation on real data.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::source::public_sets::shared_data;

const SHOP: &str = r#"
[project]
name = "shop"
time_zone = "Europe/Berlin"
as_of = "2025-03-01"
[tables.events]
files = ["events.csv"]
columns = { customer = "who", at = "at", kind = "what", value = "worth", session = "visit" }
[tables.customers]
files = ["people.csv"]
columns = { customer = "who" }
static = ["region"]
[roles]
cart = ["add"]
purchase = ["buy"]
passive = ["mail"]
[journey.purchase]
steps = ["look", "cart", "purchase"]
within_days = 2
"#;

const EVENTS: &str = "\
who,at,what,worth,visit
a,2025-01-01T10:00:00Z,look,,v1
a,2025-01-01T10:01:00Z,add,30,v1
a,2025-01-01T10:05:00Z,buy,30,v1
b,2025-01-02T10:00:00Z,look,,v2
b,2025-01-02T10:03:00Z,add,50,v2
b,2025-01-02T10:04:00Z,mail,,v2
b,2025-01-09T10:00:00Z,buy,50,v3
c,2025-01-03T10:00:00Z,look,,v4
c,2025-02-28T10:00:00Z,look,,v5
c,2025-02-28T10:01:00Z,add,7,v5
c,2025-03-01T10:00:00Z,buy,7,v6
";

fn shop(events: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    write("tidewatch.toml", SHOP);
    write("events.csv", events);
    write("people.csv", "who,region\na,north\nb,south\nc,south\n");
    folder
}

fn tidewatch(project: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidewatch"));
    command.arg("--project").arg(project).args(arguments).output().expect("the program runs")
}

fn json(project: &Path, arguments: &[&str]) -> Value {
    let output = tidewatch(project, &[arguments, &["--format", "json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn column<'a>(rows: &'a Value, scope: &str, name: &str) -> Vec<&'a Value> {
    let rows = rows["rows"].as_array().expect("rows").iter();
    rows.filter(|row| row["scope"] == scope && row["segment"].is_null() && row["period_start"].is_null())
        .map(|row| &row[name])
        .collect()
}

#[test]
fn a_funnel_per_visit_per_customer_and_within_its_limit() {
    let shop = shop(EVENTS);
    let found = json(shop.path(), &["journey"]);
    assert_eq!(column(&found, "visit", "reached"), [4, 3, 1]);
    assert_eq!(column(&found, "customer", "reached"), [3, 3, 2], "what happens on 1 March is not known on 1 March");
    assert_eq!(column(&found, "within_2_days", "reached"), [3, 2, 1], "the start of 28 February is not over");
    assert_eq!(column(&found, "visit", "value_left"), [0.0, 57.0, 0.0]);
    assert_eq!(column(&found, "customer", "median_seconds")[2].as_f64(), Some(302_430.0));
}

#[test]
fn what_comes_next_leaves_out_what_the_company_does() {
    let shop = shop(EVENTS);
    let found = json(shop.path(), &["journey"]);
    let next = found["transitions"].as_array().expect("rows");
    let after_cart: Vec<(&Value, &Value)> =
        next.iter().filter(|row| row["step"] == "cart").map(|row| (&row["next"], &row["count"])).collect();
    assert_eq!(after_cart, [(&Value::Null, &Value::from(2)), (&Value::from("buy"), &Value::from(1))]);
}

#[test]
fn segments_and_periods_add_up_to_the_whole() {
    let shop = shop(EVENTS);
    let found = json(shop.path(), &["journey", "--by", "region", "--period", "month"]);
    let rows = found["rows"].as_array().expect("rows");
    for (scope, step) in
        ["visit", "customer", "within_2_days"].iter().flat_map(|scope| (1..=3).map(move |step| (scope, step)))
    {
        let sum = |segment: bool, period: bool| -> u64 {
            let here = rows.iter().filter(|row| row["scope"] == **scope && row["step_number"] == step);
            let part =
                here.filter(|row| row["segment"].is_string() == segment && row["period_start"].is_string() == period);
            part.map(|row| row["reached"].as_u64().expect("a count")).sum()
        };
        let whole = sum(false, false);
        assert_eq!((sum(true, false), sum(false, true), sum(true, true)), (whole, whole, whole), "{scope} {step}");
    }
}

#[test]
fn the_order_of_rows_changes_nothing() {
    let (heading, rows) = EVENTS.split_once('\n').expect("a heading");
    let reversed: Vec<&str> = std::iter::once(heading).chain(rows.lines().rev()).collect();
    let (plain, reversed) = (shop(EVENTS), shop(&reversed.join("\n")));
    let arguments = ["journey", "--by", "region", "--period", "week"];
    assert_eq!(tidewatch(plain.path(), &arguments).stdout, tidewatch(reversed.path(), &arguments).stdout);
}

#[test]
fn text_reads_in_80_columns() {
    let shop = shop(EVENTS);
    let output = tidewatch(shop.path(), &["journey"]);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let head: Vec<&str> = text.lines().take(5).collect();
    insta::assert_snapshot!(head.join("\n"), @r"
    purchase · per visit
    step      reached  of first               of previous  median wait  value left
    look            4  ████████████  100.0 %            –            –           0
    cart            3  █████████···   75.0 %       75.0 %         60 s          57
    purchase        1  ███·········   25.0 %       33.3 %      4.0 min           –
    ");
}

#[test]
fn a_step_nobody_knows_is_explained() {
    let shop = shop(EVENTS);
    let output = tidewatch(shop.path(), &["journey", "--steps", "look,chekout"]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("step `chekout` is neither a role, a mapped table nor a kind of event"), "{error}");
    let output = tidewatch(shop.path(), &["journey", "--steps", "loook,buy"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("hint: did you mean `look`?"));
}

#[test]
fn the_complete_journey_agrees_with_pandas() {
    let Some(data) = shared_data().map(|folder| folder.join("complete_journey_sample")) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let project = format!(
        r#"
[project]
name = "complete journey"
as_of = "2018-01-01"
[tables.orders]
files = ["{data}/transactions_sample.csv.gz"]
at_format = "%Y-%m-%d %H:%M:%S"
columns = {{ customer = "household_id", at = "transaction_timestamp", amount = "sales_value", order = "basket_id" }}
[tables.events]
files = ["{data}/coupon_redemptions.csv"]
at_format = "%Y-%m-%d"
columns = {{ customer = "household_id", at = "redemption_date", kind = "'coupon'" }}
[journey.coupon]
steps = ["orders", "coupon", "orders"]
within_days = 14
"#,
        data = data.display()
    );
    fs::write(folder.path().join("tidewatch.toml"), project).expect("a file");
    let found = json(folder.path(), &["journey"]);
    for line in include_str!("expected/journey/complete_journey.csv").lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let number = |field: usize| fields[field].parse::<f64>().unwrap_or(f64::NAN);
        let step = || fields[1].parse::<usize>().expect("a step") - 1;
        match fields[0] {
            "repeat" => {
                let all = &found["after_purchase"][0];
                assert_eq!((all["n"].as_f64(), all["repeated"].as_f64()), (Some(number(1)), Some(number(2))));
            }
            "customer_median_seconds" => {
                assert_eq!(column(&found, "customer", "median_seconds")[step()].as_f64(), Some(number(2)));
            }
            scope => {
                assert_eq!(column(&found, scope, "reached")[step()].as_f64(), Some(number(2)), "{line}");
                let left = column(&found, scope, "value_left")[step()].as_f64().expect("a value");
                assert!((left - number(3)).abs() < 0.006, "{line}: {left}");
            }
        }
    }
}

#[test]
fn what_comes_next_and_repeats_of_the_demo_agree_with_pandas() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/demo");
    let found = json(&demo, &["journey", "--by", "region"]);
    let rows = |name: &str| found[name].as_array().expect("rows").clone();
    let (transitions, repeats) = (rows("transitions"), rows("after_purchase"));
    let expected = include_str!("expected/journey/demo.csv");
    assert_eq!(expected.lines().count(), 61);
    for line in expected.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [what, segment, step, next, n, count] = <[&str; 6]>::try_from(fields).expect("six fields");
        let (n, count) = (n.parse::<f64>().expect("a number"), count.parse::<f64>().expect("a number"));
        let is_part = |row: &Value| row["segment_value"].as_str().unwrap_or_default() == segment;
        if what == "repeat" {
            let row = repeats.iter().find(|row| is_part(row) && row["purchases"] == step).expect(line);
            assert_eq!((row["n"].as_f64(), row["repeated"].as_f64()), (Some(n), Some(count)), "{line}");
            continue;
        }
        let is_next = |row: &Value| row["next"].as_str().unwrap_or("(end of visit)") == next;
        let row = transitions.iter().find(|row| is_part(row) && row["step"] == step && is_next(row)).expect(line);
        assert_eq!(row["count"].as_f64(), Some(count), "{line}");
        assert!(row["share"].as_f64().is_some_and(|share| (share - count / n).abs() < 1e-12), "{line}");
    }
}

#[test]
fn every_table_goes_to_a_file_in_the_form_its_ending_names() {
    let shop = shop(EVENTS);
    for (show, heading) in [
        ("funnel", "journey,scope,segment,segment_value,period_start,step_number,step,reached"),
        ("transitions", "journey,segment,segment_value,period_start,step,next,count,share"),
        ("after-purchase", "purchases,segment,segment_value,period_start,n,repeated,repeat_rate,low,high"),
    ] {
        for ending in ["csv", "parquet"] {
            let path = shop.path().join(format!("{show}.{ending}"));
            let output = tidewatch(shop.path(), &["journey", "--show", show, "--out", &path.to_string_lossy()]);
            assert!(output.status.success() && output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
            let bytes = fs::read(&path).expect("written");
            let opening = if ending == "csv" { heading.as_bytes() } else { b"PAR1" };
            assert!(bytes.starts_with(opening), "{show}.{ending}");
        }
    }
}
