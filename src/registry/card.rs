//! `card.md`: what a model is and how good it is, for people.

use std::fmt::Write as _;

use super::Version;
use crate::model::{Model, ModelFeature, Node, Trained, Tree};
use crate::report::{count, decimals, percent};

/// How many features the card ranks.
const FEATURES: usize = 15;

/// The card of a version.
pub(super) fn card(version: &Version, trained: &Trained) -> String {
    let model = &trained.model;
    let mut text = format!("# Model `{}` {version}\n\n", model.target);
    about(&mut text, model);
    quality(&mut text, trained);
    gate(&mut text, trained);
    features(&mut text, model);
    list(&mut text, "Remarks", &model.notes);
    text
}

fn about(text: &mut String, model: &Model) {
    let cutoffs: Vec<String> = model.cutoffs.iter().map(ToString::to_string).collect();
    let rows = count(model.rows as u64);
    let _ = writeln!(
        text,
        "- Trained as of {} on {rows} rows, {} of them with the event",
        model.as_of,
        percent(model.base_rate())
    );
    if !cutoffs.is_empty() {
        let _ = writeln!(text, "- Training cutoffs: {}", cutoffs.join(", "));
    }
    if let Some(end) = model.last_label_end {
        let _ =
            writeln!(text, "- Every outcome it learnt from was over on {end}; it may score nights from that day on");
    }
    let _ = writeln!(
        text,
        "- One logistic regression over {} terms and {} rules, calibration: {}",
        model.terms.len(),
        model.trees.len(),
        model.calibration.name()
    );
    let _ = writeln!(
        text,
        "- Certificate: ‖gradient‖∞ / n = {:.1e} after {} Newton steps",
        model.certificate.gradient, model.certificate.steps
    );
}

fn quality(text: &mut String, trained: &Trained) {
    let evaluation = &trained.evaluation;
    let metrics = &evaluation.metrics;
    let said = |value: Option<f64>| decimals(value.unwrap_or(f64::NAN), 4);
    let _ = writeln!(text, "\n## On rows it had not seen ({})\n", evaluation.method);
    let _ = writeln!(text, "| | n | base rate | AUC | log loss | Brier |\n|---|--:|--:|--:|--:|--:|");
    let rows =
        std::iter::once(("this model", metrics)).chain(evaluation.baselines.iter().map(|(name, m)| (name.as_str(), m)));
    for (name, m) in rows {
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {} | {} | {} |",
            count(m.n as u64),
            percent(m.base_rate),
            said(m.auc),
            decimals(m.log_loss, 4),
            decimals(m.brier, 4)
        );
    }
    let _ = writeln!(
        text,
        "\nAUC {} (95 %: {} to {}); calibration slope {}, intercept {}.",
        said(metrics.auc),
        said(metrics.auc_low),
        said(metrics.auc_high),
        said(metrics.calibration_slope),
        said(metrics.calibration_intercept)
    );
}

fn gate(text: &mut String, trained: &Trained) {
    let verdict = if trained.gate.promotes() { "promoted" } else { "refused" };
    let _ = writeln!(text, "\n## Gate: {verdict}\n");
    for reason in &trained.gate.reasons {
        let _ = writeln!(text, "- {reason}");
    }
}

fn features(text: &mut String, model: &Model) {
    let mut weights: Vec<(usize, f64)> =
        (0..model.features.len()).map(|feature| (feature, weight(model, feature))).collect();
    weights.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let _ = writeln!(
        text,
        "\n## What moves it most\n\n| feature | family | weight | 5 % | median | 95 % |\n|---|---|--:|--:|--:|--:|"
    );
    for (feature, weight) in weights.into_iter().take(FEATURES) {
        let ModelFeature { name, family, percentiles, .. } = &model.features[feature];
        let percentile = |position: usize| decimals(percentiles.get(position).copied().unwrap_or(f64::NAN), 2);
        let _ = writeln!(
            text,
            "| {name} | {family} | {} | {} | {} | {} |",
            decimals(weight, 3),
            percentile(1),
            percentile(3),
            percentile(5)
        );
    }
    let _ = writeln!(
        text,
        "\nWeight: sum of |coefficient| of the feature's standardised terms and of the mean move by its rules."
    );
}

/// How strongly a feature can move the log-odds.
fn weight(model: &Model, feature: usize) -> f64 {
    let terms: f64 = model.terms.iter().filter(|term| term.feature == feature).map(|term| term.coefficient.abs()).sum();
    let rules: f64 = model.trees.iter().map(|tree| spread(tree, feature)).sum();
    terms + rules
}

/// Mean distance by which a rule's conditions on the feature move the log-odds, over the training rows.
fn spread(tree: &Tree, feature: usize) -> f64 {
    let moved = |node: &Node| match node {
        Node::Split { feature: asked, yes, no, value, .. } if *asked == feature => {
            let to = |child: usize| tree.nodes[child].share() * (tree.nodes[child].value() - value).abs();
            to(*yes) + to(*no)
        }
        _ => 0.0,
    };
    tree.nodes.iter().map(moved).sum()
}

fn list(text: &mut String, title: &str, lines: &[String]) {
    if !lines.is_empty() {
        let _ = writeln!(text, "\n## {title}\n");
    }
    for line in lines {
        let _ = writeln!(text, "- {line}");
    }
}
