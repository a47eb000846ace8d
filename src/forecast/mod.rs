//! Forecasts of a series of periods, with intervals, checked by backtest.
//!
//! Three additive smoothing models compete (`smoothing`): level; level and damped trend; both with a season, where two
//! seasons and more are known. Weights minimise the squared one-step errors. The winner is the one with the smallest
//! mean absolute error over rolling origins in the last third of the series, each forecasting as far ahead as asked.
//! Its interval is the model's own, stretched, never shrunk, by what those forecasts missed: the same share of past
//! forecasts as promised would have been covered.
//!
//! Deterministic: no random restarts, a fixed order of tries. Own code because the crates at hand either have no
//! seasons or no intervals for them (augurs-ets 0.10: "seasonal models are not yet implemented").

mod smoothing;

use serde::Serialize;

use crate::stats::multiplier;
use smoothing::{Shape, Smoothed, Weights};

/// Fewer values than this are not forecast.
pub const FEWEST: usize = 8;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Request {
    /// Periods ahead.
    pub periods: usize,
    /// Periods a season has (12 for months, 7 for days); 0 for none.
    pub season: usize,
    /// Share of future values the interval should cover, in (0, 1).
    pub confidence: f64,
    /// Values the series cannot leave.
    pub bounds: (f64, f64),
}

/// A forecast.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forecast {
    /// What was fitted: `level`, `trend`, `season`.
    pub model: &'static str,
    /// One entry per period ahead.
    pub periods: Vec<Point>,
    /// How the same procedure would have done.
    pub backtest: Backtest,
}

/// One period ahead.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// Expected value.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Forecasts made from earlier origins, held against what came.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Backtest {
    /// Forecasts compared.
    pub compared: usize,
    /// Mean absolute error.
    pub mean_absolute_error: f64,
    /// Mean absolute error of "as it was last time" (last season's value, or the last one).
    pub naive_error: f64,
    /// Share of values inside the interval that was given then: stretched by what had been missed up to that origin.
    pub coverage: f64,
}

/// Forecasts a series of finite values, oldest first.
///
/// Returns none for fewer than [`FEWEST`] values or a value that is not finite: no honest interval could be given.
#[must_use]
pub fn forecast(series: &[f64], request: &Request) -> Option<Forecast> {
    if series.len() < FEWEST || request.periods == 0 || series.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let tries = shapes(series.len(), request.season).into_iter().map(|(name, shape)| {
        let misses = misses(shape, series, request.periods);
        (name, shape, misses)
    });
    let error = |misses: &[Miss]| mean(misses.iter().map(|miss| miss.error.abs()));
    let (model, shape, misses) = tries.min_by(|a, b| error(&a.2).total_cmp(&error(&b.2)))?;
    let fitted = fit(shape, series);
    let sd = standard_deviation(shape, &fitted, series.len());
    let reach = stretch(&misses, request.confidence);
    let (least, most) = request.bounds;
    let point = |step: usize| {
        let (value, half) = (fitted.ahead(step), reach * sd * fitted.spread(step).sqrt());
        let within = |number: f64| number.clamp(least, most);
        Point { value: within(value), low: within(value - half), high: within(value + half) }
    };
    let covered = misses.iter().filter(|miss| miss.held(&misses, request.confidence)).count();
    let backtest = Backtest {
        compared: misses.len(),
        mean_absolute_error: error(&misses),
        naive_error: mean(misses.iter().map(|miss| miss.naive.abs())),
        coverage: covered as f64 / misses.len().max(1) as f64,
    };
    Some(Forecast { model, periods: (1..=request.periods).map(point).collect(), backtest })
}

/// The models a series of that length allows, simplest first: the first of equals wins.
fn shapes(length: usize, season: usize) -> Vec<(&'static str, Shape)> {
    let mut shapes =
        vec![("level", Shape { has_trend: false, season: 0 }), ("trend", Shape { has_trend: true, season: 0 })];
    // Rolling origins need two seasons behind the first of them.
    if season > 1 && length * 2 / 3 >= 2 * season {
        shapes.push(("season", Shape { has_trend: false, season }));
        shapes.push(("season", Shape { has_trend: true, season }));
    }
    shapes
}

