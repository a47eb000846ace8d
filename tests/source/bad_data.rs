//! Every kind of broken data: exit code, place, three examples, expectation, hint. Whole messages.

use std::io::Write as _;

use insta::assert_snapshot;

use super::folder::{Folder, ORDERS};

fn orders(text: &str) -> String {
    Folder::orders(text.as_bytes()).check()
}

#[test]
fn files_that_are_not_there_or_empty() {
    assert_snapshot!("missing_file", Folder::with(&[("tidewatch.toml", ORDERS.as_bytes())]).check());
    assert_snapshot!("empty_file", orders(""));
    assert_snapshot!("header_only", orders("customer,at,amount\n"));
    let unknown = ORDERS.replace("orders.csv", "orders.xls");
    let folder = Folder::with(&[("tidewatch.toml", unknown.as_bytes()), ("orders.xls", b"x")]);
    assert_snapshot!("unknown_format", folder.check());
}

#[test]
fn columns_that_are_not_there() {
    assert_snapshot!("unmapped", orders("who,at,amount\na,2025-01-01,1\n"));
    let mapped = format!("{ORDERS}columns = {{ customer = \"customre\" }}\n");
    let csv: &[u8] = b"customer,at,amount\na,2025-01-01,1\n";
    let folder = Folder::with(&[("tidewatch.toml", mapped.as_bytes()), ("orders.csv", csv)]);
    assert_snapshot!("missing_column", folder.check());
    let mapped = format!("{ORDERS}columns = {{ amount = \"price * qty\" }}\n");
    let csv: &[u8] = b"customer,at,price\na,2025-01-01,1\n";
    let folder = Folder::with(&[("tidewatch.toml", mapped.as_bytes()), ("orders.csv", csv)]);
    assert_snapshot!("missing_column_in_expression", folder.check());
    assert_snapshot!("two_columns_of_a_name", orders("customer,at,at,amount\n"));
}

#[test]
fn rows_that_are_broken() {
    assert_snapshot!("short_and_long", orders("customer,at,amount\na,2025-01-01\nb,2025-01-01,1,9\nc,2025-01-02,3\n"));
    let bad = "customer,at,amount\na,2025-01-01,1\nb,2025-01-02,two\nc,2025-01-03,\"1,5\"\nd,2025-01-04,3 EUR\ne,2025-01-05,x\n";
    assert_snapshot!("not_a_number", orders(bad));
    assert_snapshot!("not_a_time", orders("customer,at,amount\na,2025-02-30,1\nb,01/02/2025,1\n"));
    assert_snapshot!(
        "nan_and_infinity",
        orders("customer,at,amount\na,2025-01-01,NaN\nb,2025-01-01,-inf\nc,2025-01-01,1\n")
    );
    assert_snapshot!("no_customer", orders("customer,at,amount\n,2025-01-01,1\n  ,2025-01-01,1\nc,2025-01-01,1\n"));
}

#[test]
fn bytes_that_are_no_text() {
    let folder = Folder::orders(b"customer,at,amount\nM\xfcller,2025-01-01,1\n");
    assert_snapshot!("not_utf8", folder.check());
}

#[test]
fn zones_that_are_mixed_between_files() {
    let text = ORDERS.replace("orders.csv", "orders*.csv");
    let folder = Folder::with(&[
        ("tidewatch.toml", text.as_bytes()),
        ("orders1.csv", b"customer,at,amount\na,2025-01-01T10:00:00Z,1\n"),
        ("orders2.csv", b"customer,at,amount\na,2025-01-02T10:00:00,1\nb,2025-01-02T11:00:00,1\n"),
    ]);
    assert_snapshot!("zone_mix", folder.check());
}

#[test]
fn json_lines() {
    let text = ORDERS.replace("orders.csv", "orders.ndjson");
    let says =
        |lines: &str| Folder::with(&[("tidewatch.toml", text.as_bytes()), ("orders.ndjson", lines.as_bytes())]).check();
    let first = "{\"customer\": \"a\", \"at\": \"2025-01-01\", \"amount\": 1.5}\n";
    assert_snapshot!(
        "unknown_json_key",
        says(&format!("{first}{{\"customer\": \"b\", \"at\": \"2025-01-02\", \"amount\": 2, \"amuont\": 3}}\n"))
    );
    assert_snapshot!("broken_json", says(&format!("{first}{{\"customer\": \"b\", \"at\"\n")));
    assert_snapshot!(
        "json_drift",
        says(&format!("{first}{{\"customer\": 7, \"at\": \"2025-01-02\", \"amount\": \"much\"}}\n"))
    );
}

#[test]
fn truncated_files() {
    let text = ORDERS.replace("orders.csv", "orders.csv.gz");
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let rows = "customer,at,amount\n".to_owned() + &"abc,2025-01-01,12.5\n".repeat(1_000);
    encoder.write_all(rows.as_bytes()).expect("written");
    let whole = encoder.finish().expect("finished");
    let half = &whole[..whole.len() / 2];
    let folder = Folder::with(&[("tidewatch.toml", text.as_bytes()), ("orders.csv.gz", half)]);
    assert_snapshot!("truncated_gz", folder.check());
    let text = ORDERS.replace("orders.csv", "orders.parquet");
    let folder = Folder::with(&[("tidewatch.toml", text.as_bytes()), ("orders.parquet", b"PAR1 and then nothing")]);
    assert_snapshot!("truncated_parquet", folder.check());
}

#[test]
fn money_of_two_currencies() {
    let csv = "customer,at,amount,currency\na,2025-01-01,1,EUR\nb,2025-01-02,1,USD\n";
    assert_snapshot!("currencies", orders(csv));
}

#[test]
fn a_segment_that_customers_do_not_have() {
    let text = "[project]\nname = \"shop\"\nas_of = \"2025-01-10\"\nsegments = [\"regoin\"]\n\n[tables.customers]\n\
                files = [\"customers.csv\"]\n";
    let csv: &[u8] = b"customer,region\na,north\n";
    let folder = Folder::with(&[("tidewatch.toml", text.as_bytes()), ("customers.csv", csv)]);
    assert_snapshot!("unknown_segment", folder.check());
}

#[test]
fn bad_rows_are_set_aside_counted_and_kept_for_inspection() {
    let text = format!("{ORDERS}on_bad_rows = \"quarantine\"\n");
    let csv: &[u8] =
        b"customer,at,amount\na,2025-01-01,1\nb,soon,two\n,2025-01-03,3\nd,2025-01-04\n\"e \"\"x\"\"\",2025-01-05,5\n";
    let folder = Folder::with(&[("tidewatch.toml", text.as_bytes()), ("orders.csv", csv)]);
    assert_snapshot!("quarantine", folder.check());
    let aside = std::fs::read_to_string(folder.path().join("quarantine/orders.csv")).expect("written");
    assert_snapshot!("quarantine_file", aside);
    std::fs::write(folder.path().join("orders.csv"), "customer,at,amount\na,2025-01-01,1\n").expect("mended");
    folder.check();
    assert!(!folder.path().join("quarantine/orders.csv").exists(), "a mended table leaves no quarantine behind");
}
