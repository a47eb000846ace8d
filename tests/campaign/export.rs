//! `export` through the binary: who is on the list, in which order, who is left out, in which format.

use std::path::Path;

use polars::prelude::*;

use super::tidewatch;

const PROJECT: &str = r#"[project]
name = "lists"
as_of = "2025-06-01"

[tables.customers]
files = ["customers.csv"]
columns = { customer = "customer", consent = "consent" }

[tables.messages]
files = ["messages.csv"]
columns = { customer = "customer", at = "at", campaign = "campaign" }

[tables.orders]
files = ["orders.csv"]
columns = { customer = "customer", at = "at", amount = "amount" }

[tables.surveys]
files = ["surveys.csv"]
columns = { customer = "customer", at = "at", question = "question", score = "score", text = "text" }

[tables.posts]
files = ["posts.csv"]
columns = { post = "post", at = "at", customer = "customer", sentiment = "sentiment" }

[tables.referrals]
files = ["referrals.csv"]
columns = { referrer = "referrer", at = "at", revenue = "revenue" }

[target.churn]
kind = "inactivity"
table = "orders"
active_within_days = 365
horizon_days = 60

[action.rescue]
when = "unresolved tickets"
channel = "phone"
cost = 7
offer = "=the chief calls"
"#;

/// Customer, score, band, value, strongest reason.
type Scored = (&'static str, f64, &'static str, f64, &'static str);

const SCORED: [Scored; 6] = [
    ("a", 0.9, "high", 10.0, "3 unresolved tickets"),
    ("b", 0.8, "high", 100.0, "payment failed twice"),
    ("c", 0.6, "medium", 40.0, "fewer orders than in spring"),
    ("d", 0.5, "medium", 1000.0, "contract expires in 12 days"),
    ("e", 0.2, "low", 5000.0, "nothing much"),
    ("f", 0.1, "low", 1.0, "nothing much"),
];

fn scores(folder: &Path, change: impl Fn(&str, f64) -> f64) {
    std::fs::create_dir_all(folder).expect("a folder");
    let text = |of: &dyn Fn(&Scored) -> &'static str| SCORED.iter().map(of).collect::<Vec<_>>();
    let score: Vec<f64> = SCORED.iter().map(|row| change(row.0, row.1)).collect();
    let at_risk: Vec<f64> = SCORED.iter().zip(&score).map(|(row, score)| row.3 * score).collect();
    let columns = vec![
        Column::new("customer".into(), text(&|row| row.0)),
        Column::new("target".into(), vec!["churn"; 6]),
        Column::new("status".into(), vec!["scored"; 6]),
        Column::new("band".into(), text(&|row| row.2)),
        Column::new("decile".into(), vec![1i64; 6]),
        Column::new("score".into(), score),
        Column::new("value".into(), SCORED.iter().map(|row| row.3).collect::<Vec<_>>()),
        Column::new("value_at_risk".into(), at_risk),
        Column::new("reason_1".into(), text(&|row| row.4)),
    ];
    let mut frame = DataFrame::new(6, columns).expect("columns of equal length");
    write_parquet(&mut frame, &folder.join("scores.parquet"));
}

fn write_parquet(frame: &mut DataFrame, path: &Path) {
    ParquetWriter::new(std::fs::File::create(path).expect("created")).finish(frame).expect("written");
}

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("tidewatch.toml", PROJECT);
    write("customers.csv", "customer,consent\na,true\nb,true\nc,false\nd,true\ne,true\nf,\n");
    write("messages.csv", "customer,at,campaign\na,2025-05-25,news\nb,2025-04-01,news\n");
    write("orders.csv", "customer,at,amount\na,2025-05-31,1\n");
    let answers = "customer,at,question,score,text\na,2025-05-01,nps,3,slow\nb,2025-05-02,nps,9,\nd,2025-05-03,nps,10,\n\
        e,2025-05-03,nps,7,\na,2025-02-01,nps,10,\nc,2025-05-03,nps,1,no consent\n";
    write("surveys.csv", answers);
    write("posts.csv", "post,at,customer,sentiment\np1,2025-05-09,e,0.8\np2,2025-05-10,e,-0.5\n");
    write("referrals.csv", "referrer,at,revenue\nb,2025-05-05,30\n");
    scores(&folder.path().join("runs/2025-06-01"), |_, score| score);
    folder
}

/// Customers of the list on stdout, in its order, and what was said.
fn listed(root: &Path, more: &[&str]) -> (Vec<String>, String) {
    let asked = ["export", "--project", root.to_str().expect("a path")];
    let output = tidewatch(&[&asked[..], more].concat());
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{more:?}: {talk}");
    let mut rows = csv::Reader::from_reader(&output.stdout[..]);
    (rows.records().map(|row| row.expect("a row")[0].to_owned()).collect(), talk)
}

