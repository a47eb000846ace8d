//! One feature's value in plain words, beside what is usual among the customers scored on the same night.
//!
//! The words come from the feature's name, window and unit: `orders_90` is "orders in the last 90 days",
//! `days_since_order` is told as silence, a log ratio as more or less than before.

use super::number::plain;
use super::typical::Typical;
use crate::feature::naming::{period, window, words};
use crate::feature::{FeatureColumn, FeatureInfo, NO_LEVEL};
use crate::report::percent;

/// A sentence about the value a row has in a column.
#[must_use]
pub fn sentence(feature: &FeatureInfo, column: &FeatureColumn, row: usize, usual: &Typical) -> String {
    match column {
        FeatureColumn::Number(values) => number_sentence(feature, values.at(row), usual),
        FeatureColumn::Level { codes, levels } => {
            let level = (codes[row] != NO_LEVEL).then(|| levels[codes[row] as usize].as_str());
            level_sentence(&feature.name, level, usual)
        }
    }
}

fn level_sentence(name: &str, level: Option<&str>, usual: &Typical) -> String {
    let name = capital(&words(name));
    match (level, usual) {
        (None, _) => format!("{name}: not known"),
        (Some(level), Typical::Level(most)) if most != level => format!("{name}: {level}; most have {most}"),
        (Some(level), _) => format!("{name}: {level}"),
    }
}

fn number_sentence(feature: &FeatureInfo, value: f64, usual: &Typical) -> String {
    let usual = match usual {
        Typical::Number(usual) => *usual,
        Typical::Level(_) | Typical::Unknown => f64::NAN,
    };
    let name = feature.name.as_str();
    match name.strip_prefix("days_since_") {
        Some(what) if feature.unit == "days" => silence(&words(what), value, usual),
        _ if feature.unit == "log ratio" => trend(name, value, usual),
        _ if window(name).0.ends_with("_overdue") => overdue(name, value, usual),
        _ => plain_sentence(name, &feature.unit, value, usual),
    }
}

/// "No order for 74 days; usual: 21."
fn silence(what: &str, value: f64, usual: f64) -> String {
    let told = if value.is_nan() {
        format!("Never any {what}")
    } else if value <= usual {
        format!("Last {what} {} ago", days(value))
    } else {
        format!("No {what} for {}", days(value))
    };
    told + &beside(&days(usual), usual)
}

/// "Order: silent for 4.1 times the own usual gap; usual: 0.7 times."
fn overdue(name: &str, value: f64, usual: f64) -> String {
    let what = capital(&words(window(name).0.trim_end_matches("_overdue")));
    let times = |value: f64| format!("{} times", plain(value));
    if value.is_nan() {
        return format!("{what}: no rhythm known");
    }
    format!("{what}: silent for {} the own usual gap{}", times(value), beside(&times(usual), usual))
}

/// Log ratios as shares: "Orders 40 % below the 90 days before; usual: 5 % below."
fn trend(name: &str, value: f64, usual: f64) -> String {
    let (what, window) = window(name);
    let what = capital(&words(what.trim_end_matches("_trend")));
    let before = window.map_or_else(|| "the time before".to_owned(), |days| format!("the {days} days before"));
    if value.is_nan() {
        return format!("{what}: no comparison with {before}");
    }
    format!("{what} {} {before}{}", against(value, "as in"), beside(&against(usual, "as many"), usual))
}

fn against(log_ratio: f64, same: &str) -> String {
    let change = log_ratio.exp() - 1.0;
    if change.abs() < 0.005 {
        same.to_owned()
    } else if change >= 2.0 {
        format!("{} times", plain(change + 1.0))
    } else {
        let side = if change < 0.0 { "below" } else { "above" };
        format!("{} {side}", percent(change.abs()))
    }
}

fn plain_sentence(name: &str, unit: &str, value: f64, usual: f64) -> String {
    let (what, days) = window(name);
    let what = capital(&words(what)) + &period(days);
    let told = if value.is_nan() { "none known".to_owned() } else { amount(value, unit) };
    format!("{what}: {told}{}", beside(&amount(usual, unit), usual))
}

fn beside(told: &str, usual: f64) -> String {
    if usual.is_nan() { String::new() } else { format!("; usual: {told}") }
}

fn amount(value: f64, unit: &str) -> String {
    match unit {
        "share" => percent(value),
        "days" => days(value),
        "hours" | "weeks" | "seconds" => format!("{} {unit}", plain(value)),
        "flag" if value == 0.0 => "no".to_owned(),
        "flag" => "yes".to_owned(),
        _ => plain(value),
    }
}

fn days(value: f64) -> String {
    if value == 1.0 { "1 day".to_owned() } else { format!("{} days", plain(value)) }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn told(name: &str, unit: &str, value: f64, usual: f64) -> String {
        let text = str::to_owned;
        let feature = FeatureInfo {
            name: text(name),
            family: text("f"),
            unit: text(unit),
            why: text(""),
            definition: text(""),
            sources: Vec::new(),
        };
        let usual = if usual.is_nan() { Typical::Unknown } else { Typical::Number(usual) };
        sentence(&feature, &FeatureColumn::Number(vec![value].into()), 0, &usual)
    }

    #[test]
    fn values_read_as_people_say_them() {
        let lines = [
            told("days_since_order", "days", 74.0, 21.0),
            told("days_since_order", "days", 1.0, 21.0),
            told("days_since_referral", "days", f64::NAN, f64::NAN),
            told("orders_90", "count", 0.0, 2.5),
            told("revenue_all", "money", 1234.6, 80.0),
            told("orders_trend_90", "log ratio", -0.5, 0.0),
            told("order_overdue_365", "ratio", 1.8, 0.9),
            told("click_share", "share", 0.05, 0.2),
            told("auto_renew", "flag", 0.0, 1.0),
            told("last_nps", "score", f64::NAN, 8.0),
            told("n_chat_30", "count", 1.0, 0.0),
            told("activity_trend_90", "log ratio", 4f64.ln(), 0.0),
        ];
        assert_eq!(
            lines.join("\n"),
            "No order for 74 days; usual: 21 days\n\
             Last order 1 day ago; usual: 21 days\n\
             Never any referral\n\
             Orders in the last 90 days: 0; usual: 2.5\n\
             Revenue so far: 1,235; usual: 80\n\
             Orders 39.3 % below the 90 days before; usual: as many\n\
             Order: silent for 1.8 times the own usual gap; usual: 0.9 times\n\
             Click share: 5.0 %; usual: 20.0 %\n\
             Auto renew: no; usual: yes\n\
             Last NPS: none known; usual: 8\n\
             Chat in the last 30 days: 1; usual: 0\n\
             Activity 4 times the 90 days before; usual: as many"
        );
    }

    #[test]
    fn levels_are_told_beside_the_commonest() {
        let levels = Arc::new(vec!["gold".to_owned(), "basic".to_owned()]);
        let column = FeatureColumn::Level { codes: vec![0, 1, NO_LEVEL], levels };
        let feature = FeatureInfo {
            name: "plan".to_owned(),
            family: "attribute".to_owned(),
            unit: "level".to_owned(),
            why: String::new(),
            definition: String::new(),
            sources: Vec::new(),
        };
        let usual = Typical::Level("basic".to_owned());
        let told: Vec<String> = (0..3).map(|row| sentence(&feature, &column, row, &usual)).collect();
        assert_eq!(told, ["Plan: gold; most have basic", "Plan: basic", "Plan: not known"]);
    }
}
