//! Additive exponential smoothing: level, damped trend, season; its errors, its forecasts and their variance.
//!
//! State space form (Hyndman et al. 2008, class 1), with ŷ the one-step forecast and e = y − ŷ:
//! ```text
//! ŷ_t = l + φ·b + s_{t−m}     l' = l + φ·b + α·e     b' = φ·b + β·e     s'_t = s_{t−m} + γ·e
//! var_h = σ²·(1 + Σ_{j=1}^{h−1} c_j²),   c_j = α + β·(φ + φ² + … + φ^j) + γ·[j divisible by m]
//! ```

/// Which states the model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub has_trend: bool,
    /// Length of the season, 0 without one.
    pub season: usize,
}

/// Smoothing weights: α, β, γ and the damping φ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Weights {
    pub level: f64,
    pub trend: f64,
    pub season: f64,
    pub damping: f64,
}

/// A model after it has seen a series.
#[derive(Debug, Clone)]
pub(super) struct Smoothed {
    weights: Weights,
    level: f64,
    slope: f64,
    /// Seasonal terms of the next season, oldest first.
    seasonal: Vec<f64>,
    /// Sum of squared one-step errors.
    pub squares: f64,
}

impl Shape {
    /// Weights and states that are fitted.
    pub fn parameters(self) -> usize {
        2 + if self.has_trend { 3 } else { 0 } + if self.season > 0 { 1 + self.season } else { 0 }
    }

    /// Runs the recursion over a series, from states estimated on its beginning.
    pub fn smooth(self, weights: Weights, series: &[f64]) -> Smoothed {
        let (level, slope, seasonal) = self.start(series);
        self.smooth_from(weights, series, level, slope, seasonal)
    }

    pub fn smooth_from(self, weights: Weights, series: &[f64], level: f64, slope: f64, seasonal: Vec<f64>) -> Smoothed {
        let mut state = Smoothed { weights, level, slope, seasonal, squares: 0.0 };
        for (time, value) in series.iter().enumerate() {
            let position = if self.season > 0 { time % self.season } else { 0 };
            state.update(*value, position);
        }
        if self.season > 0 {
            state.seasonal.rotate_left(series.len() % self.season);
        }
        state
    }

    /// Level and slope of the line through the first values, season as mean deviations in the first two seasons.
    fn start(self, series: &[f64]) -> (f64, f64, Vec<f64>) {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
        if self.season > 0 {
            let m = self.season;
            let (first, second) = (mean(&series[..m]), mean(&series[m..2 * m]));
            let slope = if self.has_trend { (second - first) / m as f64 } else { 0.0 };
            let centre = |season: usize| if season == 0 { first } else { second };
            let drift = |place: usize| slope * (place as f64 - (m as f64 - 1.0) / 2.0);
            let deviation = |season: usize, place: usize| series[season * m + place] - centre(season) - drift(place);
            let seasonal = (0..m).map(|place| f64::midpoint(deviation(0, place), deviation(1, place))).collect();
            let level = first - slope * (m as f64 + 1.0) / 2.0;
            return (if self.has_trend { level } else { f64::midpoint(first, second) }, slope, seasonal);
        }
        let head = &series[..series.len().min(6)];
        if !self.has_trend {
            return (mean(head), 0.0, Vec::new());
        }
        let centre = (head.len() as f64 - 1.0) / 2.0;
        let spread: f64 = (0..head.len()).map(|x| (x as f64 - centre).powi(2)).sum();
        let along: f64 = head.iter().enumerate().map(|(x, y)| (x as f64 - centre) * y).sum();
        let slope = if spread > 0.0 { along / spread } else { 0.0 };
        (mean(head) - slope * (centre + 1.0), slope, Vec::new())
    }
}

impl Smoothed {
    fn update(&mut self, value: f64, position: usize) {
        let Weights { level, trend, season, damping } = self.weights;
        let drift = damping * self.slope;
        let seasonal = self.seasonal.get(position).copied().unwrap_or(0.0);
        let error = value - (self.level + drift + seasonal);
        self.level += drift + level * error;
        self.slope = drift + trend * error;
        if let Some(slot) = self.seasonal.get_mut(position) {
            *slot += season * error;
        }
        self.squares += error * error;
    }

    /// The forecast of the `step`-th next value, from 1.
    pub fn ahead(&self, step: usize) -> f64 {
        let seasonal = if self.seasonal.is_empty() { 0.0 } else { self.seasonal[(step - 1) % self.seasonal.len()] };
        self.level + self.slope * damped(self.weights.damping, step) + seasonal
    }

    /// Variance of that forecast's error, in units of the one-step variance.
    pub fn spread(&self, step: usize) -> f64 {
        let Weights { level, trend, season, damping } = self.weights;
        let m = self.seasonal.len();
        let weight = |j: usize| {
            let seasonal = if m > 0 && j.is_multiple_of(m) { season } else { 0.0 };
            level + trend * damped(damping, j) + seasonal
        };
        1.0 + (1..step).map(|j| weight(j).powi(2)).sum::<f64>()
    }
}

/// φ + φ² + … + φ^steps.
fn damped(damping: f64, steps: usize) -> f64 {
    (1..=steps).scan(1.0, |power, _| Some(std::mem::replace(power, *power * damping) * damping)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9 * expected.abs().max(1.0), "{found} is not {expected}");
    }

    #[test]
    fn recursion_forecast_and_variance_are_those_of_statsmodels() {
        // tests/expected/forecast/make.py: ETSModel with these weights and initial states.
        let series = [112.0, 118.0, 132.0, 129.0, 121.0, 135.0, 148.0, 148.0, 136.0, 119.0, 104.0, 118.0];
        let weights = Weights { level: 0.5, trend: 0.1, season: 0.2, damping: 0.9 };
        let shape = Shape { has_trend: true, season: 4 };
        let found = shape.smooth_from(weights, &series, 110.0, 1.0, vec![1.0, -1.0, 2.0, -2.0]);
        close(found.squares, 2_617.109_508_443_666_5);
        let expected = [
            (107.655_405_699_950_25, 1.0),
            (105.140_555_785_117_39, 1.348_1),
            (106.767_463_040_410_08, 1.798_341),
            (106.786_325_816_315_82, 2.351_728_21),
            (99.549_803_893_598_76, 3.370_838_650_1),
            (97.845_514_159_396_54, 4.125_233_386_581),
        ];
        for (step, (mean, variance)) in (1..).zip(expected) {
            close(found.ahead(step), mean);
            close(found.spread(step), variance);
        }
    }

    #[test]
    fn a_straight_line_goes_on() {
        let series: Vec<f64> = (0..20).map(|t| 3.0 + 2.0 * f64::from(t)).collect();
        let weights = Weights { level: 0.3, trend: 0.1, season: 0.0, damping: 1.0 };
        let found = Shape { has_trend: true, season: 0 }.smooth(weights, &series);
        close(found.ahead(1), 43.0);
        close(found.ahead(5), 51.0);
        assert!(found.squares < 1e-18);
    }
}
