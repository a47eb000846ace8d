//! Verdicts: good, watch or concern, by the project's targets or by shipped defaults that have a stated source.

use serde::Serialize;

use super::definition::{Better, Kpi};
use crate::project::KpiSettings;

/// What a value means against its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// At or beyond the good mark.
    Good,
    /// Between the marks.
    Watch,
    /// Beyond the mark of concern.
    Concern,
}

/// Marks of one KPI.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Marks {
    good: Option<f64>,
    concern: Option<f64>,
    /// Whether the good mark itself is not yet good, and the mark of concern itself already one.
    strict: bool,
}

/// Retention: at least 70 % is good, below 50 % a concern; NPS: above 0 is wanted, above 20 good.
/// Source: the rules of thumb of the customer-experience literature that DEFINITIONS quotes; nothing else is shipped.
const SHIPPED: [(&str, Marks); 2] = [
    ("retention_rate", Marks { good: Some(0.7), concern: Some(0.5), strict: false }),
    ("nps", Marks { good: Some(20.0), concern: Some(0.0), strict: true }),
];

impl Verdict {
    /// Its name in result tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Watch => "watch",
            Self::Concern => "concern",
        }
    }
}

/// The verdict on a value of a KPI; `None` where nothing was declared.
#[must_use]
pub fn verdict(settings: &KpiSettings, kpi: &Kpi, value: f64) -> Option<Verdict> {
    let marks = marks(settings, kpi.name)?;
    let sign = if kpi.better == Better::Low { -1.0 } else { 1.0 };
    let ahead = |mark: f64| sign * (value - mark);
    let good = marks.good.is_some_and(|mark| if marks.strict { ahead(mark) > 0.0 } else { ahead(mark) >= 0.0 });
    let concern = marks.concern.is_some_and(|mark| if marks.strict { ahead(mark) <= 0.0 } else { ahead(mark) < 0.0 });
    Some(match (good, concern) {
        (true, _) => Verdict::Good,
        (_, true) => Verdict::Concern,
        _ => Verdict::Watch,
    })
}

fn marks(settings: &KpiSettings, name: &str) -> Option<Marks> {
    let declared =
        settings.target.get(name).map(|target| Marks { good: target.good, concern: target.concern, strict: false });
    declared.or_else(|| SHIPPED.iter().find(|(shipped, _)| *shipped == name).map(|(_, marks)| *marks))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kpi::catalogue;
    use crate::project::KpiTarget;

    fn judge(settings: &KpiSettings, name: &str, value: f64) -> Option<Verdict> {
        verdict(settings, catalogue::find(name).expect("a KPI"), value)
    }

    #[test]
    fn shipped_marks_of_retention() {
        let settings = KpiSettings::default();
        assert_eq!(judge(&settings, "retention_rate", 0.7), Some(Verdict::Good));
        assert_eq!(judge(&settings, "retention_rate", 0.5), Some(Verdict::Watch));
        assert_eq!(judge(&settings, "retention_rate", 0.49), Some(Verdict::Concern));
        assert_eq!(judge(&settings, "aov", 10.0), None);
    }

    #[test]
    fn where_low_is_good_the_marks_turn_around() {
        let mut settings = KpiSettings::default();
        settings.target.insert("churn_rate".to_owned(), KpiTarget { good: Some(0.02), concern: Some(0.05) });
        assert_eq!(judge(&settings, "churn_rate", 0.01), Some(Verdict::Good));
        assert_eq!(judge(&settings, "churn_rate", 0.03), Some(Verdict::Watch));
        assert_eq!(judge(&settings, "churn_rate", 0.06), Some(Verdict::Concern));
    }
}
