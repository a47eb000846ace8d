//! Rows on their way from a file to a history: typed, in local days, with texts of their own.

use polars::prelude::{Column as FrameColumn, DataFrame, DataType, PolarsResult};

use super::history::NEVER;
use super::values::Numbers;
use crate::source::Texts;

/// Rows of one table that belong to customers, from one piece of a file. It stands alone: its texts are numbered by the
/// levels it brings along.
#[derive(Debug, Clone)]
pub struct RowBatch {
    /// Whose rows they are; none is missing.
    pub customers: Texts,
    /// Local days, the earliest possible where missing; nothing if the table has no time.
    pub days: Option<Vec<i32>>,
    /// Local days of `known_at`, [`NEVER`] where missing; nothing if the table maps none.
    pub known: Option<Vec<i32>>,
    /// The other columns, in the order of [`super::TableNeeds::names`].
    pub columns: Vec<BatchColumn>,
}

/// One column of a batch.
#[derive(Debug, Clone)]
pub enum BatchColumn {
    /// Numbers.
    Number(Numbers),
    /// Texts.
    Text(Texts),
    /// 0, 1, or 2 where missing.
    Flag(Vec<u8>),
    /// Local days, [`NEVER`] where missing.
    Day(Vec<i32>),
}

impl RowBatch {
    /// From a frame with `@customer`, perhaps `@day` and `@known`, then the other columns.
    ///
    /// # Errors
    /// If a column has not the type that was selected.
    pub fn of_frame(frame: &DataFrame) -> PolarsResult<Self> {
        let named =
            |name: &str, missing: i32| frame.column(name).ok().map(|column| days_of(column, missing)).transpose();
        let kept = frame.columns().iter().filter(|column| !column.name().starts_with('@'));
        Ok(Self {
            customers: Texts::each(frame.column("@customer")?.str()?.clone()),
            days: named("@day", i32::MIN)?,
            known: named("@known", NEVER)?,
            columns: kept.map(BatchColumn::of_frame).collect::<PolarsResult<_>>()?,
        })
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.customers.codes.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl BatchColumn {
    /// From a column of a canonical type.
    ///
    /// # Errors
    /// If it has another type.
    pub fn of_frame(column: &FrameColumn) -> PolarsResult<Self> {
        Ok(match column.dtype() {
            DataType::String => Self::Text(Texts::each(column.str()?.clone())),
            DataType::Boolean => Self::Flag(column.bool()?.iter().map(|flag| flag.map_or(2, u8::from)).collect()),
            DataType::Date => Self::Day(days_of(column, NEVER)?),
            _ => Self::Number(numbers_of(column)?),
        })
    }
}

/// The numbers of a column, NaN where missing.
///
/// # Errors
/// If it holds no numbers.
pub fn numbers_of(column: &FrameColumn) -> PolarsResult<Numbers> {
    let is_sparse = Numbers::is_sparse(column.len(), column.len() - column.null_count());
    let is_small = matches!(
        column.dtype(),
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16
    );
    if is_small
        && !is_sparse
        && let Some(whole) = whole_numbers(column)?
    {
        return Ok(whole);
    }
    let cast = column.cast(&DataType::Float64)?;
    let numbers = cast.f64()?;
    if is_sparse {
        let present = numbers.iter().zip(0u32..).filter_map(|(number, row)| Some((row, number?)));
        let (rows, values): (Vec<u32>, Vec<f64>) = present.filter(|(_, number)| !number.is_nan()).unzip();
        return Ok(Numbers::sparse(numbers.len(), &rows, values));
    }
    let mut all = Vec::with_capacity(numbers.len());
    for array in numbers.downcast_iter() {
        match array.validity().filter(|valid| valid.unset_bits() > 0) {
            None => all.extend_from_slice(array.values()),
            Some(valid) => {
                let pairs = array.values().iter().zip(valid.iter());
                all.extend(pairs.map(|(&number, is_valid)| if is_valid { number } else { f64::NAN }));
            }
        }
    }
    Ok(all.into())
}

/// Small whole numbers as they are; `None` if one of them is the mark of a missing one.
fn whole_numbers(column: &FrameColumn) -> PolarsResult<Option<Numbers>> {
    let cast = column.cast(&DataType::Int32)?;
    let mut all = Vec::with_capacity(cast.len());
    for array in cast.i32()?.downcast_iter() {
        if array.values().contains(&Numbers::NO_WHOLE) && array.iter().flatten().any(|&one| one == Numbers::NO_WHOLE) {
            return Ok(None);
        }
        match array.validity().filter(|valid| valid.unset_bits() > 0) {
            None => all.extend_from_slice(array.values()),
            Some(valid) => {
                let pairs = array.values().iter().zip(valid.iter());
                all.extend(pairs.map(|(&number, is_valid)| if is_valid { number } else { Numbers::NO_WHOLE }));
            }
        }
    }
    Ok(Some(Numbers::Whole(all)))
}

/// A column of dates as days since 1970.
///
/// # Errors
/// If it has another type.
pub fn days_of(column: &FrameColumn, missing: i32) -> PolarsResult<Vec<i32>> {
    let cast = column.cast(&DataType::Int32)?;
    Ok(cast.i32()?.iter().map(|day| day.unwrap_or(missing)).collect())
}
