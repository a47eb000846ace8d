//! Lifetime models of a million customers: `cargo bench --bench lifetime [-- CUSTOMERS]` prints CPU seconds.

use std::io::Write;
use std::process::ExitCode;

use tidewatch::clv::{History, Horizon, Lifetime, Spending};
use tidewatch::ops::clock::cpu_seconds;

/// Numbers that look random and are the same everywhere.
struct Dice(u64);

impl Dice {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
    }

    fn exponential(&mut self) -> f64 {
        -self.uniform().ln()
    }

    /// Someone who buys at his own pace until he leaves, seen for up to a thousand days.
    fn customer(&mut self) -> (History, Spending) {
        let (pace, stays) = (60.0 / self.exponential(), 1.0 - 0.3 * self.uniform());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "days below a thousand")]
        let age = 1000 - (900.0 * self.uniform()) as u32;
        let typical = 20.0 / self.uniform().sqrt();
        let (mut at, mut last, mut repeats, mut paid) = (0.0, 0, 0, typical * self.exponential());
        while self.uniform() < stays {
            at += pace * self.exponential();
            if at >= f64::from(age) {
                break;
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "days below a thousand")]
            let day = at as u32;
            if day > last {
                (last, repeats, paid) = (day, repeats + 1, paid + typical * self.exponential());
            }
        }
        let spending = Spending { orders: repeats + 1, mean: paid / f64::from(repeats + 1) };
        (History { repeats, last, age }, spending)
    }
}

fn main() -> ExitCode {
    let asked = std::env::args().find_map(|text| text.parse::<u32>().ok());
    let mut dice = Dice(5);
    let customers: Vec<(History, Spending)> = (0..asked.unwrap_or(1_000_000)).map(|_| dice.customer()).collect();
    let start = cpu_seconds().unwrap_or_default();
    let mut out = std::io::stdout().lock();
    let Ok(model) = Lifetime::fit(&customers) else {
        let _ = writeln!(out, "too few customers");
        return ExitCode::FAILURE;
    };
    let fitted = cpu_seconds().unwrap_or_default() - start;
    let alive: f64 = model.predict(&customers, &Horizon::default()).iter().map(|one| one.alive).sum();
    let (rest, n) = (cpu_seconds().unwrap_or_default() - start - fitted, customers.len());
    let _ = writeln!(out, "{n} customers: fitted in {fitted:.2} s CPU, predicted in {rest:.2} s CPU, {alive:.0} alive");
    ExitCode::SUCCESS
}
