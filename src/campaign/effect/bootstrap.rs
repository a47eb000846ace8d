//! Bootstrap of a heavy-tailed mean from its histogram, with a fixed seed.
//!
//! Every bin of the tally's histogram gets a Poisson number of copies of its rows, and the mean of the copies is one
//! replicate (Poisson bootstrap, Hanley and `MacGibbon` 2006). A bin spans 1/128 octave, so what happens inside bins is
//! nothing beside what a heavy tail does; single extreme rows have bins of their own.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Poisson};

use super::estimate::Estimate;
use crate::campaign::tally::Bin;
use crate::stats::Interval;

/// Replicates.
pub const REPLICATES: usize = 2_000;

/// Replicated means of one arm; `stream` keeps arms and outcomes apart.
#[must_use]
pub fn replicate_means(bins: &[Bin], stream: u64) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(0x7469_6465);
    random.set_stream(stream);
    let laws: Vec<Option<Poisson<f64>>> = bins.iter().map(|bin| Poisson::new(bin.n as f64).ok()).collect();
    (0..REPLICATES)
        .map(|_| {
            let (mut copies, mut sum) = (0.0, 0.0);
            for (bin, law) in bins.iter().zip(&laws) {
                let count = law.as_ref().map_or(0.0, |law| law.sample(&mut random));
                copies += count;
                sum += count * bin.mean;
            }
            if copies > 0.0 { sum / copies } else { f64::NAN }
        })
        .collect()
}

/// Percentile interval of the difference of two arms; p is twice the smaller share of replicates beyond 0.
#[must_use]
pub fn bootstrap(plain: &Estimate, treated: &[f64], control: &[f64], confidence: f64) -> Option<Estimate> {
    let pairs = || treated.iter().zip(control).filter(|(one, zero)| one.is_finite() && zero.is_finite());
    let differences = ascending(pairs().map(|(one, zero)| one - zero).collect());
    let ratios = ascending(pairs().map(|(one, zero)| one / zero - 1.0).filter(|ratio| ratio.is_finite()).collect());
    let ends = |sorted: &[f64]| {
        let tail = (1.0 - confidence) / 2.0;
        Some((quantile(sorted, tail)?, quantile(sorted, 1.0 - tail)?))
    };
    let (low, high) = ends(&differences)?;
    let below = differences.iter().filter(|difference| **difference <= 0.0).count();
    let beyond = below.min(differences.len() - below) as f64;
    let n = differences.len() as f64;
    let p = (2.0 * (beyond + 1.0) / (n + 1.0)).min(1.0);
    let mean = differences.iter().sum::<f64>() / n;
    let error = (differences.iter().map(|difference| (difference - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    let relative =
        ends(&ratios).map_or((plain.relative.0, f64::NAN, f64::NAN), |(low, high)| (plain.relative.0, low, high));
    Some(Estimate { error, interval: Interval { low, high }, p, relative, ..*plain })
}

fn ascending(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// Quantile of sorted values by linear interpolation.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a position inside the slice")]
fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    let at = p * (sorted.len().checked_sub(1)?) as f64;
    let below = at.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    Some(sorted[below] + (at - below as f64) * (sorted[above] - sorted[below]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicates_spread_like_the_standard_error_of_the_mean() {
        let bins: Vec<Bin> = (0..200).map(|i| Bin { n: 5, mean: f64::from(i) }).collect();
        let means = replicate_means(&bins, 1);
        assert_eq!(means, replicate_means(&bins, 1));
        assert_ne!(means, replicate_means(&bins, 2));
        let centre = means.iter().sum::<f64>() / means.len() as f64;
        let spread = (means.iter().map(|m| (m - centre).powi(2)).sum::<f64>() / means.len() as f64).sqrt();
        let expected = (((200.0f64 * 200.0 - 1.0) / 12.0) / 1000.0).sqrt();
        assert!((spread / expected - 1.0).abs() < 0.08, "{spread} against {expected}");
    }
}
