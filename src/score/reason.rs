//! Reasons: contributions of features grouped by family, the five weightiest told, the rest summed.

use std::collections::BTreeMap;

use crate::feature::FeatureInfo;

/// How many reasons a score shows.
pub(super) const SHOWN: usize = 5;
/// Families whose features have nothing in common but their origin: each is a reason of its own.
const UNGROUPED: [&str; 1] = ["attribute"];

/// One reason: the contribution of a group of features to the log-odds, told by its weightiest feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// Position of the telling feature among the features the contributions were given for.
    pub feature: usize,
    /// Sum of the group's contributions.
    pub contribution: f64,
    /// Plain words.
    pub sentence: String,
}

/// The reasons of one score.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Weights {
    /// At most five, weightiest first.
    pub reasons: Vec<Reason>,
    /// Sum of all other contributions.
    pub other: f64,
}

/// Which features make one reason.
#[derive(Debug, Clone)]
pub struct Groups {
    group_of: Vec<usize>,
    /// The features of each group, ascending.
    members: Vec<Vec<usize>>,
}

impl Groups {
    /// Groups by family, in the order in which families first appear.
    #[must_use]
    pub fn new(features: &[FeatureInfo]) -> Self {
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        let group_of: Vec<usize> = features
            .iter()
            .map(|feature| {
                let key = if UNGROUPED.contains(&feature.family.as_str()) { &feature.name } else { &feature.family };
                let next = known.len();
                *known.entry(key.as_str()).or_insert(next)
            })
            .collect();
        let mut members = vec![Vec::new(); known.len()];
        group_of.iter().enumerate().for_each(|(feature, &group)| members[group].push(feature));
        Self { group_of, members }
    }

    /// The reasons behind one row's contributions (one per feature). A contribution of exactly zero is no reason.
    #[must_use]
    pub fn weigh(&self, contributions: &[f64], sentence: impl Fn(usize) -> String) -> Weights {
        let mut sums = vec![0.0; self.members.len()];
        for (&group, contribution) in self.group_of.iter().zip(contributions) {
            sums[group] += contribution;
        }
        let mut order: Vec<usize> = (0..sums.len()).filter(|&group| sums[group] != 0.0).collect();
        order.sort_unstable_by(|&a, &b| sums[b].abs().total_cmp(&sums[a].abs()).then(a.cmp(&b)));
        let other = order.iter().skip(SHOWN).fold(0.0, |sum, &group| sum + sums[group]);
        let reasons = order.into_iter().take(SHOWN).map(|group| {
            let feature = self.teller(group, sums[group], contributions);
            Reason { feature, contribution: sums[group], sentence: sentence(feature) }
        });
        Weights { reasons: reasons.collect(), other }
    }

    /// The feature of the group that pulls hardest in the group's own direction; the first one among equals.
    fn teller(&self, group: usize, sum: f64, contributions: &[f64]) -> usize {
        let pull = |feature: usize| contributions[feature] * sum.signum();
        self.members[group]
            .iter()
            .copied()
            .reduce(|best, next| if pull(next) > pull(best) { next } else { best })
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(name: &str, family: &str) -> FeatureInfo {
        FeatureInfo {
            name: name.to_owned(),
            family: family.to_owned(),
            unit: "count".to_owned(),
            why: String::new(),
            definition: String::new(),
            sources: Vec::new(),
        }
    }

    #[test]
    fn a_family_is_one_reason_told_by_the_feature_that_pulls_its_way() {
        let features = [("a", "recency"), ("b", "recency"), ("c", "tenure"), ("d", "attribute"), ("e", "attribute")];
        let features: Vec<FeatureInfo> = features.iter().map(|(name, family)| feature(name, family)).collect();
        let weights = Groups::new(&features).weigh(&[2.0, -3.0, 0.5, 0.25, 0.0], |feature| format!("#{feature}"));
        let told: Vec<(usize, f64)> = weights.reasons.iter().map(|r| (r.feature, r.contribution)).collect();
        assert_eq!(told, [(1, -1.0), (2, 0.5), (3, 0.25)]);
        assert_eq!(weights.reasons[0].sentence, "#1");
        assert_eq!(weights.other.to_bits(), 0.0f64.to_bits());
    }

    #[test]
    fn what_is_not_told_is_summed() {
        let features: Vec<FeatureInfo> = (0..8).map(|i| feature(&format!("f{i}"), &format!("family{i}"))).collect();
        let contributions = [0.1, -0.2, 0.3, -0.4, 0.5, -0.6, 0.7, -0.8];
        let weights = Groups::new(&features).weigh(&contributions, |_| String::new());
        let told: f64 = weights.reasons.iter().map(|reason| reason.contribution).sum();
        assert_eq!(weights.reasons.len(), SHOWN);
        assert!((told + weights.other - contributions.iter().sum::<f64>()).abs() < 1e-12);
        assert!((weights.other - 0.2).abs() < 1e-12);
    }
}
