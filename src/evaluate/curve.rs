//! Cumulative gains, averaged over ties: lift, deciles, average precision, KS, equal-mass calibration error.

use serde::Serialize;

use super::Auc;
use crate::stats::order;

/// Rows from the riskiest down, ties together.
#[derive(Debug, Clone)]
pub struct Curve {
    groups: Vec<TieGroup>,
    rows: f64,
    events: f64,
}

#[derive(Debug, Clone, Copy)]
struct TieGroup {
    score: f64,
    rows: f64,
    events: f64,
}

/// One tenth of the customers, the riskiest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decile {
    /// 1 (riskiest) to 10.
    pub decile: u32,
    /// Rows, n/10 (fractional: boundaries cut ties and rows proportionally).
    pub n: f64,
    /// Mean score.
    pub mean_score: f64,
    /// Events, ties averaged.
    pub events: f64,
    /// Share of rows with the event.
    pub rate: f64,
    /// Rate over the base rate; none without events.
    pub lift: Option<f64>,
}

/// Sums over a stretch of the curve.
#[derive(Debug, Clone, Copy, Default)]
struct Stretch {
    rows: f64,
    events: f64,
    scores: f64,
}

impl Curve {
    /// Sorts and groups.
    #[must_use]
    pub fn new(outcomes: &[bool], scores: &[f64]) -> Self {
        let mut rows: Vec<(u64, bool)> =
            scores.iter().zip(outcomes).map(|(score, &event)| (order::key(*score), event)).collect();
        rows.sort_unstable_by_key(|(key, _)| std::cmp::Reverse(*key));
        let group = |ties: &[(u64, bool)]| TieGroup {
            score: order::value(ties[0].0),
            rows: ties.len() as f64,
            events: ties.iter().filter(|(_, event)| *event).count() as f64,
        };
        let groups: Vec<TieGroup> = rows.chunk_by(|a, b| a.0 == b.0).map(group).collect();
        let events = groups.iter().map(|group| group.events).sum();
        Self { groups, rows: scores.len() as f64, events }
    }

    /// The area under the ROC curve with `DeLong`'s standard error; none with one class.
    ///
    /// `DeLong`, `DeLong`, Clarke-Pearson (1988) with the placements of Sun and Xu (2014): rows that tie share one.
    #[must_use]
    pub fn auc(&self) -> Option<Auc> {
        let (events, others) = (self.events, self.rows - self.events);
        let (mut events_above, mut others_above) = (0.0, 0.0);
        let mut placed = Vec::with_capacity(self.groups.len());
        let mut area = 0.0;
        for group in &self.groups {
            let here = group.rows - group.events;
            // The share of non-events below an event of the group, and of events above a non-event of it.
            let below = 1.0 - (others_above + here / 2.0) / others;
            let above = (events_above + group.events / 2.0) / events;
            area += group.events * below;
            placed.push((below, above));
            events_above += group.events;
            others_above += here;
        }
        let value = area / events;
        let (mut of_events, mut of_others) = (0.0, 0.0);
        for (group, (below, above)) in self.groups.iter().zip(placed) {
            of_events += group.events * (below - value).powi(2);
            of_others += (group.rows - group.events) * (above - value).powi(2);
        }
        let variance = |sum: f64, n: f64| if n > 1.0 { sum / (n - 1.0) / n } else { 0.0 };
        let standard_error = (variance(of_events, events) + variance(of_others, others)).sqrt();
        (events > 0.0 && others > 0.0).then_some(Auc { value, standard_error })
    }

    /// Average precision `Σ (R_k − R_{k−1}) P_k` over distinct thresholds; none without events.
    #[must_use]
    pub fn average_precision(&self) -> Option<f64> {
        let (mut rows, mut events, mut sum) = (0.0, 0.0, 0.0);
        for group in &self.groups {
            rows += group.rows;
            events += group.events;
            sum += group.events * events / rows;
        }
        (self.events > 0.0).then(|| sum / self.events)
    }

