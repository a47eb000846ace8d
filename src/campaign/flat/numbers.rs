//! Columns as `f64`, NaN where there is no finite number.

use polars::prelude::*;

use crate::campaign::Error;

/// The numbers of one column of a batch.
pub type NumberColumn = Vec<f64>;

/// The column as numbers; NaN where it is null, not finite, or `strict` is off and the text is no number.
///
/// Flags are 0 and 1, and so are the words true, yes, t, y and false, no, f, n in any case.
///
/// # Errors
/// [`Error::NotANumber`] with the text, when `strict`.
pub fn numbers(column: &Column, strict: bool) -> Result<NumberColumn, Error> {
    let series = column.as_materialized_series();
    if series.dtype() == &DataType::String {
        let number = |text: Option<&str>| match text {
            None => Ok(f64::NAN),
            Some(text) => match parse(text) {
                Some(number) => Ok(number),
                None if strict => Err(Error::NotANumber { column: column.name().to_string(), text: text.to_owned() }),
                None => Ok(f64::NAN),
            },
        };
        return series.str()?.iter().map(number).collect();
    }
    let series = series.cast(&DataType::Float64)?;
    let values = series.f64()?;
    let mut numbers = Vec::with_capacity(values.len());
    if values.null_count() == 0 {
        for chunk in values.downcast_iter() {
            numbers.extend_from_slice(chunk.values().as_slice());
        }
    } else {
        numbers.extend(values.iter().map(|value| value.unwrap_or(f64::NAN)));
    }
    for number in &mut numbers {
        if !number.is_finite() {
            *number = f64::NAN;
        }
    }
    Ok(numbers)
}

fn parse(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return Some(if number.is_finite() { number } else { f64::NAN });
    }
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "t" | "y" => Some(1.0),
        "false" | "no" | "f" | "n" => Some(0.0),
        "" => Some(f64::NAN),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_words_and_numbers_become_numbers_and_nonsense_is_named() {
        let words = Column::new("x".into(), [Some("TRUE"), Some("no"), Some("2.5"), None]);
        let found = numbers(&words, true).expect("numbers");
        assert_eq!(&found[..3], [1.0, 0.0, 2.5]);
        assert!(found[3].is_nan());
        let flags = Column::new("x".into(), [true, false]);
        assert_eq!(numbers(&flags, true).expect("numbers"), [1.0, 0.0]);
        let wrong = Column::new("x".into(), ["maybe"]);
        assert!(matches!(numbers(&wrong, true), Err(Error::NotANumber { .. })));
    }
}
