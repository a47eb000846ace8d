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

/// A verdict with the rule behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The marks, as `good >= 0.7, concern < 0.5`.
    pub rule: String,
}

impl Marks {
    /// The rule in words a reader of a table can check.
    fn rule(self, better: Better) -> String {
        let (ahead, behind) = match (better, self.strict) {
            (Better::Low, false) => ("<=", ">"),
            (Better::Low, true) => ("<", ">="),
            (_, false) => (">=", "<"),
            (_, true) => (">", "<="),
        };
        let good = self.good.map(|mark| format!("good {ahead} {mark}"));
        let concern = self.concern.map(|mark| format!("concern {behind} {mark}"));
        good.into_iter().chain(concern).collect::<Vec<_>>().join(", ")
    }
}

/// The verdict on a value of a KPI, in a part of a segment or in the whole; `None` where nothing was declared.
#[must_use]
pub fn verdict(settings: &KpiSettings, kpi: &Kpi, part: Option<(&str, &str)>, value: f64) -> Option<Judgement> {
    let marks = marks(settings, kpi.name, part)?;
    let sign = if kpi.better == Better::Low { -1.0 } else { 1.0 };
    let ahead = |mark: f64| sign * (value - mark);
    let good = marks.good.is_some_and(|mark| if marks.strict { ahead(mark) > 0.0 } else { ahead(mark) >= 0.0 });
    let concern = marks.concern.is_some_and(|mark| if marks.strict { ahead(mark) <= 0.0 } else { ahead(mark) < 0.0 });
    let verdict = match (good, concern) {
        (true, _) => Verdict::Good,
        (_, true) => Verdict::Concern,
        _ => Verdict::Watch,
    };
    Some(Judgement { verdict, rule: marks.rule(kpi.better) })
}

/// The marks of the part, else those of the whole, else the shipped ones.
fn marks(settings: &KpiSettings, name: &str, part: Option<(&str, &str)>) -> Option<Marks> {
    let marks = |good, concern| Some(Marks { good, concern, strict: false });
    let target = settings.target.get(name);
    let of_part = target.zip(part).and_then(|(target, (segment, value))| target.by.get(segment)?.get(value));
    let of_part = of_part.and_then(|target| marks(target.good, target.concern));
    let declared = target.filter(|target| target.good.is_some() || target.concern.is_some());
    let declared = of_part.or_else(|| declared.and_then(|target| marks(target.good, target.concern)));
    declared.or_else(|| SHIPPED.iter().find(|(shipped, _)| *shipped == name).map(|(_, marks)| *marks))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kpi::catalogue;
    use crate::project::KpiTarget;

    fn judge(settings: &KpiSettings, name: &str, value: f64) -> Option<Verdict> {
        verdict(settings, catalogue::find(name).expect("a KPI"), None, value).map(|judgement| judgement.verdict)
    }

    #[test]
    fn a_part_has_its_own_marks_and_the_rule_is_said() {
        let text = "[target.aov]\ngood = 50\nconcern = 20\n[target.aov.by.region.north]\ngood = 80\n\
                    [target.nps.by.region.south]\ngood = 40";
        let settings: KpiSettings = toml::from_str(text).expect("settings");
        let judge = |name, part, value| {
            let judgement = verdict(&settings, catalogue::find(name).expect("a KPI"), part, value);
            judgement.map(|judgement| (judgement.verdict, judgement.rule))
        };
        let said = |verdict, rule: &str| Some((verdict, rule.to_owned()));
        assert_eq!(judge("aov", None, 60.0), said(Verdict::Good, "good >= 50, concern < 20"));
        assert_eq!(judge("aov", Some(("region", "north")), 60.0), said(Verdict::Watch, "good >= 80"));
        assert_eq!(judge("aov", Some(("region", "east")), 60.0), said(Verdict::Good, "good >= 50, concern < 20"));
        assert_eq!(judge("nps", None, 30.0), said(Verdict::Good, "good > 20, concern <= 0"), "the shipped marks stay");
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
        settings.target.insert(
            "churn_rate".to_owned(),
            KpiTarget { good: Some(0.02), concern: Some(0.05), ..KpiTarget::default() },
        );
        assert_eq!(judge(&settings, "churn_rate", 0.01), Some(Verdict::Good));
        assert_eq!(judge(&settings, "churn_rate", 0.03), Some(Verdict::Watch));
        assert_eq!(judge(&settings, "churn_rate", 0.06), Some(Verdict::Concern));
    }
}
