//! The fit alone: speed and memory against scikit-learn on the same numbers, and coverage of the intervals.
//!
//! `cargo bench --bench fit -- speed [--rows 1000000] [--columns 60] [--save FILE]` prints rows, CPU seconds of the process
//! and peak memory; `--save` writes the matrix for `benches/model/fit_sklearn.py`, which times the peer in the same round.
//! `cargo bench --bench fit -- coverage [--seeds 1000]` fits simulated data with known coefficients and prints how often the
//! 95 % intervals held the truth.

use std::io::{BufWriter, Write};
use std::process::ExitCode;

use rayon::prelude::*;
use tidewatch::model::{Matrix, Problem, fit};
use tidewatch::ops::clock::{cpu_seconds, peak_memory_bytes};
use tidewatch::stats::distribution::Z95;

/// Numbers that look random and are the same everywhere.
struct Dice(u64);

impl Dice {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / 9_007_199_254_740_992.0
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().max(1e-300).ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// Correlated columns (a common factor), standardised in law; coefficients fall off as 1/√j with alternating signs.
fn world(rows: usize, columns: usize, seed: u64) -> (Matrix, Vec<bool>, Vec<f64>) {
    let mut dice = Dice(seed.wrapping_mul(0xd134_2543_de82_ef95));
    let truth: Vec<f64> =
        (0..columns).map(|j| if j % 2 == 0 { 0.5 } else { -0.4 } / ((j / 2 + 1) as f64).sqrt()).collect();
    let mut dense = vec![Vec::with_capacity(rows); columns];
    let mut outcome = Vec::with_capacity(rows);
    for _ in 0..rows {
        let common = dice.normal();
        let mut eta = -1.0;
        for (column, coefficient) in dense.iter_mut().zip(&truth) {
            let value = 0.5 * common + 0.866_025_403_784_438_6 * dice.normal();
            eta += coefficient * value;
            column.push(value);
        }
        outcome.push(dice.uniform() < 1.0 / (1.0 + (-eta).exp()));
    }
    (Matrix::dense(dense, rows), outcome, truth)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |name: &str| arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1));
    let number = |name: &str, default: usize| after(name).and_then(|text| text.parse().ok()).unwrap_or(default);
    let mut out = std::io::stdout().lock();
    let text = if arguments.iter().any(|a| a == "coverage") {
        coverage(number("--seeds", 1000) as u64)
    } else {
        speed(number("--rows", 1_000_000), number("--columns", 60), after("--save").map(String::as_str))
    };
    let _ = writeln!(out, "{text}");
    ExitCode::SUCCESS
}

fn speed(rows: usize, columns: usize, save: Option<&str>) -> String {
    let (matrix, outcome, _) = world(rows, columns, 7);
    if let Some(path) = save {
        let saved = write(path, &matrix, &outcome);
        return format!("saved {path}: {saved:?}");
    }
    let before = cpu_seconds().unwrap_or_default();
    let (penalty, prior) = (vec![1.0; columns], vec![0.0; columns]);
    let fitted = fit(Problem { matrix: &matrix, outcome: &outcome, penalty: &penalty, prior: &prior });
    let cpu = cpu_seconds().unwrap_or_default() - before;
    let certificate = fitted.map_or(f64::NAN, |fitted| fitted.gradient);
    let bytes = (rows * columns * 8) as f64;
    format!(
        "{rows} × {columns}: {cpu:.2} s CPU, gradient {certificate:.1e}, peak memory {:.2} × the matrix",
        peak_memory_bytes().unwrap_or_default() as f64 / bytes
    )
}

/// Column by column, then the outcomes as numbers: little-endian f64.
fn write(path: &str, matrix: &Matrix, outcome: &[bool]) -> std::io::Result<()> {
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    for value in matrix.dense.iter().flat_map(tidewatch::model::Column::to_vec) {
        file.write_all(&value.to_le_bytes())?;
    }
    for event in outcome {
        file.write_all(&f64::from(u8::from(*event)).to_le_bytes())?;
    }
    file.flush()
}

fn coverage(seeds: u64) -> String {
    let (rows, columns) = (2000, 12);
    let hits: Vec<Vec<bool>> = (1..=seeds)
        .into_par_iter()
        .map(|seed| {
            let (matrix, outcome, truth) = world(rows, columns, seed);
            let (penalty, prior) = (vec![1e-6 * rows as f64; columns], vec![0.0; columns]);
            let Ok(fitted) = fit(Problem { matrix: &matrix, outcome: &outcome, penalty: &penalty, prior: &prior })
            else {
                return vec![false; columns];
            };
            let errors = fitted.standard_errors(columns);
            (0..columns).map(|j| (fitted.coefficients[j] - truth[j]).abs() <= Z95 * errors[j]).collect()
        })
        .collect();
    let share = |j: usize| hits.iter().filter(|hit| hit[j]).count() as f64 / seeds as f64;
    let each: Vec<f64> = (0..columns).map(share).collect();
    let pooled = each.iter().sum::<f64>() / columns as f64;
    let worst = each.iter().copied().fold(1.0, f64::min);
    format!(
        "{seeds} seeds, {columns} coefficients: pooled coverage {pooled:.4} (wanted 0.935–0.965), worst {worst:.4} (≥ 0.925)"
    )
}
