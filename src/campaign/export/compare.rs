//! A list beside the last one, and what every cut-off would catch.

use polars::prelude::*;
use rayon::prelude::*;

use crate::campaign::Error;
use crate::project::Bands;

/// A rise of the score that counts as worse even within a band.
const NOTICEABLE_RISE: f64 = 0.1;

/// What happened since the last list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Changes {
    /// On this list, not on the last.
    pub new: usize,
    /// On both, in a higher band or with a noticeably higher score.
    pub worsened: usize,
    /// On the last list, not on this one.
    pub recovered: usize,
}

/// Adds a column `change` (`new`, `worsened`, `same`) and counts.
///
/// # Errors
/// When a list lacks a column.
pub fn changes(list: &DataFrame, last: &DataFrame, bands: &Bands) -> Result<(DataFrame, Changes), Error> {
    let (now, before) = (standing(list)?, standing(last)?);
    let height = |band: &str| bands.0.keys().position(|name| name == band).unwrap_or(usize::MAX);
    let mut counts = Changes::default();
    let known: PlHashMap<&str, (&str, f64)> =
        before.iter().map(|(id, band, score)| (id.as_str(), (band.as_str(), *score))).collect();
    let mut words = Vec::with_capacity(now.len());
    for (id, band, score) in &now {
        let word = match known.get(id.as_str()) {
            None => "new",
            Some((old, old_score)) if height(band) < height(old) || score - old_score >= NOTICEABLE_RISE => "worsened",
            Some(_) => "same",
        };
        counts.new += usize::from(word == "new");
        counts.worsened += usize::from(word == "worsened");
        words.push(word);
    }
    let current: PlHashSet<&str> = now.iter().map(|(id, ..)| id.as_str()).collect();
    counts.recovered = known.keys().filter(|id| !current.contains(*id)).count();
    let mut list = list.clone();
    list.with_column(Column::new("change".into(), words))?;
    Ok((list, counts))
}

fn standing(list: &DataFrame) -> Result<Vec<(String, String, f64)>, Error> {
    let text =
        |name: &str| -> PolarsResult<StringChunked> { Ok(list.column(name)?.cast(&DataType::String)?.str()?.clone()) };
    let (ids, bands) = (text("customer")?, text("band")?);
    let scores = list.column("score")?.cast(&DataType::Float64)?;
    let rows = ids.iter().zip(bands.iter()).zip(scores.f64()?.iter());
    let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
    Ok(rows.map(|((id, band), score)| (owned(id), owned(band), score.unwrap_or(f64::NAN))).collect())
}

/// What contacting the riskiest share would catch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cutoff {
    /// Share of the scored customers that are contacted.
    pub share: f64,
    /// How many those are.
    pub contacted: usize,
    /// Sum of their scores: churners expected among them.
    pub expected: f64,
    /// Those as a share of all expected churners.
    pub caught: f64,
    /// Contacted customers who would have stayed anyway.
    pub disturbed: f64,
    /// Their value at risk.
    pub value_at_risk: f64,
}

/// The table of cut-offs of a target.
///
/// # Errors
/// When the scores lack a column.
pub fn cutoffs(scores: &DataFrame, target: &str) -> Result<Vec<Cutoff>, Error> {
    let of_target = col("target").eq(lit(target)).and(col("status").eq(lit("scored")));
    let rows = scores.clone().lazy().filter(of_target).select([col("score"), col("value_at_risk")]).collect()?;
    let number = |name: &str| -> PolarsResult<Vec<f64>> {
        let column = rows.column(name)?.cast(&DataType::Float64)?;
        Ok(column.f64()?.iter().map(|value| value.unwrap_or(0.0)).collect())
    };
    let mut pairs: Vec<(f64, f64)> = number("score")?.into_iter().zip(number("value_at_risk")?).collect();
    pairs.par_sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1)));
    let total: f64 = pairs.iter().map(|(score, _)| score).sum();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a number of rows")]
    let cutoff = |share: f64| {
        let contacted = (share * pairs.len() as f64).round() as usize;
        let expected: f64 = pairs[..contacted].iter().map(|(score, _)| score).sum();
        Cutoff {
            share,
            contacted,
            expected,
            caught: if total > 0.0 { expected / total } else { f64::NAN },
            disturbed: contacted as f64 - expected,
            value_at_risk: pairs[..contacted].iter().map(|(_, value)| value).sum(),
        }
    };
    Ok([0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0].map(cutoff).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(rows: &[(&str, &str, f64)]) -> DataFrame {
        let columns = vec![
            Column::new("customer".into(), rows.iter().map(|row| row.0).collect::<Vec<_>>()),
            Column::new("band".into(), rows.iter().map(|row| row.1).collect::<Vec<_>>()),
            Column::new("score".into(), rows.iter().map(|row| row.2).collect::<Vec<_>>()),
            Column::new("value_at_risk".into(), rows.iter().map(|row| row.2 * 10.0).collect::<Vec<_>>()),
            Column::new("target".into(), vec!["churn"; rows.len()]),
            Column::new("status".into(), vec!["scored"; rows.len()]),
        ];
        DataFrame::new(rows.len(), columns).expect("columns of equal length")
    }

    #[test]
    fn new_worsened_and_recovered_are_told_apart() {
        let last = list(&[("a", "medium", 0.3), ("b", "high", 0.6), ("c", "high", 0.7), ("d", "medium", 0.3)]);
        let now = list(&[("a", "high", 0.35), ("b", "high", 0.61), ("d", "medium", 0.45), ("e", "high", 0.9)]);
        let (list, counts) = changes(&now, &last, &Bands::default()).expect("columns");
        let words: Vec<&str> = list.column("change").expect("there").str().expect("text").iter().flatten().collect();
        assert_eq!(words, ["worsened", "same", "worsened", "new"]);
        assert_eq!(counts, Changes { new: 1, worsened: 2, recovered: 1 });
    }

    #[test]
    fn a_cutoff_counts_whom_it_catches_and_whom_it_disturbs() {
        let scores = list(&[("a", "high", 0.8), ("b", "low", 0.2), ("c", "low", 0.5), ("d", "low", 0.1)]);
        let half = cutoffs(&scores, "churn").expect("columns").into_iter().find(|cutoff| cutoff.share == 0.5);
        let half = half.expect("a cut-off at one half");
        assert_eq!((half.contacted, half.expected, half.disturbed), (2, 1.3, 0.7));
        assert!((half.caught - 1.3 / 1.6).abs() < 1e-12);
    }
}
