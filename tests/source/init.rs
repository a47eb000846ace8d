//! `init`: what it writes, `check` accepts; what it cannot tell, it says.

use std::path::Path;
use std::process::Command;

use super::folder::Folder;
use super::public_sets::shared_data;

fn init(folder: &Path, files: &[&Path]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_tidewatch"))
        .arg("init")
        .arg(folder)
        .arg("--from")
        .args(files)
        .output()
        .expect("the binary runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).replace(&*folder.to_string_lossy(), "[folder]"))
}

#[test]
fn orders_and_customers_are_told_apart_and_checked() {
    let folder = Folder::with(&[
        ("sales.csv", b"Order ID;Customer ID;Order Date;Total;Note\n1;007;25/12/2023;10.5;x\n2;008;26/12/2023;3;\n"),
        ("customers.csv", b"customer_id,signup_date,region\n007,2023-01-01,north\n008,2023-02-01,south\n"),
    ]);
    let (code, said) = init(folder.path(), &[&folder.path().join("sales.csv"), &folder.path().join("customers.csv")]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("orders        sales.csv") && said.contains("customers     customers.csv"), "{said}");
    let text = std::fs::read_to_string(folder.path().join("tidewatch.toml")).expect("written");
    for line in ["separator = \";\"", "at_format = \"%d/%m/%Y\"", "[tables.customers]", "kind = \"inactivity\""] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
    assert!(folder.check().starts_with("exit 0"), "{}", folder.check());
    let (code, said) = init(folder.path(), &[&folder.path().join("sales.csv")]);
    assert_eq!(code, Some(9), "{said}");
}

#[test]
fn rows_without_a_customer_are_set_aside_and_said() {
    let folder = Folder::with(&[("sales.csv", b"invoice,customer,date,amount\n1,A,2023-01-02,5\n2,,2023-01-03,6\n")]);
    let (code, said) = init(folder.path(), &[&folder.path().join("sales.csv")]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("orders: 1 row is not usable and set aside"), "{said}");
    let text = std::fs::read_to_string(folder.path().join("tidewatch.toml")).expect("written");
    assert!(text.contains("on_bad_rows = \"quarantine\""), "{text}");
    assert!(folder.check().starts_with("exit 0"), "{}", folder.check());
}

#[test]
fn flat_data_feed_the_model_at_once_without_what_names_a_row() {
    let row = |row: u32| format!("{row},C{row},mail{row}@x.org,{},{}", row * 7 % 11, row % 2);
    let rows: Vec<String> = (1..=40).map(row).collect();
    let table = format!("RowNumber,CustomerId,Email,Age,Exited\n{}\n", rows.join("\n"));
    let folder = Folder::with(&[("bank.csv", table.as_bytes())]);
    let (code, said) = init(folder.path(), &[&folder.path().join("bank.csv")]);
    assert_eq!(code, Some(0), "{said}");
    let text = std::fs::read_to_string(folder.path().join("tidewatch.toml")).expect("written");
    assert!(text.contains("static = \"*\"") && text.contains("ignore = [\"RowNumber\", \"Email\"]"), "{text}");
    assert!(folder.check().starts_with("exit 0"), "{}", folder.check());
}

#[test]
fn a_file_no_table_fits_is_named() {
    let folder = Folder::with(&[("weather.csv", b"station,temperature\nA,12\n")]);
    let (code, said) = init(folder.path(), &[&folder.path().join("weather.csv")]);
    assert_eq!(code, Some(4));
    assert!(said.contains("could not tell which table") && said.contains("`station`, `temperature`"), "{said}");
    assert!(!folder.path().join("tidewatch.toml").exists());
}

#[test]
fn public_sets_are_understood() {
    let Some(shared) = shared_data() else { return };
    for (files, target) in [
        (vec!["cdnow/CDNOW_master.txt"], "inactivity"),
        (vec!["telco_ibm/WA_Fn-UseC_-Telco-Customer-Churn.csv"], "column"),
        (vec!["ravenstack_saas/accounts.csv", "ravenstack_saas/subscriptions.csv"], "subscription_end"),
        (vec!["complete_journey_sample/transactions_sample.csv.gz"], "inactivity"),
    ] {
        let folder = Folder::with(&[]);
        let paths: Vec<_> = files.iter().map(|file| shared.join(file)).collect();
        let (code, said) = init(folder.path(), &paths.iter().map(std::path::PathBuf::as_path).collect::<Vec<_>>());
        assert_eq!(code, Some(0), "{files:?}: {said}");
        let text = std::fs::read_to_string(folder.path().join("tidewatch.toml")).expect("written");
        assert!(text.contains(&format!("kind = \"{target}\"")), "{files:?}: {text}");
        assert!(folder.check().starts_with("exit 0"), "{files:?}: {}", folder.check());
    }
}