/// What one past forecast missed.
struct Miss {
    /// Values known when it was made.
    origin: usize,
    /// Position of the value it was about.
    about: usize,
    error: f64,
    /// Standard deviation the model gave that forecast.
    sd: f64,
    /// What the naive forecast missed.
    naive: f64,
}

impl Miss {
    /// Whether the value lay in the interval that could be given at the origin.
    fn held(&self, misses: &[Self], confidence: f64) -> bool {
        let known = misses.iter().filter(|earlier| earlier.about < self.origin);
        self.error.abs() <= stretch(known, confidence) * self.sd
    }
}

/// Forecasts from every origin in the last third of the series.
fn misses(shape: Shape, series: &[f64], periods: usize) -> Vec<Miss> {
    let first = (series.len() * 2 / 3).max(FEWEST - 2).max(2 * shape.season);
    let mut misses = Vec::new();
    for origin in first..series.len() {
        let past = &series[..origin];
        let fitted = fit(shape, past);
        let sd = standard_deviation(shape, &fitted, past.len());
        for (step, value) in (1..=periods).zip(&series[origin..]) {
            let back = if shape.season > 0 { shape.season - (step - 1) % shape.season } else { 1 };
            misses.push(Miss {
                origin,
                about: origin + step - 1,
                error: value - fitted.ahead(step),
                sd: sd * fitted.spread(step).sqrt(),
                naive: value - past[origin - back],
            });
        }
    }
    misses
}

/// Multiples of the standard deviation that an interval needs: the normal one, or more if the past needed more. As in
/// conformal prediction, the value to come counts as one more of those that were missed.
fn stretch<'a>(misses: impl IntoIterator<Item = &'a Miss>, confidence: f64) -> f64 {
    let mut needed: Vec<f64> =
        misses.into_iter().filter(|miss| miss.sd > 0.0).map(|miss| miss.error.abs() / miss.sd).collect();
    needed.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a position in the list")]
    let position = (confidence * (needed.len() + 1) as f64).ceil() as usize;
    let past = needed.get(position.saturating_sub(1).min(needed.len().saturating_sub(1))).copied();
    past.unwrap_or(0.0).max(multiplier(confidence))
}

fn standard_deviation(shape: Shape, fitted: &Smoothed, length: usize) -> f64 {
    (fitted.squares / length.saturating_sub(shape.parameters()).max(1) as f64).sqrt()
}

/// The weights with the smallest squared one-step errors: a coarse grid, then a search that halves its steps.
fn fit(shape: Shape, series: &[f64]) -> Smoothed {
    let run = |weights: Weights| shape.smooth(weights, series);
    let grid = [0.05, 0.2, 0.5, 0.8];
    let trends: &[f64] = if shape.has_trend { &[0.0, 0.1, 0.3] } else { &[0.0] };
    let seasons: &[f64] = if shape.season > 0 { &[0.05, 0.2, 0.5] } else { &[0.0] };
    let damping = if shape.has_trend { 0.95 } else { 1.0 };
    let mut best = Weights { level: 0.5, trend: 0.0, season: 0.0, damping };
    let mut squares = f64::INFINITY;
    for (level, trend, season) in grid.iter().flat_map(|level| {
        trends.iter().flat_map(move |trend| seasons.iter().map(move |season| (*level, level * trend, *season)))
    }) {
        let tried = Weights { level, trend, season, damping };
        let found = run(tried).squares;
        if found < squares {
            (best, squares) = (tried, found);
        }
    }
    let mut step = 0.1;
    while step > 1e-3 {
        let moved = neighbours(shape, best, step).into_iter().map(|weights| (run(weights).squares, weights));
        let (found, weights) = moved.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((f64::INFINITY, best));
        if found < squares {
            (best, squares) = (weights, found);
        } else {
            step /= 2.0;
        }
    }
    run(best)
}

