//! The catalogue as text: the list of all KPIs, one page each, and the generated reference of all pages.

use std::fmt::Write as _;

use super::catalogue::CATALOGUE;
use super::definition::Stage;

/// One line per KPI, grouped by stage of the customer's life.
#[must_use]
pub fn list() -> String {
    let mut text = String::new();
    for stage in Stage::ALL {
        let of_stage = || CATALOGUE.iter().filter(move |kpi| kpi.stage == stage);
        if of_stage().next().is_some() {
            let _ = writeln!(text, "{}", stage.as_str());
            for kpi in of_stage() {
                let _ = writeln!(text, "  {:<30} {}", kpi.name, kpi.brief);
            }
            text.push('\n');
        }
    }
    text + "`tidewatch list kpis NAME` explains one.\n"
}

/// All pages: `models/kpis/REFERENCE.md`.
#[must_use]
pub fn reference() -> String {
    let mut text = "# KPIs\n\nGenerated: the same text as `tidewatch list kpis NAME`, for every KPI.\n".to_owned();
    for kpi in CATALOGUE {
        let _ = write!(text, "\n{}", kpi.page());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_reference_is_the_text_of_the_pages() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/models/kpis/REFERENCE.md");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        let differs = committed.lines().zip(reference().lines()).position(|(a, b)| a != b);
        let same = committed == reference();
        assert!(same, "{path} differs from line {differs:?} on; write `cargo run -- list kpis --reference` into it");
    }

    #[test]
    fn the_list_names_every_kpi_and_fits_its_columns() {
        let list = list();
        assert!(CATALOGUE.iter().all(|kpi| list.contains(kpi.name)));
        assert!(list.lines().all(|line| line.chars().count() <= 90), "{list}");
    }
}
