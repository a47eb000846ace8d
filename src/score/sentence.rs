//! One feature's value in plain words, beside what is usual.

use super::number::plain;
use super::typical::Typical;
use crate::feature::{FeatureColumn, FeatureInfo, NO_LEVEL};

/// A sentence about the value a row has in a column.
#[must_use]
pub fn sentence(feature: &FeatureInfo, column: &FeatureColumn, row: usize, usual: &Typical) -> String {
    let name = words(&feature.name);
    match column {
        FeatureColumn::Number(values) => number_sentence(&name, feature, values[row], usual),
        FeatureColumn::Level { codes, levels } => match (codes[row], usual) {
            (NO_LEVEL, _) => format!("{name}: not known"),
            (code, Typical::Level(level)) if *level != levels[code as usize] => {
                format!("{name}: {}; most have {level}", levels[code as usize])
            }
            (code, _) => format!("{name}: {}", levels[code as usize]),
        },
    }
}

fn number_sentence(name: &str, feature: &FeatureInfo, value: f64, usual: &Typical) -> String {
    let said = |value: f64| amount(value, &feature.unit);
    match usual {
        _ if value.is_nan() => format!("{name}: not known"),
        Typical::Number(usual) => format!("{name}: {}; usual: {}", said(value), said(*usual)),
        Typical::Level(_) | Typical::Unknown => format!("{name}: {}", said(value)),
    }
}

fn amount(value: f64, unit: &str) -> String {
    match unit {
        "share" => crate::report::percent(value),
        "days" if (value - 1.0).abs() < f64::EPSILON => "1 day".to_owned(),
        "days" => format!("{} days", plain(value)),
        _ => plain(value),
    }
}

fn words(name: &str) -> String {
    let text = name.replace('_', " ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
