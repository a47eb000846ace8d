//! Data that look odd and are right.

use polars::prelude::*;
use tidewatch::contract::{self, Checked};
use tidewatch::progress::Progress;
use tidewatch::project::Project;
use tidewatch::tables::TableName;

use super::folder::{Folder, ORDERS};

fn checked(folder: &Folder) -> Checked {
    let project = Project::load(folder.path()).expect("a valid project");
    let as_of = project.project.as_of.expect("frozen");
    contract::check(&project, as_of, &Progress::silent()).expect("keeps the contract")
}

fn frame(folder: &Folder) -> DataFrame {
    checked(folder).table(TableName::Orders).expect("mapped").frame.clone().collect().expect("collects")
}

fn texts(frame: &DataFrame, name: &str) -> Vec<String> {
    let column = frame.column(name).expect("there").cast(&DataType::String).expect("text");
    column.str().expect("text").iter().map(|text| text.unwrap_or("null").to_owned()).collect()
}

#[test]
fn customer_ids_stay_as_they_are() {
    let csv = "\u{feff}customer,at,amount\n\"O'Brien, \"\"Bo\"\"\",2025-01-01,1\n\"two\nlines\",2025-01-01,1\n007,2025-01-01,1\n\
               顧客,2025-01-01,1\n1.0,2025-01-01,1\n";
    let folder = Folder::orders(csv.as_bytes());
    assert_eq!(texts(&frame(&folder), "customer"), ["O'Brien, \"Bo\"", "two\nlines", "007", "顧客", "1.0"]);
}

#[test]
fn dates_before_1970_and_after_2100() {
    let folder = Folder::orders(b"customer,at,amount\na,1938-02-01,1\nb,2150-12-31,1\nc,1969-12-31T23:59:59.5,1\n");
    let frame = frame(&folder);
    assert_eq!(texts(&frame, "at_day"), ["1938-02-01", "2150-12-31", "1969-12-31"]);
}

#[test]
fn a_local_day_is_the_zones_day() {
    let text = ORDERS.replace("[tables", "time_zone = \"America/New_York\"\n[tables");
    let csv: &[u8] = b"customer,at,amount\na,2025-03-09T06:30:00Z,1\nb,2025-03-09T03:30:00Z,1\n";
    let folder = Folder::with(&[("tidewatch.toml", text.as_bytes()), ("orders.csv", csv)]);
    assert_eq!(texts(&frame(&folder), "at_day"), ["2025-03-09", "2025-03-08"]);
    let csv: &[u8] = b"customer,at,amount\na,2025-03-09T23:30:00,1\nb,2025-03-09,1\n";
    let folder = Folder::with(&[("tidewatch.toml", text.as_bytes()), ("orders.csv", csv)]);
    assert_eq!(texts(&frame(&folder), "at_day"), ["2025-03-09", "2025-03-09"]);
}

#[test]
fn separators_headers_expressions_and_reserved_names() {
    let text = "[project]\nname = \"shop\"\nas_of = \"2025-01-10\"\n\n[tables.orders]\nfiles = [\"orders.csv\"]\nseparator = \";\"\n\
                at_format = \"%d/%m/%Y\"\nnull_values = [\"NA\"]\nwhere = \"order <> 'void'\"\n\
                columns = { customer = \"Customer ID\", at = \"date\", amount = \"qty * \\\"unit price\\\"\", order = \"order\" }\n";
    let csv: &[u8] = b"Customer ID;date;qty;unit price;order;note\n01;25/12/2024;2;1.5;A;x,y\n02;26/12/2024;3;NA;B;\n03;26/12/2024;3;1;void;\n";
    let folder = Folder::with(&[("tidewatch.toml", text.as_bytes()), ("orders.csv", csv)]);
    let said = folder.check();
    // A price that is missing makes an amount that is missing: a required column.
    assert!(said.starts_with("exit 5") && said.contains("no value"), "{said}");
    let csv: &[u8] =
        b"Customer ID;date;qty;unit price;order;note\n01;25/12/2024;2;1.5;A;x,y\n03;26/12/2024;3;1;void;\n";
    let folder = Folder::with(&[("tidewatch.toml", text.as_bytes()), ("orders.csv", csv)]);
    let frame = frame(&folder);
    assert_eq!(texts(&frame, "customer"), ["01"]);
    assert_eq!(texts(&frame, "amount"), ["3.0"]);
    assert_eq!(texts(&frame, "at_day"), ["2024-12-25"]);
}

