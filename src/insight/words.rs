//! Features cut in two, as clauses that follow "customers": `with at least 4 orders in the last 90 days`.
//!
//! The words come from the feature's name, window and unit; names that do not say what they count have their own.

use crate::feature::FeatureInfo;
use crate::feature::naming::{period, window, words};
use crate::report::{decimals, percent};

/// Names whose words would not say what is counted.
const NOUNS: &[(&str, &str)] = &[
    ("active_day_depth", "events per active day"),
    ("activity_age", "time since the first activity"),
    ("activity_clumpiness", "burstiness of activity"),
    ("activity_gap_cv", "irregularity of active days"),
    ("activity_gap_mean", "mean gap between active days"),
    ("activity_gap_median", "usual gap between active days"),
    ("activity_gap_std", "variation of the gaps between active days"),
    ("activity_hour", "usual hour of activity"),
    ("activity_hour_entropy", "variety of hours of activity (bits)"),
    ("activity_slope", "weekly growth of activity"),
    ("answers", "survey answers"),
    ("categories", "different categories bought"),
    ("event_channels", "different channels used"),
    ("event_items", "different items used"),
    ("event_seconds", "time spent"),
    ("event_seconds_mean", "time spent per event"),
    ("event_value", "value of activity"),
    ("first_order_age", "time since the first order"),
    ("items", "different items bought"),
    ("kinds", "different kinds of activity"),
    ("longest_resolution_hours", "longest time to resolution"),
    ("mrr", "monthly recurring revenue"),
    ("not_resolved_first", "tickets not resolved on first contact"),
    ("order_channels", "different channels bought through"),
    ("order_clumpiness", "burstiness of orders"),
    ("order_days", "days with an order"),
    ("order_gap_cv", "irregularity of orders"),
    ("order_gap_mean", "mean gap between orders"),
    ("order_gap_median", "usual gap between orders"),
    ("order_gap_std", "variation of the gaps between orders"),
    ("order_value", "mean order value"),
    ("order_weeks", "weeks with an order"),
    ("orders_slope", "weekly growth of orders"),
    ("payments_failed", "failed payments"),
    ("point_days", "days with points"),
    ("programs_joined", "programmes joined"),
    ("quantity", "pieces bought"),
    ("recent_revenue_share", "share of the year's revenue that fell into the last 90 days"),
    ("recent_share", "share of the year's activity that fell into the last 30 days"),
    ("resolution_hours", "time to resolution"),
    ("response_hours", "time to the first response"),
    ("ticket_channels", "different channels of tickets"),
    ("visit_channels", "different ways of finding the site"),
    ("visit_conversions", "visits that converted"),
    ("visit_days", "days with a visit"),
];

/// A category's level: `whose region is north`.
pub(super) fn of_level(name: &str, level: &str) -> String {
    format!("whose {} is {level}", noun(name))
}

/// More than a threshold of a number.
pub(super) fn above(info: &FeatureInfo, threshold: f64) -> String {
    let name = info.name.as_str();
    if let Some(what) = name.strip_prefix("days_since_") {
        return format!("whose last {} was more than {} ago", words(what), measured(threshold, "days"));
    }
    if name == "tenure_days" {
        return format!("for more than {}", measured(threshold, "days"));
    }
    if let Some((what, half_life)) = name.split_once("_decayed_") {
        let (what, amount) = (words(what), figure(threshold));
        return format!("with recent {what} above {amount} (the weight halves in {half_life} days)");
    }
    let (stem, days) = window(name);
    let period = period(days);
    if let Some(what) = stem.strip_suffix("_overdue") {
        return format!("whose last {} was more than {} of their usual gaps ago", words(what), figure(threshold));
    }
    if info.unit == "log ratio" {
        return trend(stem.trim_end_matches("_trend"), days, threshold);
    }
    let noun = noun(stem);
    match info.unit.as_str() {
        "flag" => match stem.strip_prefix("has_") {
            Some(what) => format!("with any {}{period}", words(what)),
            None => format!("with {noun}{period}"),
        },
        "count" | "weeks" | "points" | "days" if is_counted(stem, &info.unit) && threshold == 0.0 => {
            format!("with any {noun}{period}")
        }
        "count" | "weeks" | "days" if is_counted(stem, &info.unit) && threshold >= 0.0 && threshold.fract() == 0.0 => {
            format!("with at least {} {noun}{period}", figure(threshold + 1.0))
        }
        _ if stem == "recent_share" && threshold == 0.0 => "with any activity in the last 30 days".to_owned(),
        _ if stem == "recent_revenue_share" && threshold == 0.0 => "with any revenue in the last 90 days".to_owned(),
        "money" | "seconds" | "minutes" | "per 30 days" if threshold == 0.0 => format!("with any {noun}{period}"),
        unit => format!("with {noun} above {}{period}", measured(threshold, unit)),
    }
}

