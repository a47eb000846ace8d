//! The command `kpi`, through the binary.

use std::fs;
use std::path::Path;

use crate::fixture::{Project, files};

fn demo() -> Project {
    let project = Project::new("");
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/demo");
    for file in files(&from).into_iter().filter(|file| file.components().count() == 1) {
        fs::copy(from.join(&file), project.path().join(&file)).expect("a copy");
    }
    project
}

fn too_wide(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.chars().count() > 80).collect()
}

#[test]
fn texts_fit_eighty_columns_and_speak_of_money_in_a_currency() {
    let project = demo();
    let overview = project.succeed(&["kpi"]).stdout;
    assert!(overview.starts_with("KPIs of demo as of 2025-07-01, by month; money in EUR\n"), "{overview}");
    assert!(overview.contains("Value of the latest complete period (2025-06)"), "{overview}");
    assert!(overview.contains("Without the scores of `tidewatch run`"), "{overview}");
    let some = ["kpi", "--kpi", "retention_rate", "nps", "revenue", "resolution_time", "--by", "region"];
    let detail = project.succeed(&some).stdout;
    assert!(detail.contains("\nby region\n"), "{detail}");
    for text in [&overview, &detail] {
        assert_eq!(too_wide(text), Vec::<&str>::new());
        assert!(!text.contains("unavailable:") && !text.contains("NaN"), "{text}");
    }
}

#[test]
fn threads_change_no_byte_of_the_kpis() {
    let project = demo();
    for more in [&["--period", "week"][..], &["--rolling", "60", "--by", "region+acquisition"]] {
        let with = |threads: &str| {
            let arguments = [&["kpi", "--format", "csv", "--threads", threads], more].concat();
            project.succeed(&arguments).stdout
        };
        let one = with("1");
        assert!(one.lines().count() > 500);
        assert!(one == with("4"), "{more:?}");
    }
}

#[test]
fn the_moves_between_two_days_in_every_format() {
    let project = demo();
    let asked = ["kpi", "--migration-from", "2025-04-01"];
    let text = project.succeed(&asked).stdout;
    assert!(text.contains("lifecycle") && text.contains("rfm_tier") && text.contains("lost"), "{text}");
    assert_eq!(too_wide(&text), Vec::<&str>::new());
    let json = project.succeed(&[&asked[..], &["--format", "json"]].concat()).stdout;
    let rows: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert!(rows["rows"].as_array().is_some_and(|rows| rows.len() > 20));
    let file = project.path().join("moves.parquet");
    let path = file.display().to_string();
    project.succeed(&[&asked[..], &["--format", "parquet", "--out", &path]].concat());
    assert!(fs::metadata(file).expect("a file").len() > 500);
}