/// Weights one step away that keep the model stable: 0 < α < 1, 0 ≤ β ≤ α, 0 ≤ γ ≤ 1 − α, 0.8 ≤ φ ≤ 0.98.
fn neighbours(shape: Shape, at: Weights, step: f64) -> Vec<Weights> {
    let mut moved = Vec::new();
    for by in [-step, step] {
        moved.push(Weights { level: at.level + by, ..at });
        if shape.has_trend {
            moved.push(Weights { trend: at.trend + by, ..at });
            moved.push(Weights { damping: at.damping + by / 5.0, ..at });
        }
        if shape.season > 0 {
            moved.push(Weights { season: at.season + by, ..at });
        }
    }
    let stable = |weights: &Weights| {
        (0.01..=0.99).contains(&weights.level)
            && (0.0..=weights.level).contains(&weights.trend)
            && (0.0..=1.0 - weights.level + 1e-12).contains(&weights.season)
            && (!shape.has_trend || (0.8..=0.98).contains(&weights.damping))
    };
    moved.into_iter().filter(stable).collect()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0), |(sum, n), value| (sum + value, n + 1));
    sum / f64::from(n.max(1))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, Normal};

    use super::*;

    const REQUEST: Request =
        Request { periods: 3, season: 12, confidence: 0.95, bounds: (f64::NEG_INFINITY, f64::INFINITY) };

    #[test]
    fn a_season_is_found_and_goes_on() {
        let series: Vec<f64> =
            (0..48).map(|t| 100.0 + 10.0 * (f64::from(t) * std::f64::consts::TAU / 12.0).sin()).collect();
        let found = forecast(&series, &REQUEST).expect("a forecast");
        assert_eq!(found.model, "season");
        for (step, point) in found.periods.iter().enumerate() {
            let truth = 100.0 + 10.0 * ((48 + step) as f64 * std::f64::consts::TAU / 12.0).sin();
            assert!((point.value - truth).abs() < 0.5, "{point:?} should be {truth}");
        }
        assert!(found.backtest.mean_absolute_error < found.backtest.naive_error + 1e-9);
    }

    #[test]
    fn intervals_cover_what_they_promise() {
        let rng = &mut ChaCha8Rng::seed_from_u64(3);
        let noise = Normal::new(0.0, 1.0).expect("a shape");
        let (mut covered, sets) = (0, 200);
        for _ in 0..sets {
            let mut level = 50.0;
            let mut next = || {
                level += 0.3 * noise.sample(rng);
                level + noise.sample(rng)
            };
            let series: Vec<f64> = (0..36).map(|_| next()).collect();
            let found = forecast(&series, &Request { season: 0, ..REQUEST }).expect("a forecast");
            covered += found.periods.iter().filter(|point| (point.low..=point.high).contains(&next())).count();
        }
        let share = covered as f64 / f64::from(3 * sets);
        assert!((0.92..=0.995).contains(&share), "covered {share}");
    }

    #[test]
    fn bounds_hold_and_too_short_a_series_is_refused() {
        let series: Vec<f64> = (0..12).map(|t| f64::from(t) * 0.09).collect();
        let found = forecast(&series, &Request { season: 0, bounds: (-1.0, 1.0), ..REQUEST }).expect("a forecast");
        assert!(found.periods.iter().all(|point| point.high <= 1.0 && point.value <= 1.0));
        assert!(forecast(&series[..7], &REQUEST).is_none());
        assert!(forecast(&[f64::NAN; 20], &REQUEST).is_none());
    }

    #[test]
    fn a_constant_series_stays() {
        let found = forecast(&[5.0; 20], &Request { season: 0, ..REQUEST }).expect("a forecast");
        assert!(found.periods.iter().all(|point| (point.value - 5.0).abs() < 1e-9 && point.low <= point.high));
    }
}
