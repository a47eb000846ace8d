//! Terms: readable functions of one feature, standardised on the training rows.

use serde::{Deserialize, Serialize};

use super::column::{Codes, Column, Standardised, weighted_moments};
use super::counted::Counted;
use super::panel::{Values, number_of};
use crate::feature::NO_LEVEL;
use crate::stats::logarithm::ln_1p;
use crate::stats::order;

/// What a term does with its feature's value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// The value as it is.
    Identity,
    /// ln(1 + value), negative values taken as 0.
    Log,
    /// sign(value) · ln(1 + |value|).
    SignedLog,
    /// max(0, value − knot).
    Hinge {
        /// Where the line bends.
        knot: f64,
    },
    /// max(0, ln(1 + value) − knot).
    LogHinge {
        /// Where the line bends, in ln(1 + value).
        knot: f64,
    },
    /// 1 if the value is missing.
    Missing,
    /// 1 if the category is this one.
    Level {
        /// The category.
        level: String,
    },
    /// 1 if the category is rare or was never seen in training.
    OtherLevel {
        /// The categories with a term of their own.
        known: Vec<String>,
    },
}

/// One column of the design matrix and its coefficient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// Position in the model's features.
    pub feature: usize,
    /// What is done with the value.
    pub shape: Shape,
    /// Mean over the training rows, missing values left out.
    pub mean: f64,
    /// Standard deviation (ddof 0) over the training rows.
    pub scale: f64,
    /// Smallest and largest value of the shape over the training rows, beyond which it counts as that: a line is not drawn
    /// on where nobody was seen. None for flags, and where the project asked for plain linear terms.
    pub limits: Option<(f64, f64)>,
    /// Change of the log-odds for one standard deviation.
    pub coefficient: f64,
    /// Standard error of the coefficient.
    pub standard_error: f64,
}

impl Term {
    /// Learns mean and scale, and gives the column of the training rows with its smallest and largest value; `None` where the
    /// term does not vary over them. `is_bent` says whether the feature has terms with knots.
    #[must_use]
    pub fn learn(shape: Shape, counted: &Counted<'_>, is_bent: bool) -> Option<(Self, Column, (f64, f64))> {
        let Learned { moments: (mean, scale), column, ends } = shape.learn(counted, is_bent)?;
        let term = Self { feature: 0, shape, mean, scale, limits: None, coefficient: 0.0, standard_error: 0.0 };
        Some((term, column, ends))
    }

    /// The term with its limits: the ends of the standardised training column, in the shape's own unit.
    #[must_use]
    pub fn limited(self, (low, high): (f64, f64)) -> Self {
        if matches!(self.shape, Shape::Missing | Shape::Level { .. } | Shape::OtherLevel { .. }) {
            return self;
        }
        Self { limits: Some((self.mean + self.scale * low, self.mean + self.scale * high)), ..self }
    }

    /// The standardised column for other rows; a missing value stands at the mean, 0.
    #[must_use]
    pub fn column(&self, values: &Values<'_>) -> Vec<f64> {
        self.standardised(self.shape.column(values))
    }

    /// The same as a column of a matrix; `is_bent` says whether the feature has terms with knots.
    #[must_use]
    pub fn matrix_column(&self, counted: &Counted<'_>, is_bent: bool) -> Column {
        let limits = self.limits.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        if let (Some((codes, _)), Some(kinds)) = (&counted.kinds, self.shape.of_kinds(&counted.values)) {
            return codes.column(self.standardised(kinds));
        }
        let made = || self.shape.made(counted, (self.mean, self.scale), limits);
        is_bent.then(made).flatten().unwrap_or_else(|| self.column(&counted.values).into())
    }

    fn standardised(&self, mut values: Vec<f64>) -> Vec<f64> {
        let (low, high) = self.limits.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        for value in &mut values {
            *value = if value.is_nan() { 0.0 } else { (value.clamp(low, high) - self.mean) / self.scale };
        }
        values
    }
}

/// What the training rows say of a shape.
struct Learned {
    /// Mean and scale.
    moments: (f64, f64),
    /// Standardised.
    column: Column,
    /// Its smallest and largest value.
    ends: (f64, f64),
}

fn standardise(values: &mut [f64], mean: f64, scale: f64) {
    for value in values {
        *value = if value.is_nan() { 0.0 } else { (*value - mean) / scale };
    }
}

fn extremes(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (value.min(low), value.max(high)))
}

