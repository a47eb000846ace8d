//! A model written down as expressions over its features.

use super::expression::{Condition, Expression, Field};
use crate::model::{Calibration, Model, Node, Shape, Term, Test, Tree, log_odds};

/// Name of the uncalibrated log-odds, by which the calibration refers to them.
pub(super) const RAW: &str = "raw_log_odds";

/// The two steps of a score: raw log-odds of the features, then calibrated log-odds of `RAW`.
#[derive(Debug, Clone, PartialEq)]
pub struct Formula {
    /// The target.
    pub target: String,
    /// The features.
    pub fields: Vec<Field>,
    /// Raw log-odds.
    pub raw: Expression,
    /// Log-odds, within the bounds of the scale; the score is 1 / (1 + e^(−this)).
    pub calibrated: Expression,
}

/// The model's formula.
#[must_use]
pub fn formula(model: &Model) -> Formula {
    let names: Vec<&str> = model.features.iter().map(|feature| feature.name.as_str()).collect();
    let roots: f64 = model.trees.iter().map(|tree| tree.nodes[0].value()).sum();
    let mut parts = vec![Expression::Number(model.intercept - roots)];
    parts.extend(model.terms.iter().map(|term| of_term(term, names[term.feature])));
    parts.extend(model.trees.iter().map(|tree| of_node(tree, 0, &names)));
    let is_text = |at: usize| {
        let of_text = |shape: &Shape| matches!(shape, Shape::Level { .. } | Shape::OtherLevel { .. });
        let asks_text = |node: &Node| matches!(node, Node::Split { feature, test: Test::Is(_), .. } if *feature == at);
        model.terms.iter().any(|term| term.feature == at && of_text(&term.shape))
            || model.trees.iter().any(|tree| tree.nodes.iter().any(asks_text))
    };
    let field = |(at, name): (usize, &&str)| Field { name: (*name).to_owned(), is_number: !is_text(at) };
    Formula {
        target: model.target.clone(),
        fields: names.iter().enumerate().map(field).collect(),
        raw: Expression::Sum(parts),
        calibrated: of_calibration(&model.calibration).at_least(log_odds(0.0)).at_most(log_odds(1.0)),
    }
}

/// coefficient · (shape(value) − mean) / scale, and 0 for a missing value where the shape has none.
fn of_term(term: &Term, name: &str) -> Expression {
    let factor = term.coefficient / term.scale;
    let standardised = |shape: Expression| shape.plus(-term.mean).times(factor);
    let value = || Expression::value(name);
    let one_if = |condition| Expression::when(condition, Expression::Number(1.0), Expression::Number(0.0));
    let shape = match &term.shape {
        Shape::Missing => return standardised(one_if(Condition::IsMissing(name.to_owned()))),
        Shape::Level { level } => {
            return standardised(one_if(Condition::IsOneOf(name.to_owned(), vec![level.clone()])));
        }
        Shape::OtherLevel { known } => {
            let missing = Condition::IsMissing(name.to_owned());
            let known = Condition::IsOneOf(name.to_owned(), known.clone());
            let none = Condition::Either(Box::new(missing), Box::new(known));
            return standardised(Expression::when(none, Expression::Number(0.0), Expression::Number(1.0)));
        }
        Shape::Identity => value(),
        Shape::Log => value().at_least(0.0).plus(1.0).ln(),
        Shape::SignedLog => {
            let size = || value().absolute().plus(1.0).ln();
            Expression::when(Condition::AtLeast(name.to_owned(), 0.0), size(), size().times(-1.0))
        }
        Shape::Hinge { knot } => value().plus(-knot).at_least(0.0),
        Shape::LogHinge { knot } => value().at_least(0.0).plus(1.0).ln().plus(-knot).at_least(0.0),
    };
    let limited = match term.limits {
        Some((low, high)) => shape.at_least(low).at_most(high),
        None => shape,
    };
    Expression::when(Condition::IsMissing(name.to_owned()), Expression::Number(0.0), standardised(limited))
}

fn of_node(tree: &Tree, at: usize, names: &[&str]) -> Expression {
    match &tree.nodes[at] {
        Node::Leaf { value, .. } => Expression::Number(*value),
        Node::Split { feature, test, missing_is_yes, yes, no, .. } => {
            let name = names[*feature].to_owned();
            let holds = match test {
                Test::AtLeast(threshold) => Condition::AtLeast(name.clone(), *threshold),
                Test::Is(level) => Condition::IsOneOf(name.clone(), vec![level.clone()]),
            };
            let condition = if *missing_is_yes {
                Condition::Either(Box::new(Condition::IsMissing(name)), Box::new(holds))
            } else {
                holds
            };
            Expression::when(condition, of_node(tree, *yes, names), of_node(tree, *no, names))
        }
    }
}

fn of_calibration(calibration: &Calibration) -> Expression {
    let raw = || Expression::value(RAW);
    match calibration {
        Calibration::None => raw(),
        Calibration::PriorShift { shift } => raw().plus(*shift),
        Calibration::Platt { slope, intercept } => raw().times(*slope).plus(*intercept),
        Calibration::Beta { a, b, c } => {
            let parts = vec![
                Expression::Number(*c),
                ln_probability(raw()).times(*a),
                ln_probability(raw().times(-1.0)).times(-b),
            ];
            Expression::Sum(parts)
        }
        Calibration::Isotonic { from, to } => steps(from, to),
    }
}

/// ln(1 / (1 + e^(−x))) = min(x, 0) − ln(1 + e^(−|x|)).
fn ln_probability(x: Expression) -> Expression {
    let tail = x.clone().absolute().times(-1.0).exp().plus(1.0).ln();
    Expression::Sum(vec![x.at_most(0.0), tail.times(-1.0)])
}

/// Straight lines between the knots, level outside.
fn steps(from: &[f64], to: &[f64]) -> Expression {
    let Some((&first, &last)) = to.first().zip(to.last()) else { return Expression::value(RAW) };
    let line = |at: usize| {
        let slope = (to[at] - to[at - 1]) / (from[at] - from[at - 1]);
        Expression::value(RAW).plus(-from[at - 1]).times(slope).plus(to[at - 1])
    };
    // From the highest piece down: each knot that is reached replaces the piece below it.
    let mut pieces = Expression::Number(first);
    for at in 1..=from.len() {
        let piece = if at < from.len() { line(at) } else { Expression::Number(last) };
        pieces = Expression::when(Condition::AtLeast(RAW.to_owned(), from[at - 1]), piece, pieces);
    }
    pieces
}