#[test]
fn bands_caps_budgets_and_orders_cut_the_list_and_consent_always_does() {
    let folder = project();
    // c refused and f never consented: neither is on any list.
    let cases: [(&[&str], &[&str]); 9] = [
        (&[], &["a", "b", "d"]),
        (&["--band", "high"], &["a", "b"]),
        (&["--top", "1"], &["a"]),
        (&["--min-value", "50"], &["b", "d", "e"]),
        (&["--sort", "value"], &["d", "b", "a"]),
        (&["--top", "9", "--sort", "value"], &["e", "d", "b", "a"]),
        (&["--budget", "5", "--cost-per-contact", "2"], &["a", "b"]),
        (&["--save-rate", "0.1", "--cost-per-contact", "2", "--sort", "uplift"], &["d", "b"]),
        (&["--save-rate", "0.1", "--cost-per-contact", "2", "--sort", "uplift", "--top", "9"], &["e", "d", "b"]),
    ];
    for (asked, expected) in cases {
        let (found, talk) = listed(folder.path(), asked);
        assert_eq!(found, expected, "{asked:?}");
        if asked.is_empty() {
            assert!(talk.contains("1 customers left out") || talk.contains("1 customer left out"), "{talk}");
        }
    }
}

#[test]
fn suppressed_and_lately_contacted_customers_are_left_out() {
    let folder = project();
    assert_eq!(listed(folder.path(), &["--days-since-contact", "30"]).0, ["b", "d"]);
    assert_eq!(listed(folder.path(), &["--days-since-contact", "90"]).0, ["d"]);
    let file = folder.path().join("never.csv");
    std::fs::write(&file, "customer\nb\nd\n").expect("written");
    assert_eq!(listed(folder.path(), &["--suppress", file.to_str().expect("a path")]).0, ["a"]);
}

#[test]
fn lists_of_advocates_and_detractors_come_from_the_latest_answers() {
    let folder = project();
    let list = |name| listed(folder.path(), &["--list", name]).0;
    assert_eq!(list("detractors"), ["a"], "the latest answer counts; c did not consent");
    assert_eq!(list("promoters"), ["d", "b"]);
    assert_eq!(list("advocates"), ["b", "e", "d"], "who referred first, then who posted");
    assert_eq!(list("referral_ask"), ["d"], "b referred somebody lately");
}

#[test]
fn what_is_new_worsened_and_recovered_since_the_last_list_is_told() {
    let folder = project();
    let before = |customer: &str, score: f64| match customer {
        "a" => score - 0.3,
        _ => score,
    };
    scores(&folder.path().join("runs/2025-05-01"), before);
    let file = folder.path().join("list.parquet");
    let (_, talk) = listed(folder.path(), &["--file", file.to_str().expect("a path"), "--format", "csv"]);
    assert!(talk.contains("0 new, 1 worsened, 0 recovered"), "{talk}");
    let table = ParquetReader::new(std::fs::File::open(&file).expect("a list")).finish().expect("parquet");
    let change = table.column("change").expect("a column").str().expect("text").clone();
    assert_eq!(change.iter().flatten().collect::<Vec<_>>(), ["worsened", "same", "same"]);
}

#[test]
fn a_list_is_written_for_spreadsheets_with_profiles_actions_and_every_cut_off() {
    let folder = project();
    let mut profiles = DataFrame::new(
        2,
        vec![Column::new("customer".into(), ["b", "a"]), Column::new("favourite".into(), ["tea", "@SUM(A1)"])],
    )
    .expect("columns of equal length");
    write_parquet(&mut profiles, &folder.path().join("runs/2025-06-01/profiles.parquet"));
    for name in ["list.csv", "list.xlsx"] {
        let file = folder.path().join(name);
        let asked = ["export", "--project", folder.path().to_str().expect("a path"), "--profiles", "--file"];
        let output = tidewatch(&[&asked[..], &[file.to_str().expect("a path")]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let page = String::from_utf8_lossy(&output.stdout).into_owned();
        // 0.9 + 0.8 + 0.6 of 3.1 expected churners are among the three riskiest; 0.7 of those would have stayed.
        assert!(page.contains("50.0 %          3              2.3   74.2 %        0.7"), "{page}");
    }
    let text = std::fs::read_to_string(folder.path().join("list.csv")).expect("a list");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[1].starts_with("a,churn,0.9,high,1,10,9,rescue,phone,'=the chief calls,7,"), "{}", lines[1]);
    assert!(lines[1].ends_with(",'@SUM(A1)"), "{}", lines[1]);
    assert!(lines[2].contains(",fix_payment,email,") && lines[2].ends_with(",tea"), "{}", lines[2]);
    assert!(lines[3].contains(",renewal_talk,phone,"), "{}", lines[3]);
    assert!(std::fs::read(folder.path().join("list.xlsx")).expect("a book").starts_with(b"PK"));
}
