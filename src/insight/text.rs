//! Insights as a marketer reads them: by outcome, first what the project asks about, then the few discovered behaviours
//! that matter. Everything tried stands in `insights.parquet`.

use std::fmt::Write as _;

use super::InsightTable;
use super::association::Association;
use super::sentence::Check;
use super::table::Insight;
use crate::report::{count, decimals, percent};

/// So many discovered behaviours are told per outcome.
const DISCOVERED: usize = 5;
/// So many declared behaviours are told per outcome.
const DECLARED: usize = 12;
/// Lines end before this column.
const WIDTH: usize = 80;

impl InsightTable {
    /// The few that matter as sentences, by outcome, in 80 columns.
    #[must_use]
    pub fn text(&self) -> String {
        let discoveries = self.rows.iter().filter(|row| row.is_discovery()).count() as u64;
        let tried = self.rows.len() as u64;
        let opening = format!(
            "{} {} tried, {} {} out (q ≤ 5 %: at most one in twenty of these by luck).",
            count(tried),
            plural(tried, "pair of behaviour and outcome", "pairs of behaviour and outcome"),
            count(discoveries),
            plural(discoveries, "stands", "stand"),
        );
        let mut text = wrapped("", "", &opening);
        for outcome in self.rows.chunk_by(|a, b| a.outcome == b.outcome) {
            text += &of_outcome(outcome);
        }
        text.push('\n');
        match self.matched_on.split_last() {
            None => {}
            Some((last, [])) => text += &wrapped("", "", &format!("Compared at equal {last}.")),
            Some((last, others)) => {
                text += &wrapped("", "", &format!("Compared at equal {} and {last}.", others.join(", ")));
            }
        }
        text + "They go together; that is not yet a cause.\n"
    }
}

fn of_outcome(rows: &[Insight]) -> String {
    let Some(first) = rows.first() else { return String::new() };
    let mut text = format!("\n{} · {}\n", first.outcome, first.outcome_words);
    text += &wrapped("  ", "  ", &when(first));
    let declared: Vec<&Insight> = rows.iter().filter(|row| row.is_declared).collect();
    let told = told_of_declared(&declared);
    let discovered = strongest(rows);
    if rows.iter().all(|row| row.found.is_none()) {
        return text + "  Too few customers to compare anybody.\n";
    }
    for row in told.iter().chain(&discovered) {
        text += &wrapped("  - ", "    ", &row.sentence);
        if let Some(rates) = row.found.as_ref().and_then(|found| rates(first, found)) {
            let _ = writeln!(text, "    {rates}");
        }
    }
    if told.is_empty() && discovered.is_empty() {
        text += "  Nothing stands out and holds.\n";
    }
    text + &more(rows, &told, &discovered)
}

/// How many others stand out, and how many of them held.
fn more(rows: &[Insight], told: &[&Insight], discovered: &[&Insight]) -> String {
    let is_told = |row: &Insight| told.iter().chain(discovered).any(|known| known.behaviour == row.behaviour);
    let others: Vec<&Insight> = rows.iter().filter(|row| row.is_discovery() && !is_told(row)).collect();
    let failed = others.iter().filter(|row| row.is_stable() == Some(false)).count();
    let counts = match ((others.len() - failed) as u64, failed as u64) {
        (0, 0) => return String::new(),
        (held, 0) => format!("{} more", count(held)),
        (0, failed) => format!("{} more that did not hold in a later check", count(failed)),
        (held, failed) => format!("{} more, and {} that did not hold in a later check", count(held), count(failed)),
    };
    wrapped("  ", "  ", &format!("{counts}: see insights.parquet, or --format csv"))
}

/// Where the comparison comes from.
fn when(row: &Insight) -> String {
    if !row.is_dated {
        return "From one table without dates: what goes together, not what came first.".to_owned();
    }
    let checked = match row.later.filter(|later| *later > row.cutoff) {
        Some(later) => format!("; checked on customers of {later}"),
        None => String::new(),
    };
    format!("Behaviour before {}, outcome after{checked}.", row.cutoff)
}

/// Declared behaviours: all if they are few, else those that stand out first.
fn told_of_declared<'a>(declared: &[&'a Insight]) -> Vec<&'a Insight> {
    declared.iter().copied().take(DECLARED).collect()
}

/// The discovered behaviours that stand out and held, the strongest of each family, and of those the strongest few;
/// two cuts that divide the customers alike are told once.
fn strongest(rows: &[Insight]) -> Vec<&Insight> {
    let holds = |row: &&Insight| !row.is_declared && row.is_discovery() && !matches!(row.check, Check::DidNotHold(_));
    let mut found: Vec<&Insight> = rows.iter().filter(holds).collect();
    found.sort_by(|a, b| b.strength().total_cmp(&a.strength()).then_with(|| a.behaviour.cmp(&b.behaviour)));
    let mut told: Vec<&Insight> = Vec::new();
    for row in found {
        let is_alike = |known: &&Insight| known.family == row.family || divides_alike(known, row);
        if told.len() < DISCOVERED && !told.iter().any(is_alike) {
            told.push(row);
        }
    }
    told
}

fn divides_alike(a: &Insight, b: &Insight) -> bool {
    a.n_with.min(a.n_without) == b.n_with.min(b.n_without)
        && a.n_with + a.n_without == b.n_with + b.n_without
        && a.found.map(|found| found.p) == b.found.map(|found| found.p)
}

/// `27.6 % did, 16.1 % of comparable others`; money for revenue.
fn rates(row: &Insight, found: &Association) -> Option<String> {
    let others = found.rate_without_matched?;
    Some(if row.is_revenue {
        format!("{} each, {} each of comparable others", decimals(found.rate_with, 2), decimals(others, 2))
    } else {
        format!("{} of them did, {} of comparable others", percent(found.rate_with), percent(others))
    })
}

fn plural(n: u64, one: &'static str, many: &'static str) -> &'static str {
    if n == 1 { one } else { many }
}

/// Words broken into lines before column 80, the first opened by `first`, the others by `rest`.
fn wrapped(first: &str, rest: &str, sentence: &str) -> String {
    let mut text = first.to_owned();
    let mut width = first.chars().count();
    let mut is_opening = true;
    // A number is not parted from its sign.
    let joined = sentence.replace(" %", "\u{a0}%").replace("n = ", "n\u{a0}=\u{a0}");
    for word in joined.split(' ') {
        let length = word.chars().count();
        if !is_opening && width + 1 + length >= WIDTH {
            text.extend(["\n", rest]);
            (width, is_opening) = (rest.chars().count(), true);
        }
        if !is_opening {
            text.push(' ');
            width += 1;
        }
        text += word;
        (width, is_opening) = (width + length, false);
    }
    text.replace('\u{a0}', " ") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_keep_their_indent() {
        let text = wrapped("  - ", "    ", &"word ".repeat(30));
        assert!(text.lines().all(|line| line.chars().count() < WIDTH), "{text}");
        assert!(
            text.starts_with("  - word word") && text.lines().nth(1).is_some_and(|line| line.starts_with("    word"))
        );
    }
}
