//! A/A campaigns watched every night: how often does the always-valid interval call nothing something?

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tidewatch::campaign::effect::{TUNED_FOR, always_valid, newcombe};
use tidewatch::campaign::moments::Moments;

const RUNS: u32 = 2_000;
const LOOKS: usize = 90;
const PER_NIGHT: usize = 20;
const SHARE: f64 = 0.2;

fn moments(successes: u32, n: u32) -> Moments {
    let (k, n) = (f64::from(successes), f64::from(n));
    Moments { n, y: k / n, yy: k * (1.0 - k / n), ..Moments::default() }
}

/// Share of runs with an alarm at any look from the 30th outcome per arm on: always-valid, and the naive p.
fn alarms() -> (f64, f64) {
    let (mut valid, mut naive) = (0, 0);
    for run in 0..RUNS {
        let mut random = ChaCha8Rng::seed_from_u64(u64::from(run));
        let (mut n, mut k) = (0u32, [0u32; 2]);
        let (mut valid_alarm, mut naive_alarm) = (false, false);
        for _ in 0..LOOKS {
            for _ in 0..PER_NIGHT {
                n += 1;
                k[0] += u32::from(random.random_bool(SHARE));
                k[1] += u32::from(random.random_bool(SHARE));
            }
            if n >= 30 {
                let (one, zero) = (moments(k[1], n), moments(k[0], n));
                valid_alarm |= always_valid(&one, &zero, TUNED_FOR, 0.95).is_some_and(|e| !e.interval.covers(0.0));
                naive_alarm |= newcombe(&one, &zero, 0.95).is_some_and(|e| e.p < 0.05);
            }
        }
        valid += u32::from(valid_alarm);
        naive += u32::from(naive_alarm);
    }
    (f64::from(valid) / f64::from(RUNS), f64::from(naive) / f64::from(RUNS))
}

#[test]
fn watching_every_night_raises_no_more_false_alarms_than_promised() {
    let (valid, naive) = alarms();
    let two_errors = 2.0 * (0.05f64 * 0.95 / f64::from(RUNS)).sqrt();
    assert!(valid <= 0.05 + two_errors, "{valid}");
    assert!(naive > 0.2, "the naive test is wrong often, or this test shows nothing: {naive}");
}