#[test]
fn files_without_a_header_and_white_space() {
    let text = "[project]\nname = \"shop\"\nas_of = \"2025-01-10\"\n\n[tables.orders]\nfiles = [\"orders.txt\"]\nheader = false\n\
                at_format = \"%Y%m%d\"\ncolumns = { customer = \"column_1\", at = \"column_2\", amount = \"column_3\" }\n";
    let folder = Folder::with(&[
        ("tidewatch.toml", text.as_bytes()),
        ("orders.txt", b"  0001 20250101   12.00\r\n 0002 20250102 3\r\n\r\n"),
    ]);
    let frame = frame(&folder);
    assert_eq!(texts(&frame, "customer"), ["0001", "0002"]);
    assert_eq!(texts(&frame, "amount"), ["12.0", "3.0"]);
}

#[test]
fn every_format_and_compression_says_the_same() {
    let csv = "customer,at,amount\n07,2025-01-01T10:00:00Z,1.5\n8,2025-01-02T11:30:00.25Z,\"2\"\n";
    let ndjson = "{\"customer\":\"07\",\"at\":\"2025-01-01T10:00:00Z\",\"amount\":1.5}\n{\"customer\":8,\"at\":\"2025-01-02T11:30:00.25Z\",\"amount\":\"2\"}\n";
    let expected = frame(&Folder::orders(csv.as_bytes()));
    let zst = zstd::encode_all(csv.as_bytes(), 3).expect("compressed");
    let tsv = csv.replace(',', "\t");
    let parquet = parquet();
    for (name, bytes) in [
        ("o.csv.zst", zst.as_slice()),
        ("o.tsv", tsv.as_bytes()),
        ("o.ndjson", ndjson.as_bytes()),
        ("o.parquet", parquet.as_slice()),
    ] {
        let text = ORDERS.replace("orders.csv", name);
        let folder = Folder::with(&[("tidewatch.toml", text.as_bytes()), (name, bytes)]);
        assert!(frame(&folder).equals(&expected), "{name}: {}", frame(&folder));
    }
}

/// The same rows as parquet: milliseconds with another zone, an amount of two types a tool would choose.
fn parquet() -> Vec<u8> {
    let instants = Int64Chunked::from_slice("at".into(), &[1_735_725_600_000, 1_735_817_400_250]);
    let zone = TimeZone::opt_try_new(Some("Asia/Tokyo")).expect("known");
    let mut frame = DataFrame::new(
        2,
        vec![
            Column::new("customer".into(), ["07", "8"]),
            instants.into_datetime(TimeUnit::Milliseconds, zone).into_column(),
            Column::new("amount".into(), ["1.5", "2"]),
        ],
    )
    .expect("a frame");
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut frame).expect("written");
    bytes
}

#[test]
fn several_sources_make_one_table_whatever_the_order_of_files() {
    let text = "[project]\nname = \"shop\"\nas_of = \"2025-01-10\"\n\n[[tables.orders]]\nfiles = [\"b*.csv\", \"a1.csv\"]\n\n\
                [[tables.orders]]\nfiles = [\"old.csv\"]\ncolumns = { customer = \"id\", at = \"day\", amount = \"1\" }\n";
    let folder = Folder::with(&[
        ("tidewatch.toml", text.as_bytes()),
        ("b2.csv", b"customer,at,amount,channel\nx,2025-01-02,2,web\n"),
        ("a1.csv", b"customer,at,amount,channel\ny,2025-01-01,1,shop\n"),
        ("old.csv", b"id,day\nz,2024-01-01\n"),
    ]);
    let checked = checked(&folder);
    let orders = checked.table(TableName::Orders).expect("mapped");
    assert_eq!((orders.rows, orders.columns.join(" ")), (3, "customer at amount channel".to_owned()));
    let frame = orders.frame.clone().collect().expect("collects");
    assert_eq!(texts(&frame, "channel"), ["shop", "web", "null"]);
    let inputs: Vec<(&str, u64)> = checked.inputs.iter().map(|input| (input.path.as_str(), input.rows)).collect();
    assert_eq!(inputs, [("a1.csv", 1), ("b2.csv", 1), ("old.csv", 1)]);
    let expected = blake3::hash(b"id,day\nz,2024-01-01\n").to_hex().to_string();
    assert_eq!(checked.inputs[2].blake3, expected);
}
