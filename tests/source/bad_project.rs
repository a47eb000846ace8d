//! Every mistake in a project file is shown with its place and what to do. Whole messages.

use insta::assert_snapshot;

use super::folder::{Folder, ORDERS};

fn says(text: &str) -> String {
    let orders = b"customer,at,amount\na,2025-01-01,1\n";
    Folder::with(&[("tidewatch.toml", text.as_bytes()), ("orders.csv", orders)]).check()
}

fn with(more: &str) -> String {
    says(&format!("{ORDERS}{more}"))
}

#[test]
fn no_folder_and_no_file() {
    let folder = Folder::with(&[]);
    assert_snapshot!("no_file", folder.check());
    let nowhere = folder.path().join("nowhere");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_tidewatch"))
        .args(["check", "--project"])
        .arg(&nowhere)
        .output()
        .expect("the binary runs");
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stderr).replace(&*folder.path().to_string_lossy(), "[folder]");
    assert_snapshot!("no_folder", said);
}

#[test]
fn syntax() {
    assert_snapshot!("syntax", says("[project]\nname = shop\n"));
    assert_snapshot!("wrong_type", says("[project]\nname = \"shop\"\nactive_within_days = \"many\"\n"));
}

#[test]
fn unknown_names() {
    assert_snapshot!("unknown_section", with("[targets.churn]\nkind = \"inactivity\"\n"));
    assert_snapshot!("unknown_key", with("colums = { at = \"date\" }\n"));
    assert_snapshot!("unknown_table", with("[tables.oders]\nfiles = [\"a.csv\"]\n"));
    assert_snapshot!("unknown_column", with("columns = { at = \"at\", ammount = \"amount\" }\n"));
    assert_snapshot!("unknown_kind", with("[target.churn]\nkind = \"inactive\"\n"));
    assert_snapshot!("unknown_zone", says("[project]\nname = \"shop\"\ntime_zone = \"Europe/Berln\"\n"));
}

#[test]
fn sections_that_do_not_fit() {
    let target = "[target.churn]\nkind = \"inactivity\"\n";
    assert_snapshot!("needs_table", with(&format!("{target}horizon_days = 30\n")));
    assert_snapshot!("needs_horizon", with(&format!("{target}table = \"orders\"\n")));
    assert_snapshot!("unmapped_table", with(&format!("{target}table = \"events\"\nhorizon_days = 30\n")));
    let more = "table = \"orders\"\nhorizon_days = 30\n";
    assert_snapshot!("key_of_another_kind", with(&format!("{target}{more}positive = \"Yes\"\n")));
    assert_snapshot!("target_where", with(&format!("{target}{more}where = \"amonut > 0\"\n")));
    assert_snapshot!("segments", says(&ORDERS.replace("name", "segments = [\"region\"]\nname")));
    assert_snapshot!("basis", with("[value]\nbasis = \"mrr\"\n"));
    assert_snapshot!("band", with("[bands]\nhigh = \"top five\"\n"));
}

#[test]
fn expressions_and_formats() {
    assert_snapshot!("where_syntax", with("where = \"amount >\"\n"));
    assert_snapshot!("where_name", with("where = \"ammount > 0\"\n"));
    assert_snapshot!("at_format", with("at_format = \"unixs\"\n"));
    assert_snapshot!("separator", with("separator = \"→\"\n"));
}