/// Days that are counted, such as active days, and not a length of time.
fn is_counted(stem: &str, unit: &str) -> bool {
    unit != "days" || stem.ends_with("_days") || stem.starts_with("days_")
}

/// Log ratios as shares of the window before.
fn trend(stem: &str, days: Option<&str>, log_ratio: f64) -> String {
    let what = noun(stem);
    let before = days.map_or_else(|| "the time before".to_owned(), |days| format!("the {days} days before"));
    let change = log_ratio.exp() - 1.0;
    if change.abs() < 0.005 {
        format!("whose {what} rose against {before}")
    } else if change >= 2.0 {
        format!("with more than {} times the {what} of {before}", figure(change + 1.0))
    } else if change > 0.0 {
        format!("whose {what} rose by more than {} against {before}", percent(change))
    } else {
        format!("whose {what} fell by less than {} against {before}", percent(-change))
    }
}

fn noun(stem: &str) -> String {
    if let Ok(place) = NOUNS.binary_search_by_key(&stem, |(name, _)| name) {
        return NOUNS[place].1.to_owned();
    }
    match stem.strip_prefix("days_") {
        Some(kind) => format!("days with {}", words(kind)),
        None => words(stem),
    }
}

fn measured(value: f64, unit: &str) -> String {
    match unit {
        "share" => percent(value),
        "days" if value == 1.0 => "1 day".to_owned(),
        "days" | "hours" | "minutes" | "months" | "seconds" => format!("{} {unit}", figure(value)),
        _ => figure(value),
    }
}

/// Three digits are enough to read; whole numbers as they are.
fn figure(value: f64) -> String {
    let places = match value.abs() {
        size if size.fract() == 0.0 || size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.01 => 3,
        _ => 5,
    };
    let text = decimals(value, places);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, unit: &str, threshold: f64) -> String {
        let text = str::to_owned;
        let (family, why, definition) = (text("f"), text(""), text(""));
        let info = FeatureInfo { name: text(name), family, unit: text(unit), why, definition, sources: Vec::new() };
        above(&info, threshold)
    }

    #[test]
    fn cuts_read_as_people_say_them() {
        let lines = [
            told("orders_90", "count", 0.0),
            told("orders_90", "count", 3.0),
            told("active_days_14", "days", 0.0),
            told("days_view_90", "days", 4.0),
            told("days_since_order", "days", 13.0),
            told("order_gap_mean_365", "days", 18.25),
            told("event_items_30", "count", 2.0),
            told("orders_decayed_30", "count", 2.266),
            told("order_overdue_365", "ratio", 1.067),
            told("orders_trend_30", "log ratio", 0.0),
            told("revenue_trend_90", "log ratio", -0.5),
            told("revenue_trend_90", "log ratio", 2.0),
            told("revenue_365", "money", 1234.5),
            told("click_share", "share", 0.125),
            told("has_order_90", "flag", 0.0),
            told("last_nps", "score", 8.0),
            told("tenure_days", "days", 365.0),
            told("response_hours_90", "hours", 7.675),
            told("orders_per_month_all", "per 30 days", 0.5),
            of_level("region", "north"),
        ];
        insta::assert_snapshot!(lines.join("\n"), @r"
        with any orders in the last 90 days
        with at least 4 orders in the last 90 days
        with any active days in the last 14 days
        with at least 5 days with view in the last 90 days
        whose last order was more than 13 days ago
        with mean gap between orders above 18.2 days in the last 365 days
        with at least 3 different items used in the last 30 days
        with recent orders above 2.27 (the weight halves in 30 days)
        whose last order was more than 1.07 of their usual gaps ago
        whose orders rose against the 30 days before
        whose revenue fell by less than 39.3 % against the 90 days before
        with more than 7.39 times the revenue of the 90 days before
        with revenue above 1,234 in the last 365 days
        with click share above 12.5 %
        with any order in the last 90 days
        with last NPS above 8
        for more than 365 days
        with time to the first response above 7.67 hours in the last 90 days
        with orders per month above 0.5 so far
        whose region is north
        ");
    }

    #[test]
    fn nouns_are_sorted_so_that_they_are_found() {
        assert!(NOUNS.is_sorted_by_key(|(name, _)| name));
    }
}