impl Shape {
    fn learn(&self, counted: &Counted<'_>, is_bent: bool) -> Option<Learned> {
        let Some((codes, tally)) = &counted.kinds else {
            let mut column = self.raw(counted);
            let (mean, scale) = moments(&column[..counted.rows])?;
            standardise(&mut column, mean, scale);
            let ends = order::extremes(&column[..counted.rows]);
            let made = || self.made(counted, (mean, scale), (f64::NEG_INFINITY, f64::INFINITY));
            let column = is_bent.then(made).flatten().unwrap_or_else(|| column.into());
            return Some(Learned { moments: (mean, scale), column, ends });
        };
        let (mut kinds, rows) = (self.of_kinds(&counted.values)?, tally.rows());
        let (mean, scale) = weighted_moments(&kinds, &rows)?;
        standardise(&mut kinds, mean, scale);
        let occurring = kinds.iter().zip(&rows).filter(|(_, rows)| **rows > 0);
        let ends = extremes(occurring.map(|(value, _)| *value));
        Some(Learned { moments: (mean, scale), column: codes.column(kinds), ends })
    }

    /// The raw column of what has been counted. Logarithms are kept where some rows may be learnt from again: see
    /// [`Learnt::is_fixed`](super::design::Learnt::is_fixed).
    fn raw(&self, counted: &Counted<'_>) -> Vec<f64> {
        match &counted.values {
            Values::Numbers(numbers) if *self == Self::Log && numbers.iter().any(|number| number.is_nan()) => {
                counted.logarithms().to_vec()
            }
            values => self.column(values),
        }
    }

    /// The raw column: NaN where the feature is missing.
    #[must_use]
    pub fn column(&self, values: &Values<'_>) -> Vec<f64> {
        match values {
            Values::Numbers(numbers) if *self == Self::Log => numbers.iter().map(|value| logarithm(*value)).collect(),
            Values::Numbers(numbers) => numbers.iter().map(|value| self.of_number(*value)).collect(),
            Values::Counts { counts, most } if usize::from(*most) >= counts.len() => {
                counts.iter().map(|count| self.of_number(number_of(*count))).collect()
            }
            Values::Counts { counts, most } => {
                let kinds = self.of_kinds(values).unwrap_or_default();
                counts.iter().map(|count| kinds[usize::from((*count).min(most + 1))]).collect()
            }
            Values::Levels { codes, levels } => {
                let table: Vec<f64> = levels.iter().map(|level| self.of_level(Some(level))).collect();
                let missing = self.of_level(None);
                codes.iter().map(|code| if *code == NO_LEVEL { missing } else { table[*code as usize] }).collect()
            }
        }
    }

    /// The column as it is made of numbers, or flags: it shares them with the feature's other columns. None of other shapes.
    fn made(&self, counted: &Counted<'_>, (mean, scale): (f64, f64), limits: (f64, f64)) -> Option<Column> {
        let (of, knot) = match self {
            Self::Identity => (counted.numbers(), None),
            Self::Hinge { knot } => (counted.numbers(), Some(*knot)),
            Self::Log => (counted.logarithms(), None),
            Self::LogHinge { knot } => (counted.logarithms(), Some(*knot)),
            Self::Missing => {
                let flags = self.column(&counted.values).into_iter().map(|flag| u16::from(flag > 0.0));
                return Some(Codes::new(flags, 2).column(vec![-mean / scale, (1.0 - mean) / scale]));
            }
            Self::SignedLog | Self::Level { .. } | Self::OtherLevel { .. } => return None,
        };
        Some(Column::Made { of, how: Standardised { knot, limits, mean, scale } })
    }

    /// What becomes of every count from 0 to the largest, or of every category, and last of the missing; `None` of numbers.
    fn of_kinds(&self, values: &Values<'_>) -> Option<Vec<f64>> {
        match values {
            Values::Numbers(_) => None,
            Values::Counts { most, .. } => {
                let counts = (0..=*most).map(|count| self.of_number(f64::from(count)));
                Some(counts.chain([self.of_number(f64::NAN)]).collect())
            }
            Values::Levels { levels, .. } => {
                let levels = levels.iter().map(|level| self.of_level(Some(level)));
                Some(levels.chain([self.of_level(None)]).collect())
            }
        }
    }

