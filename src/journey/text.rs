//! Journeys as people read them, in 80 columns.

use std::fmt::Write as _;

use super::Journeys;
use super::funnel::Scope;
use super::next::{AfterPurchase, REPEAT_DAYS, SUPPORT_DAYS, Transition};
use super::table::{FunnelStep, Part};
use crate::report::{Align, Cell, Table, count, decimals, percent, share_bar};
use crate::stats::{Interval, wilson};

impl Journeys {
    /// Everything for people: every funnel, what comes next for all customers, what follows a purchase.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for funnel in self.funnel.chunk_by(|a, b| b.number > a.number) {
            text += &funnel_text(funnel);
        }
        let whole: Vec<(&str, &Transition)> = self
            .transitions
            .iter()
            .filter(|(_, part, _)| part.is_whole())
            .map(|(journey, _, transition)| (journey.as_str(), transition))
            .collect();
        for journey in whole.chunk_by(|a, b| a.0 == b.0) {
            text += &transition_text(journey);
        }
        if let Some((_, found)) = self.after_purchase.iter().find(|(part, _)| part.is_whole()) {
            text += &purchase_text(found);
        }
        let parts: Vec<&(Part, AfterPurchase)> =
            self.after_purchase.iter().filter(|(part, _)| !part.is_whole()).collect();
        if !parts.is_empty() {
            text += &parts_text(&parts);
        }
        text
    }
}

fn funnel_text(funnel: &[FunnelStep]) -> String {
    let Some(first) = funnel.first() else { return String::new() };
    let scope = match first.scope {
        Scope::Visit => "per visit".to_owned(),
        Scope::Customer => "per customer".to_owned(),
        Scope::Within(1) => "per customer, within 1 day".to_owned(),
        Scope::Within(days) => format!("per customer, within {days} days"),
    };
    let text = format!("{} · {scope}{}", first.journey, first.part.heading());
    let (left, right) = (Align::Left, Align::Right);
    let mut table = Table::new(&[
        ("step", left),
        ("reached", right),
        ("of first", left),
        ("", right),
        ("of previous", right),
        ("median wait", right),
        ("value left", right),
    ]);
    for step in funnel {
        table.row([
            clipped(&step.step).into(),
            Cell::count(step.reached),
            share_bar(step.share_of_first, 12).into(),
            percent(step.share_of_first).into(),
            step.share_of_previous.map_or_else(Cell::none, Cell::percent),
            step.median_seconds.map_or_else(Cell::none, |seconds| span(seconds).into()),
            step.value_left.filter(|_| step.dropped > 0).map_or_else(Cell::none, |value| Cell::number(value, 0)),
        ]);
    }
    format!("{text}\n{}\n", table.text())
}

fn transition_text(transitions: &[(&str, &Transition)]) -> String {
    let Some((journey, _)) = transitions.first() else { return String::new() };
    let mut table = Table::new(&[
        ("after", Align::Left),
        ("next in the visit", Align::Left),
        ("times", Align::Right),
        ("share", Align::Right),
    ]);
    for (_, found) in transitions {
        let next = found.next.as_deref().map_or_else(|| "(end of visit)".to_owned(), clipped);
        table.row([clipped(&found.step).into(), next.into(), Cell::count(found.count), Cell::percent(found.share)]);
    }
    format!("{journey} · what comes next\n{}\n", table.text())
}

fn purchase_text(found: &AfterPurchase) -> String {
    let rate = |(repeated, n, interval): (u64, u64, Option<Interval>)| match interval {
        Some(Interval { low, high }) => {
            let rate = percent(repeated as f64 / n as f64);
            format!("{rate} (95 % {}–{})", decimals(low * 100.0, 1), decimals(high * 100.0, 1))
        }
        None => "–".to_owned(),
    };
    let [all, with, without] = found.repeat_rates();
    let mut text = format!("after a purchase ({} whose {REPEAT_DAYS} days are over)\n", count(found.purchases));
    let _ = writeln!(text, "  bought again within {REPEAT_DAYS} days: {}", rate(all));
    if let Some(supported) = found.supported {
        let _ = writeln!(
            text,
            "  needed support within {SUPPORT_DAYS} days: {}",
            rate((supported, found.purchases, wilson(supported as f64, found.purchases as f64, 0.95)))
        );
        let _ = writeln!(text, "  bought again with support {}, without {}", rate(with), rate(without));
    }
    text
}

/// Parts side by side: purchases, bought again, needed support.
fn parts_text(parts: &[&(Part, AfterPurchase)]) -> String {
    let (left, right) = (Align::Left, Align::Right);
    let mut table = Table::new(&[
        ("after a purchase, by part", left),
        ("purchases", right),
        ("again", right),
        ("support", right),
        ("again with", right),
        ("without", right),
    ]);
    for (part, found) in parts {
        let rate = |(repeated, n, _): (u64, u64, Option<Interval>)| Cell::percent(repeated as f64 / n as f64);
        let [all, with, without] = found.repeat_rates();
        let supported = found.supported.map(|supported| supported as f64 / found.purchases as f64);
        table.row([
            part.heading().trim_start_matches(" · ").to_owned().into(),
            Cell::count(found.purchases),
            rate(all),
            supported.map_or_else(Cell::none, Cell::percent),
            if found.supported.is_some() { rate(with) } else { Cell::none() },
            if found.supported.is_some() { rate(without) } else { Cell::none() },
        ]);
    }
    format!("\n{}", table.text())
}

/// A name that fits into its column.
fn clipped(name: &str) -> String {
    if name.chars().count() <= 18 { name.to_owned() } else { name.chars().take(17).chain(['…']).collect() }
}

/// Seconds as people say them: `45 s`, `3.2 min`, `5.0 h`, `12.5 days`.
fn span(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{} s", decimals(s, 0)),
        s if s < 5400.0 => format!("{} min", decimals(s / 60.0, 1)),
        s if s < 172_800.0 => format!("{} h", decimals(s / 3600.0, 1)),
        s => format!("{} days", decimals(s / 86_400.0, 1)),
    }
}
