//! `card.md`: the model for people.

use std::fmt::Write as _;

use super::{Model, Trained};

/// Terms and rules shown, the strongest first.
const SHOWN: usize = 25;

impl Trained {
    /// The page: what it predicts, how well, by which shape, with which terms, and what to know.
    #[must_use]
    pub fn card(&self) -> String {
        let (model, metrics) = (&self.model, &self.evaluation.metrics);
        let mut text = format!("# Model of `{}`, trained as of {}\n\n", model.target, model.as_of);
        let cutoffs: Vec<String> = model.cutoffs.iter().map(ToString::to_string).collect();
        let _ = writeln!(
            text,
            "{} rows, {} events (base rate {:.3}), cutoffs {}.\n",
            model.rows,
            model.events,
            model.base_rate(),
            cutoffs.join(", ")
        );
        let _ = writeln!(
            text,
            "Held out ({}): AUC {} [{}, {}], log loss {:.4}, Brier {:.4}, calibration slope {}, lift at 10 % {}.\n",
            self.evaluation.method,
            figure(metrics.auc),
            figure(metrics.auc_low),
            figure(metrics.auc_high),
            metrics.log_loss,
            metrics.brier,
            figure(metrics.calibration_slope),
            figure(metrics.lift_at_10)
        );
        for (name, baseline) in &self.evaluation.baselines {
            let _ =
                writeln!(text, "- baseline `{name}`: AUC {}, log loss {:.4}", figure(baseline.auc), baseline.log_loss);
        }
        let verdict = if self.gate.promotes() { "promote" } else { "refuse" };
        let _ = writeln!(text, "\nGate: {verdict}.");
        for reason in &self.gate.reasons {
            let _ = writeln!(text, "- {reason}");
        }
        text.push_str(&shapes(model));
        text.push_str(&strongest(model));
        text.push_str("\n## Notes\n");
        for note in &model.notes {
            let _ = writeln!(text, "- {note}");
        }
        text
    }
}

fn figure(value: Option<f64>) -> String {
    value.map_or_else(|| "undefined".to_owned(), |value| format!("{value:.3}"))
}

fn shapes(model: &Model) -> String {
    let mut text = "\n## Shapes tried on held-out training rows\n".to_owned();
    for candidate in &model.candidates {
        let mark = if candidate.chosen { " ← chosen" } else { "" };
        let leaves = candidate.leaf_penalty.map_or(String::new(), |penalty| format!(", leaf penalty {penalty}"));
        let _ = writeln!(
            text,
            "- {} (penalty {}, {} trees{leaves}): log loss {:.5}, AUC {:.4}{mark}",
            candidate.shape, candidate.penalty, candidate.trees, candidate.log_loss, candidate.auc
        );
    }
    text
}

/// The terms and rules that move log-odds most over the training rows (standard deviation).
fn strongest(model: &Model) -> String {
    let names: Vec<&str> = model.features.iter().map(|feature| feature.name.as_str()).collect();
    let mut lines: Vec<(f64, String)> = Vec::new();
    for term in &model.terms {
        let (name, change) = (term.shape.read(names[term.feature]), term.coefficient);
        let error = term.standard_error;
        lines.push((change.abs(), format!("{name}: {change:+.4} for one standard deviation (± {error:.4})")));
    }
    for tree in &model.trees {
        let values = tree.values();
        let shares = tree.shares();
        for ((rule, value), share) in tree.read(&names).into_iter().zip(values).zip(shares) {
            let spread = value.abs() * (share * (1.0 - share)).sqrt();
            lines.push((spread, format!("if {rule}: {value:+.4} ({:.1} % of customers)", share * 100.0)));
        }
    }
    lines.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let mut text = format!("\n## Strongest of {} terms and rules\n", lines.len());
    for (_, line) in lines.iter().take(SHOWN) {
        let _ = writeln!(text, "- {line}");
    }
    text
}
