//! A model as points: what a person adds up by hand.

use crate::model::{Model, Node, Values};
use crate::report::{Align, Cell, Table};

/// Points that double the odds.
const DOUBLING: f64 = 20.0;
/// Which percentiles of a number stand for it: positions in [`ModelFeature::percentiles`](crate::model::ModelFeature).
const SHOWN: [(usize, &str); 5] = [(1, "5 %"), (2, "25 %"), (3, "half"), (4, "75 %"), (5, "95 %")];

/// What each answer is worth; 20 points double the odds of the outcome. Numbers stand for themselves at five
/// percentiles of the training rows, between which one may interpolate; rules count as they apply.
#[must_use]
pub fn scorecard(model: &Model) -> Table {
    let mut table = Table::new(&[("what", Align::Left), ("answer", Align::Left), ("points", Align::Right)]);
    let roots: f64 = model.trees.iter().map(|tree| tree.nodes[0].value()).sum();
    table.row(["start".into(), "".into(), points(model.intercept - roots)]);
    for feature in 0..model.features.len() {
        numbers(model, feature, &mut table);
        levels(model, feature, &mut table);
    }
    let names: Vec<&str> = model.features.iter().map(|feature| feature.name.as_str()).collect();
    for (number, tree) in model.trees.iter().enumerate() {
        let rules = tree.read(&names);
        for node in &tree.nodes {
            if let Node::Leaf { leaf, value, .. } = node {
                table.row([format!("rule {}", number + 1).into(), rules[*leaf].clone().into(), points(*value)]);
            }
        }
    }
    table
}

fn points(log_odds: f64) -> Cell {
    Cell::number(log_odds * DOUBLING / std::f64::consts::LN_2, 1)
}

fn numbers(model: &Model, feature: usize, table: &mut Table) {
    let known = &model.features[feature];
    let of = |values: &Values<'_>| -> Option<f64> {
        let mut terms = model.terms.iter().filter(|term| term.feature == feature).peekable();
        terms.peek()?;
        Some(terms.map(|term| term.coefficient * term.column(values)[0]).sum())
    };
    for (position, share) in SHOWN.iter().filter(|_| !known.percentiles.is_empty()) {
        let value = known.percentiles[*position];
        if let Some(worth) = of(&Values::Numbers(vec![value])) {
            let answer = format!("{} ({share} have less)", super::super::number::plain(value));
            table.row([known.name.clone().into(), answer.into(), points(worth)]);
        }
    }
    let unknown = of(&Values::Numbers(vec![f64::NAN])).filter(|_| known.missing_share > 0.0 && known.levels.is_empty());
    if let Some(worth) = unknown {
        table.row([known.name.clone().into(), "not known".into(), points(worth)]);
    }
}

fn levels(model: &Model, feature: usize, table: &mut Table) {
    let known = &model.features[feature];
    for (code, level) in (0u32..).zip(&known.levels) {
        let values = Values::Levels { codes: vec![code], levels: &known.levels };
        let terms = model.terms.iter().filter(|term| term.feature == feature);
        let worth = terms.map(|term| term.coefficient * term.column(&values)[0]).sum();
        table.row([known.name.clone().into(), level.clone().into(), points(worth)]);
    }
}
