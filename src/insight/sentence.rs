//! An association as one plain sentence: how much likelier, how sure, how many. Never a word of cause.

use super::association::Association;
use super::question::{Question, Subject};

/// What the later slice said of an association.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Check {
    /// There was nothing to check: not a discovery.
    NotDue,
    /// Not enough history for a later slice.
    NotYet,
    /// The later slice shows the same, on its own.
    Held(f64),
    /// It does not.
    DidNotHold(Option<f64>),
}

/// The sentence of an association. `words` follow "customers"; `is_discovery` says whether it stands out at all.
pub fn sentence(words: &str, question: &Question, found: &Association, is_discovery: bool, check: Check) -> String {
    let excludes_one = found.low.is_some_and(|low| low > 1.0) || found.high.is_some_and(|high| high < 1.0);
    let opening = match (is_discovery, excludes_one) {
        (true, _) => "",
        (false, true) => "may be chance among so many tried: ",
        (false, false) => "no reliable difference: ",
    };
    let comparison = comparison(question, found);
    let sample = format!("n = {}", crate::report::count(found.n_with));
    let interval = match (found.low, found.high) {
        (Some(low), Some(high)) => format!("95 % {}–{}, {sample}", times(low), times(high)),
        (Some(low), None) => format!("95 % at least {}, {sample}", times(low)),
        _ => sample,
    };
    format!("{opening}customers {words} {comparison} ({interval}){}", verdict(check))
}

/// The sentence of a behaviour that too few customers show, or too few do not.
pub fn too_few(words: &str, n_with: u64, n_without: u64) -> String {
    let (with, without) = (crate::report::count(n_with), crate::report::count(n_without));
    format!("too few to say: {with} customers {words}, {without} others")
}

fn comparison(question: &Question, found: &Association) -> String {
    let is_revenue = question.subject == Subject::Revenue;
    match (found.ratio, is_revenue) {
        (Some(ratio), false) => format!("were {} times as likely to {}", times(ratio), question.words),
        (Some(ratio), true) => format!("brought {} times as much {}", times(ratio), question.words),
        (None, true) => format!("and the others cannot be compared in {}", question.words),
        (None, false) if found.rate_with > 0.0 => format!("alone came to {}", question.words),
        (None, false) => format!("did not {}, and neither did the others", question.words),
    }
}

fn verdict(check: Check) -> String {
    match check {
        Check::NotDue => String::new(),
        Check::NotYet => "; not yet checked at a later date".to_owned(),
        Check::Held(ratio) => format!("; stable: {} times in a later check", times(ratio)),
        Check::DidNotHold(Some(ratio)) => format!("; not stable: {} times in a later check", times(ratio)),
        Check::DidNotHold(None) => "; not stable: not seen in a later check".to_owned(),
    }
}

/// A ratio as people read it: `4.8`, `0.43`, `120`.
fn times(ratio: f64) -> String {
    let places = if ratio.abs() < 1.0 { 2 } else { usize::from(ratio.abs() < 100.0) };
    crate::report::decimals(ratio, places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Day;

    #[test]
    fn it_reads_as_the_definitions_say() {
        let question = Question {
            outcome: "churn".into(),
            subject: Subject::Target(0),
            cutoff: Day::from_epoch_days(0),
            later: None,
            horizon_days: 30,
            is_dated: true,
            words: "leave".into(),
        };
        let found = Association {
            n_with: 1204,
            n_without: 9000,
            rate_with: 0.4,
            rate_without: 0.08,
            rate_without_matched: Some(0.083),
            ratio: Some(4.8),
            low: Some(3.9),
            high: Some(5.9),
            p: 1e-9,
        };
        let words = "whose first ticket was not resolved on first contact";
        let expected = "customers whose first ticket was not resolved on first contact were 4.8 times as likely to leave \
                        (95 % 3.9–5.9, n = 1,204)";
        assert_eq!(sentence(words, &question, &found, true, Check::NotDue), expected);
        let chance = sentence(words, &question, &found, false, Check::NotDue);
        assert!(chance.starts_with("may be chance among so many tried: customers whose"), "{chance}");
        let nothing = Association { low: Some(0.9), ..found };
        assert!(sentence(words, &question, &nothing, false, Check::NotDue).starts_with("no reliable difference: "));
    }
}