    /// Kolmogorov–Smirnov: the largest gap between the two classes' score distributions; none with one class.
    #[must_use]
    pub fn ks(&self) -> Option<f64> {
        let others = self.rows - self.events;
        let (mut rows, mut events, mut gap) = (0.0, 0.0, 0.0f64);
        for group in &self.groups {
            rows += group.rows;
            events += group.events;
            gap = gap.max((events / self.events - (rows - events) / others).abs());
        }
        (self.events > 0.0 && others > 0.0).then_some(gap)
    }

    /// Rate among the riskiest `share` over the base rate, averaged over ties (all-tied scores: 1.0); none without events.
    #[must_use]
    pub fn lift(&self, share: f64) -> Option<f64> {
        let top = self.stretches(&[share * self.rows])[0];
        (self.events > 0.0).then(|| (top.events / top.rows) / (self.events / self.rows))
    }

    /// Ten equal parts.
    #[must_use]
    pub fn deciles(&self) -> Vec<Decile> {
        let base_rate = self.events / self.rows;
        let decile = |(position, part): (u32, Stretch)| Decile {
            decile: position,
            n: part.rows,
            mean_score: part.scores / part.rows,
            events: part.events,
            rate: part.events / part.rows,
            lift: (base_rate > 0.0).then(|| part.events / part.rows / base_rate),
        };
        (1..).zip(self.equal_parts(10)).map(decile).collect()
    }

    /// Expected calibration error over ten bins of equal mass: mean |mean score − event rate|.
    #[must_use]
    pub fn equal_mass_calibration_error(&self) -> f64 {
        let parts = self.equal_parts(10);
        parts.iter().map(|part| (part.scores - part.events).abs()).sum::<f64>() / self.rows
    }

    fn equal_parts(&self, parts: u32) -> Vec<Stretch> {
        let ends: Vec<f64> = (1..=parts).map(|i| self.rows * f64::from(i) / f64::from(parts)).collect();
        self.stretches(&ends)
    }

    /// Sums between successive ends (in rows from the top); a group cut by an end is shared in proportion.
    fn stretches(&self, ends: &[f64]) -> Vec<Stretch> {
        let mut found = Vec::with_capacity(ends.len());
        let (mut current, mut done, mut groups) = (Stretch::default(), 0.0, self.groups.iter());
        let mut rest: Option<TieGroup> = groups.next().copied();
        for &end in ends {
            while let Some(group) = rest {
                let room = end - done;
                let whole = group.rows <= room + 1e-9;
                let share = if whole { 1.0 } else { (room / group.rows).max(0.0) };
                current.add(group, share);
                done += group.rows * share;
                if !whole {
                    rest = Some(group.without(share));
                    break;
                }
                rest = groups.next().copied();
            }
            found.push(std::mem::take(&mut current));
        }
        found
    }
}

impl Stretch {
    fn add(&mut self, group: TieGroup, share: f64) {
        self.rows += group.rows * share;
        self.events += group.events * share;
        self.scores += group.score * group.rows * share;
    }
}

impl TieGroup {
    fn without(self, share: f64) -> Self {
        Self { score: self.score, rows: self.rows * (1.0 - share), events: self.events * (1.0 - share) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_tied_scores_have_lift_one() {
        let outcomes: Vec<bool> = (0..37).map(|i| i % 5 == 0).collect();
        let curve = Curve::new(&outcomes, &[0.3; 37]);
        assert!((curve.lift(0.1).expect("events") - 1.0).abs() < 1e-12);
        assert!(curve.deciles().iter().all(|decile| (decile.n - 3.7).abs() < 1e-9));
        assert!((curve.average_precision().expect("events") - 8.0 / 37.0).abs() < 1e-12);
    }

    #[test]
    fn a_perfect_ranking_finds_every_event_first() {
        let outcomes: Vec<bool> = (0..20).map(|i| i < 2).collect();
        let scores: Vec<f64> = (0..20).map(|i| 1.0 - f64::from(i) / 20.0).collect();
        let curve = Curve::new(&outcomes, &scores);
        assert!((curve.lift(0.1).expect("events") - 10.0).abs() < 1e-9);
        assert_eq!(curve.ks(), Some(1.0));
    }
}
