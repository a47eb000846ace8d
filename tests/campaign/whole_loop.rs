//! From scores to a list with a holdout, through simulated responses, to a measured effect and the next list.

use std::fmt::Write as _;
use std::path::Path;

use polars::prelude::*;
use tidewatch::campaign::assign::share;

use super::{Effects, json, tidewatch};

/// Customers of the hand-made project.
const CUSTOMERS: usize = 4_000;

fn id(number: usize) -> String {
    format!("c{number:05}")
}

/// Half of them can be persuaded: without a message they stay with probability .4, with one with .6.
fn is_persuadable(number: usize) -> bool {
    number.is_multiple_of(2)
}

fn project(root: &Path) {
    let text = "[project]\nname = \"loop\"\nas_of = \"2025-09-01\"\n\n[tables.orders]\nfiles = [\"orders.csv\"]\n\
        columns = { customer = \"customer\", at = \"at\", amount = \"amount\" }\n\n[tables.customers]\n\
        files = [\"customers.csv\"]\ncolumns = { customer = \"customer\" }\nstatic = [\"region\"]\n\n[target.churn]\nkind = \"inactivity\"\n\
        table = \"orders\"\nactive_within_days = 365\nhorizon_days = 60\n";
    std::fs::write(root.join("tidewatch.toml"), text).expect("written");
    let customer = |n: usize| format!("{},{}\n", id(n), ["north", "south"][n % 3 % 2]);
    let customers: String = (0..CUSTOMERS).map(customer).collect();
    std::fs::write(root.join("customers.csv"), format!("customer,region\n{customers}")).expect("written");
    let run = root.join("runs/2025-06-01");
    std::fs::create_dir_all(&run).expect("a folder");
    let numbers = 0..CUSTOMERS;
    let score = |n: usize| 0.2 + 0.6 * share("score", "of", &id(n));
    let band = |n: usize| if score(n) > 0.3 { "high" } else { "low" };
    let value = |n: usize| if is_persuadable(n) { 200.0 } else { 50.0 };
    let all = |value: &dyn Fn(usize) -> f64| numbers.clone().map(value).collect::<Vec<f64>>();
    let columns = vec![
        Column::new("customer".into(), numbers.clone().map(id).collect::<Vec<_>>()),
        Column::new("target".into(), vec!["churn"; CUSTOMERS]),
        Column::new("status".into(), vec!["scored"; CUSTOMERS]),
        Column::new("score".into(), all(&score)),
        Column::new("band".into(), numbers.clone().map(band).collect::<Vec<_>>()),
        Column::new("decile".into(), all(&|n| (n % 10) as f64 + 1.0)),
        Column::new("value".into(), all(&value)),
        Column::new("value_at_risk".into(), all(&|n| score(n) * value(n))),
        Column::new("reason_1".into(), vec!["=HYPERLINK(\"x\")"; CUSTOMERS]),
    ];
    let mut frame = DataFrame::new(CUSTOMERS, columns).expect("columns of equal length");
    let file = std::fs::File::create(run.join("scores.parquet")).expect("created");
    ParquetWriter::new(file).finish(&mut frame).expect("written");
}

/// Orders before the run for all; after it for those who stay. Treated persuadables stay more often.
fn respond(root: &Path, treated: &dyn Fn(&str) -> bool) {
    let mut text = "customer,at,amount\n".to_owned();
    for number in 0..CUSTOMERS {
        let customer = id(number);
        let _ = writeln!(text, "{customer},2025-05-01,20.5");
        let stays = if is_persuadable(number) && treated(&customer) { 0.6 } else { 0.4 };
        if share("luck", "of", &customer) < stays {
            let _ = writeln!(text, "{customer},2025-06-20,30.25");
        }
    }
    let _ = writeln!(text, "late,2025-08-31,1");
    std::fs::write(root.join("orders.csv"), text).expect("written");
}

