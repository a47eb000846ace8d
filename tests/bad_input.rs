//! Bad input, end to end: each kind with its exit code and the whole message, which a person can act on.

use std::fmt::Write as _;
use std::io::Write as _;

use crate::fixture::{Answer, Project, SHOP, orders};

/// The whole of stderr is the promise; `bad_input__NAME.snap` shows it.
fn assert_refused(name: &str, code: i32, answer: &Answer) {
    assert_eq!(answer.code, Some(code), "{name}: {}{}", answer.stdout, answer.stderr);
    assert!(!answer.stderr.contains("panicked") && !answer.stderr.contains("RUST_BACKTRACE"), "{}", answer.stderr);
    insta::assert_snapshot!(name, answer.stderr);
}

fn shop_with_orders(content: impl AsRef<[u8]>) -> Project {
    let project = Project::shop();
    project.write("orders.csv", content);
    project
}

fn refused_by_run(name: &str, code: i32, orders: impl AsRef<[u8]>) {
    assert_refused(name, code, &shop_with_orders(orders).answer(&["run"]));
}

#[test]
fn a_missing_project_file() {
    let project = Project::shop();
    std::fs::remove_file(project.path().join("tidewatch.toml")).expect("removed");
    let answer = project.answer(&["run"]);
    assert_eq!(answer.code, Some(3), "{}", answer.stderr);
    assert!(answer.stderr.contains("tidewatch.toml") && answer.stderr.contains("hint: "), "{}", answer.stderr);
}

#[test]
fn a_missing_file() {
    let project = Project::shop();
    std::fs::remove_file(project.path().join("orders.csv")).expect("removed");
    assert_refused("missing_file", 4, &project.answer(&["run"]));
}

#[test]
fn an_empty_file() {
    refused_by_run("empty_file", 4, "");
}

#[test]
fn a_truncated_parquet_file() {
    let project = Project::new(&SHOP.replace("orders.csv", "orders.parquet"));
    project.write("orders.parquet", b"PAR1\x15\x04\x15");
    assert_refused("truncated_parquet", 4, &project.answer(&["run"]));
}

#[test]
fn a_truncated_gzip_file() {
    let project = Project::new(&SHOP.replace("orders.csv", "orders.csv.gz"));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(orders(50).as_bytes()).expect("into memory");
    let whole = gzip.finish().expect("into memory");
    project.write("orders.csv.gz", &whole[..whole.len() / 2]);
    assert_refused("truncated_gzip", 4, &project.answer(&["run"]));
}

#[test]
fn a_column_that_is_not_there() {
    refused_by_run("wrong_column", 5, "customer,when,amount\nc1,2024-05-01,3\n");
}

#[test]
fn a_header_without_rows() {
    let project = shop_with_orders("customer,date,amount\n");
    assert_refused("header_only", 7, &project.answer(&["train"]));
}

/// Every kind of target, and the table that would show its outcome.
const EMPTY: [(&str, &str, &str); 5] = [
    ("orders", "customer,at,amount", "kind = \"inactivity\"\ntable = \"orders\"\nhorizon_days = 30"),
    ("subscriptions", "customer,started_at,ended_at,mrr", "kind = \"subscription_end\"\nhorizon_days = 30"),
    ("events", "customer,at,kind", "kind = \"event\"\nkinds = [\"cancel\"]\nhorizon_days = 30"),
    ("referrals", "referrer,at", "kind = \"advocacy\"\nhorizon_days = 30"),
    ("customers", "customer,churned", "kind = \"column\"\ncolumn = \"churned\"\npositive = \"1\""),
];

#[test]
fn a_header_without_rows_is_too_little_data_whatever_the_target() {
    for (table, header, target) in EMPTY {
        let mut text = "[project]\nname = \"empty\"\nas_of = \"2025-01-01\"\n".to_owned();
        let tables = [(table, header, ""), ("visits", "customer,at", "a,2024-12-30\na,2024-06-03\nb,2024-12-31\n")];
        for (name, header, _) in tables {
            let columns: Vec<String> =
                header.split(',').filter(|c| *c != "churned").map(|c| format!("{c} = \"{c}\"")).collect();
            let _ = writeln!(text, "[tables.{name}]\nfiles = [\"{name}.csv\"]\ncolumns = {{ {} }}", columns.join(", "));
        }
        let project = Project::new(&format!("{text}[target.churn]\n{target}\n"));
        for (name, header, rows) in tables {
            project.write(&format!("{name}.csv"), format!("{header}\n{rows}"));
        }
        for (verb, code) in [("check", 0), ("train", 7), ("run", 6), ("kpi", 0)] {
            let answer = project.answer(&[verb]);
            assert_eq!(answer.code, Some(code), "{table}, {verb}: {}{}", answer.stdout, answer.stderr);
            let says = code == 0 || answer.stderr.contains(&format!("table `{table}` is empty"));
            assert!(says, "{table}, {verb}: {}", answer.stderr);
        }
        let answer = project.answer(&["insights"]);
        assert!(matches!(answer.code, Some(0 | 7)), "{table}: {}", answer.stderr);
        let out = project.path().join("features.csv");
        let answer = project.answer(&["features", "--out", &out.to_string_lossy()]);
        assert_eq!(answer.code, Some(0), "{table}: {}", answer.stderr);
    }
}

