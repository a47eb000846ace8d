//! A formula as an SQL query over a table of features.

use std::fmt::Write as _;

use super::expression::{Condition, Expression};
use super::formula::{Formula, RAW};

/// A query that scores every row of `table`, which has one column per feature beside `customer` and `as_of`.
///
/// Plain SQL (`CASE`, `GREATEST`, `LEAST`, `LN`, `EXP`, `ABS`); constants are written as floating point, so that no
/// engine takes them for exact decimals.
#[must_use]
pub fn sql(formula: &Formula, table: &str) -> String {
    let mut query = String::new();
    let _ = writeln!(query, "-- {}: probability of the outcome for every row of {table}", formula.target);
    let _ = writeln!(query, "WITH raw AS (\n  SELECT *,\n    {} AS {RAW}\n  FROM {table}\n),", sum(&formula.raw));
    let _ =
        writeln!(query, "calibrated AS (\n  SELECT *,\n    {} AS log_odds\n  FROM raw\n)", text(&formula.calibrated));
    let _ = writeln!(query, "SELECT customer, as_of, log_odds, 1e0 / (1e0 + EXP(-log_odds)) AS score\nFROM calibrated");
    query
}

/// The outermost sum, one part a line.
fn sum(expression: &Expression) -> String {
    match expression {
        Expression::Sum(parts) => parts.iter().map(text).collect::<Vec<_>>().join("\n    + "),
        other => text(other),
    }
}

fn text(expression: &Expression) -> String {
    match expression {
        Expression::Number(number) => constant(*number),
        Expression::Value(name) => identifier(name),
        Expression::Sum(parts) => format!("({})", parts.iter().map(text).collect::<Vec<_>>().join(" + ")),
        Expression::Product(a, b) => format!("{} * {}", text(a), text(b)),
        Expression::Ln(x) => format!("LN({})", text(x)),
        Expression::Exp(x) => format!("EXP({})", text(x)),
        Expression::Absolute(x) => format!("ABS({})", text(x)),
        Expression::Greater(a, b) => format!("GREATEST({}, {})", text(a), text(b)),
        Expression::Lesser(a, b) => format!("LEAST({}, {})", text(a), text(b)),
        Expression::If(condition, yes, no) => {
            format!("CASE WHEN {} THEN {} ELSE {} END", holds(condition), text(yes), text(no))
        }
    }
}

fn holds(condition: &Condition) -> String {
    match condition {
        Condition::IsMissing(name) => format!("{} IS NULL", identifier(name)),
        Condition::AtLeast(name, threshold) => format!("{} >= {}", identifier(name), constant(*threshold)),
        Condition::IsOneOf(name, levels) => {
            let levels: Vec<String> = levels.iter().map(|level| format!("'{}'", level.replace('\'', "''"))).collect();
            if levels.is_empty() {
                "FALSE".to_owned()
            } else {
                format!("{} IN ({})", identifier(name), levels.join(", "))
            }
        }
        Condition::Either(a, b) => format!("({} OR {})", holds(a), holds(b)),
    }
}

/// Shortest digits that read back as the same number, always in floating point notation.
fn constant(number: f64) -> String {
    if number < 0.0 { format!("({number:e})") } else { format!("{number:e}") }
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_levels_are_quoted() {
        let condition = Condition::IsOneOf("a\"b".to_owned(), vec!["it's".to_owned()]);
        let choice = Expression::when(condition, Expression::Number(0.1), Expression::Number(-2.0));
        assert_eq!(text(&choice), "CASE WHEN \"a\"\"b\" IN ('it''s') THEN 1e-1 ELSE (-2e0) END");
    }
}
