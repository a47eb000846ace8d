//! Rows on their way from a file to a history: typed, in local days, with texts of their own.

use polars::prelude::{Column as FrameColumn, DataFrame, DataType, Float64Chunked, PolarsResult};
use polars_arrow::array::PrimitiveArray;
use polars_arrow::types::NativeType;

use super::history::NEVER;
use super::numbers::Numbers;
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
        return Ok(sparse_numbers(numbers));
    }
    let mut all = Vec::with_capacity(numbers.len());
    for array in numbers.downcast_iter() {
        extend(&mut all, array, f64::NAN);
    }
    Ok(all.into())
}

/// The few numbers there are.
fn sparse_numbers(numbers: &Float64Chunked) -> Numbers {
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    let mut before = 0;
    for array in numbers.downcast_iter() {
        let mut add = |row: usize| {
            let number = array.values()[row];
            if !number.is_nan() {
                rows.push(u32::try_from(before + row).unwrap_or(u32::MAX));
                values.push(number);
            }
        };
        match array.validity() {
            Some(valid) => valid.true_idx_iter().for_each(&mut add),
            None => (0..array.len()).for_each(&mut add),
        }
        before += array.len();
    }
    Numbers::sparse(numbers.len(), &rows, values)
}

/// Adds an array's values, `missing` where there are none.
fn extend<T: NativeType>(all: &mut Vec<T>, array: &PrimitiveArray<T>, missing: T) {
    let before = all.len();
    all.extend_from_slice(array.values());
    if let Some(valid) = array.validity().filter(|valid| valid.unset_bits() > 0) {
        let places = &mut all[before..];
        (!valid).true_idx_iter().for_each(|row| places[row] = missing);
    }
}

/// Small whole numbers as they are; `None` if one of them is the mark of a missing one.
fn whole_numbers(column: &FrameColumn) -> PolarsResult<Option<Numbers>> {
    let cast = column.cast(&DataType::Int32)?;
    let mut all = Vec::with_capacity(cast.len());
    for array in cast.i32()?.downcast_iter() {
        if array.values().contains(&i32::MIN) && array.iter().flatten().any(|&one| one == i32::MIN) {
            return Ok(None);
        }
        extend(&mut all, array, i32::MIN);
    }
    Ok(Some(all.into()))
}

/// A column of dates as days since 1970.
///
/// # Errors
/// If it has another type.
pub fn days_of(column: &FrameColumn, missing: i32) -> PolarsResult<Vec<i32>> {
    let cast = column.cast(&DataType::Int32)?;
    Ok(cast.i32()?.iter().map(|day| day.unwrap_or(missing)).collect())
}