fn run(root: &Path, arguments: &[&str]) -> (i32, String, String) {
    let project = ["--project", root.to_str().expect("a path")];
    let output = tidewatch(&[&project[..], arguments].concat());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_campaign_goes_round_and_every_change_to_it_is_caught() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    project(root);
    respond(root, &|_| false);
    let assign =
        ["campaign", "assign", "--name", "spring", "--arm", "treat=0.5", "--arm", "holdout=0.5", "--band", "high"];
    let (code, _, talk) = run(root, &[&assign[..], &["--stratify", "decile"]].concat());
    assert_eq!(code, 0, "{talk}");
    let (code, _, talk) = run(root, &assign);
    assert!(code == 9 && talk.contains("assigned already"), "{code} {talk}");

    let list = root.join("spring.csv");
    let (code, _, talk) = run(root, &["export", "--campaign", "spring", "--file", list.to_str().expect("a path")]);
    assert_eq!(code, 0, "{talk}");
    let listed = std::fs::read_to_string(&list).expect("the list");
    let mut rows = csv::Reader::from_reader(listed.as_bytes());
    let treated: std::collections::BTreeSet<String> =
        rows.records().map(|row| row.expect("a row").get(0).expect("a cell").to_owned()).collect();
    assert!(listed.starts_with("customer,arm,") && listed.contains("'=HYPERLINK") && !listed.contains(",holdout,"));
    assert!(treated.len() > 1_000 && treated.len() < 2_000, "{}", treated.len());

    respond(root, &|customer| treated.contains(customer));
    let out = root.join("measured");
    let measure =
        ["campaign", "evaluate", "--name", "spring", "--cost-per-contact", "1", "--out", out.to_str().expect("a path")];
    let (code, _, talk) = run(root, &measure);
    assert_eq!(code, 0, "{talk}");
    let effects = Effects::read(&out);
    let (low, high) = (effects.number("retained", "newcombe", "low"), effects.number("retained", "newcombe", "high"));
    assert!(low < 0.1 && 0.1 < high && low > 0.0, "[{low}, {high}] against .1");
    assert!(effects.number("revenue", "welch", "effect") > 0.0);
    // Whoever stays orders once, for the same amount: a KPI's statistics agree with the target's outcome.
    let kpis = [&measure[..], &["--outcome", "orders", "--outcome", "aov", "--segment", "region"]].concat();
    let (code, page, talk) = run(root, &kpis);
    assert_eq!(code, 0, "{talk}");
    let more = Effects::read(&out);
    let difference = more.number("orders", "welch", "effect") - effects.number("retained", "newcombe", "effect");
    assert!(difference.abs() < 1e-12, "{difference}");
    assert!(more.number("aov", "delta", "control") == 30.25 && more.number("aov", "delta", "effect") == 0.0);
    assert!(more.of_segment("retained", "newcombe", "region", "south", "n_control") > 100.0);
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
    let (code, _, talk) = run(root, &[&measure[..], &["--outcome", "first_response_time"]].concat());
    assert!(code == 2 && talk.contains("customer by customer"), "{code} {talk}");
    assert_eq!(run(root, &measure).0, 0);

    let uplift = json(&out.join("uplift.json"));
    assert_eq!(uplift["status"], "ok", "{uplift}");
    let uplift = out.join("uplift.json");
    let (code, next, talk) = run(
        root,
        &["campaign", "target", "--uplift", uplift.to_str().expect("a path"), "--cost-per-contact", "5", "--top", "50"],
    );
    assert_eq!(code, 0, "{talk}");
    assert_eq!(next.lines().count(), 51, "{talk}");
    assert!(talk.contains("targeting: "), "{talk}");

    let early = [&measure[..], &["--as-of", "2025-06-25"]].concat();
    let (code, page, talk) = run(root, &early);
    assert!(code == 0 && page.contains("always_valid *"), "{code} {page} {talk}");

    let manifest = root.join("campaigns/spring/manifest.json");
    let text = std::fs::read_to_string(&manifest).expect("a manifest");
    std::fs::write(&manifest, text.replacen("\"salt\": \"spring\"", "\"salt\": \"summer\"", 1)).expect("written");
    let (code, _, talk) = run(root, &measure);
    assert!(code == 6 && talk.contains("changed after it was frozen"), "{code} {talk}");
    std::fs::write(&manifest, text).expect("written");
    assert_eq!(run(root, &measure).0, 0, "as it was frozen it is measured again");

    let assignments = root.join("campaigns/spring/assignments.parquet");
    let file = std::fs::File::open(&assignments).expect("a file");
    let mut table = ParquetReader::new(file).finish().expect("parquet");
    let mut ids: Vec<String> =
        table.column("customer").expect("ids").str().expect("text").iter().flatten().map(str::to_owned).collect();
    ids[7] = "somebody else".to_owned();
    table.with_column(Column::new("customer".into(), ids)).expect("a column");
    ParquetWriter::new(std::fs::File::create(&assignments).expect("a file")).finish(&mut table).expect("written");
    let (code, _, talk) = run(root, &measure);
    assert!(code == 6 && talk.contains("not those that were assigned"), "{code} {talk}");
}