#[test]
fn customers_who_all_stay() {
    let mut text = "customer,date,amount\n".to_owned();
    for month in 1..=12 {
        for customer in 0..60 {
            for day in [5, 15, 25] {
                let _ = writeln!(text, "c{customer},2024-{month:02}-{day:02},10");
            }
        }
    }
    assert_refused("one_class", 7, &shop_with_orders(text).answer(&["train"]));
}

#[test]
fn nobody_who_is_eligible() {
    let project = Project::shop();
    project
        .write("tidewatch.toml", SHOP.replace("table = \"orders\"", "table = \"orders\"\nwhere = \"amount > 1000\""));
    assert_refused("nobody_eligible", 7, &project.answer(&["train"]));
}

#[test]
fn text_that_is_not_utf_8() {
    refused_by_run("not_utf8", 5, b"customer,date,amount\nM\xfcller,2024-05-01,3\n");
}

#[test]
fn dates_that_are_none() {
    refused_by_run("not_a_date", 5, "customer,date,amount\nc1,2024-02-30,3\nc2,yesterday,4\nc3,2024-01-01,5\n");
}

#[test]
fn zones_that_are_mixed() {
    refused_by_run(
        "mixed_zones",
        5,
        "customer,date,amount\nc1,2024-05-01T10:00:00,3\nc2,2024-05-01T10:00:00+09:00,4\n",
    );
}

#[test]
fn amounts_that_are_no_numbers() {
    refused_by_run("not_finite", 5, "customer,date,amount\nc1,2024-05-01,NaN\nc2,2024-05-02,inf\nc3,2024-05-03,-inf\n");
    refused_by_run("not_a_number", 5, "customer,date,amount\nc1,2024-05-01,3\nc2,2024-05-02,\"1,50\"\n");
}

#[test]
fn a_short_row() {
    refused_by_run("short_row", 5, "customer,date,amount\nc1,2024-05-01,3\nc2,2024-05-02\n");
}

#[test]
fn a_date_before_the_data_begin() {
    assert_refused("before_the_data", 7, &Project::shop().answer(&["train", "--as-of", "2020-01-01"]));
}

#[test]
fn data_that_are_too_old_for_a_run() {
    assert_refused("too_old", 5, &Project::shop().answer(&["run", "--as-of", "2025-03-01"]));
}

#[test]
fn ids_stay_as_they_are() {
    let odd = ["007", "7", "O\"\"Brien", "a,b", "line\nbreak", "名前", "é", " padded "];
    let mut text = orders(200);
    for id in odd {
        for month in 1..=12 {
            let _ = writeln!(text, "\"{id}\",2024-{month:02}-20,10");
        }
    }
    let project = shop_with_orders(text);
    let out = project.path().join("features.csv").display().to_string();
    project.succeed(&["features", "--as-of", "2025-01-01", "--out", &out]);
    let features = String::from_utf8(project.read("features.csv")).expect("UTF-8");
    for id in ["\n007,", "\n7,", "\n\"O\"\"Brien\",", "\n\"a,b\",", "\n\"line\nbreak\",", "\n名前,", "\né,"] {
        assert!(features.contains(id), "{id} is missing");
    }
}

#[test]
fn dates_of_other_centuries_stay_what_they_are() {
    let project = shop_with_orders("customer,date,amount\nold,1955-11-05,3\nnew,2024-12-31,4\nfuture,2135-01-01,5\n");
    project.succeed(&[
        "features",
        "--as-of",
        "2025-01-01",
        "--out",
        &project.path().join("now.csv").display().to_string(),
    ]);
    let now = String::from_utf8(project.read("now.csv")).expect("UTF-8");
    assert!(now.contains("\nold,2025-01-01") && now.contains("\nnew,") && !now.contains("\nfuture,"), "{now}");
    project.succeed(&[
        "features",
        "--as-of",
        "2135-01-02",
        "--out",
        &project.path().join("later.csv").display().to_string(),
    ]);
    assert!(String::from_utf8(project.read("later.csv")).expect("UTF-8").contains("\nfuture,2135-01-02"));
}
