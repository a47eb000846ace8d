//! Draws of the simulated world: one `ChaCha` stream a customer, so that nobody's fate depends on threads or neighbours.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The whole part of a number.
#[expect(clippy::cast_possible_truncation, reason = "counts, scores and minutes stay far below 2^63; a cast saturates")]
pub(super) fn whole(number: f64) -> i64 {
    number as i64
}

/// A stream of random draws.
#[derive(Debug, Clone)]
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of that number under that seed.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self(generator)
    }

    /// A number in [0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        self.0.random::<f64>()
    }

    /// True with that probability.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A number in `[low, high)`.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number in `[low, high)`; `low` where the range is empty.
    pub(super) fn whole(&mut self, low: i32, high: i32) -> i32 {
        if high <= low { low } else { self.0.random_range(low..high) }
    }

    /// A standard normal draw (Box–Muller, cosine half).
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// A lognormal draw with that median and that standard deviation of the logarithm.
    pub(super) fn lognormal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }

    /// One of the choices, by weight; the weights sum to 1.
    pub(super) fn pick<T: Copy>(&mut self, choices: &[(T, f64)]) -> T {
        let mut left = self.unit();
        for &(choice, weight) in choices {
            left -= weight;
            if left < 0.0 {
                return choice;
            }
        }
        choices[choices.len() - 1].0
    }

    /// A position below `length`.
    pub(super) fn position(&mut self, length: usize) -> usize {
        usize::try_from(whole(self.unit() * length as f64)).unwrap_or(0)
    }

    /// One of the choices, all equally likely.
    pub(super) fn any<T: Copy>(&mut self, choices: &[T]) -> T {
        let last = choices.len() - 1;
        choices[self.position(choices.len()).min(last)]
    }
}