    /// |third standardised moment| of the known values; 0 where they do not vary.
    #[must_use]
    pub fn skewness(&self, counted: &Counted<'_>) -> f64 {
        if let Some((_, tally)) = &counted.kinds {
            let (values, rows) = (self.of_kinds(&counted.values).unwrap_or_default(), tally.rows());
            let known = || values.iter().zip(&rows).filter(|(value, _)| !value.is_nan());
            let moment = |mean: f64, power: i32| -> f64 {
                known().map(|(value, rows)| f64::from(*rows) * (value - mean).powi(power)).sum()
            };
            return skewness(moment(0.0, 0), moment(0.0, 1), |mean| (moment(mean, 2), moment(mean, 3)));
        }
        let column = self.raw(counted);
        let column = &column[..counted.rows];
        let about = |mean: f64| {
            let square = |value: f64| (value - mean) * (value - mean);
            (sum_of_known(column, square), sum_of_known(column, |value| square(value) * (value - mean)))
        };
        skewness(sum_of_known(column, |_| 1.0), sum_of_known(column, |value| value), about)
    }

    fn of_number(&self, value: f64) -> f64 {
        match self {
            Self::Missing => flag(value.is_nan()),
            _ if value.is_nan() => f64::NAN,
            Self::Identity => value,
            Self::Log => logarithm(value),
            Self::SignedLog => value.signum() * ln_1p(value.abs()),
            Self::Hinge { knot } => (value - knot).max(0.0),
            Self::LogHinge { knot } => (logarithm(value) - knot).max(0.0),
            Self::Level { .. } | Self::OtherLevel { .. } => f64::NAN,
        }
    }

    /// A missing category is 0 in every level's column: its own indicator says so.
    fn of_level(&self, level: Option<&str>) -> f64 {
        match self {
            Self::Missing => flag(level.is_none()),
            Self::Level { level: own } => flag(level == Some(own)),
            Self::OtherLevel { known } => flag(level.is_some_and(|level| !known.iter().any(|name| name == level))),
            _ => f64::NAN,
        }
    }

    /// Whether the line bends.
    #[must_use]
    pub fn has_knot(&self) -> bool {
        matches!(self, Self::Hinge { .. } | Self::LogHinge { .. })
    }

    /// The term read aloud, such as `ln(1 + days_since_last)`.
    #[must_use]
    pub fn read(&self, feature: &str) -> String {
        match self {
            Self::Identity => feature.to_owned(),
            Self::Log => format!("ln(1 + {feature})"),
            Self::SignedLog => format!("signed ln(1 + |{feature}|)"),
            Self::Hinge { knot } => format!("how far {feature} is above {knot}"),
            Self::LogHinge { knot } => format!("how far ln(1 + {feature}) is above {knot}"),
            Self::Missing => format!("{feature} is unknown"),
            Self::Level { level } => format!("{feature} is {level}"),
            Self::OtherLevel { .. } => format!("{feature} is rare or new"),
        }
    }
}

/// ln(1 + value), negative values taken as 0; NaN stays.
#[inline]
pub(super) fn logarithm(value: f64) -> f64 {
    ln_1p(if value < 0.0 { 0.0 } else { value })
}

/// From the number of values, their sum, and the sums of squares and cubes about a mean.
fn skewness(n: f64, sum: f64, about: impl Fn(f64) -> (f64, f64)) -> f64 {
    let (squares, cubes) = about(sum / n);
    let spread = (squares / n).sqrt();
    if spread > 0.0 { (cubes / n / spread.powi(3)).abs() } else { 0.0 }
}

fn flag(truth: bool) -> f64 {
    f64::from(u8::from(truth))
}

/// Mean and standard deviation (ddof 0) of what is not NaN; `None` if it does not vary.
pub(super) fn moments(column: &[f64]) -> Option<(f64, f64)> {
    let n = sum_of_known(column, |_| 1.0);
    let mean = sum_of_known(column, |value| value) / n;
    let scale = (sum_of_known(column, |value| (value - mean) * (value - mean)) / n).sqrt();
    (n > 0.0 && scale.is_finite() && scale > 1e-12 * (1.0 + mean.abs())).then_some((mean, scale))
}

/// Sum over what is not NaN, in eight interleaved partial sums.
fn sum_of_known(column: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    let term = |value: f64| if value.is_nan() { 0.0 } else { of(value) };
    let (chunks, rest) = column.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, value)| *lane += term(*value));
    }
    lanes.iter().sum::<f64>() + rest.iter().map(|value| term(*value)).sum::<f64>()
}
