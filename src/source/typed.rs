//! From what a file says to the canonical type: one expression per column, null where no value can be made of it.

use std::sync::Arc;

use polars::prelude::{
    ChunkApply as _, ChunkedArray, Column, DataType, Expr, Float64Chunked, Int64Chunked, IntoColumn, LiteralValue,
    PolarsDataType, PolarsResult, StringChunked, TimeUnit, TimeZone, lit, when,
};

use super::instant::{TimeFormat, TimeParser, unix_micros};
use crate::tables::ColumnType;

/// The type of every time column.
pub(super) fn time_type() -> DataType {
    DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))
}

/// The frame type of a canonical type.
#[must_use]
pub fn data_type(kind: ColumnType) -> DataType {
    match kind {
        ColumnType::Text => DataType::String,
        ColumnType::Number => DataType::Float64,
        ColumnType::Time => time_type(),
        ColumnType::Flag => DataType::Boolean,
    }
}

/// The canonical value of `raw`, which has the type `found`; `None` if no value of that type can ever be one.
pub(super) fn typed(raw: Expr, found: &DataType, kind: ColumnType, times: &Arc<TimeParser>) -> Option<Expr> {
    if *found == DataType::Null {
        return Some(raw.cast(data_type(kind)));
    }
    match kind {
        ColumnType::Text => text(raw, found),
        ColumnType::Number => number(raw, found),
        ColumnType::Flag => flag(raw, found),
        ColumnType::Time => time(raw, found, times),
    }
}

fn text(raw: Expr, found: &DataType) -> Option<Expr> {
    match found {
        DataType::String => Some(raw),
        found if found.is_float() => Some(mapped(raw.cast(DataType::Float64), DataType::String, float_texts)),
        found if found.is_nested() || *found == DataType::Binary => None,
        _ => Some(raw.cast(DataType::String)),
    }
}

fn number(raw: Expr, found: &DataType) -> Option<Expr> {
    match found {
        DataType::String => Some(mapped(raw, DataType::Float64, |column| {
            let numbers: Float64Chunked = collect(column.str()?, number_in);
            Ok(numbers.into_column())
        })),
        found if found.is_numeric() || found.is_bool() => Some(raw.cast(DataType::Float64)),
        _ => None,
    }
}

fn flag(raw: Expr, found: &DataType) -> Option<Expr> {
    match found {
        DataType::Boolean => Some(raw),
        DataType::String => Some(mapped(raw, DataType::Boolean, |column| {
            let flags: polars::prelude::BooleanChunked = collect(column.str()?, flag_in);
            Ok(flags.into_column())
        })),
        found if found.is_numeric() => {
            let one = raw.clone().eq(lit(1));
            Some(when(one).then(lit(true)).when(raw.eq(lit(0))).then(lit(false)).otherwise(missing(DataType::Boolean)))
        }
        _ => None,
    }
}

fn time(raw: Expr, found: &DataType, times: &Arc<TimeParser>) -> Option<Expr> {
    let times = Arc::clone(times);
    match found {
        DataType::String => Some(mapped(raw, time_type(), move |column| {
            let micros: Int64Chunked = collect(column.str()?, |text| times.parse(text).map(|instant| instant.micros));
            Ok(instants(micros))
        })),
        DataType::Datetime(_, Some(_)) => Some(raw.cast(time_type())),
        DataType::Date | DataType::Datetime(_, None) => {
            Some(mapped(raw, time_type(), move |column| Ok(instants(micros(column, &times.zone)?))))
        }
        found if found.is_numeric() => counted(raw, &times),
        _ => None,
    }
}

/// Dates and times as microseconds since 1970-01-01 00:00 UTC; those without a zone are read in the project's.
///
/// # Errors
/// If the column holds something else.
pub fn micros(column: &Column, zone: &crate::time::Zone) -> PolarsResult<Int64Chunked> {
    let is_local = !matches!(column.dtype(), DataType::Datetime(_, Some(_)));
    let cast = match column.dtype() {
        DataType::Datetime(TimeUnit::Microseconds, _) => column.clone(),
        DataType::Datetime(_, zone) => column.cast(&DataType::Datetime(TimeUnit::Microseconds, zone.clone()))?,
        _ => column.cast(&DataType::Datetime(TimeUnit::Microseconds, None))?,
    };
    let readings = cast.as_materialized_series().to_physical_repr().into_owned();
    let readings = readings.i64()?;
    Ok(if is_local && !zone.is_utc() {
        readings.apply_values(|reading| zone.micros_of_local(reading))
    } else {
        readings.clone()
    })
}

/// Times given as numbers: counts since 1970, or a pattern over digits.
fn counted(raw: Expr, times: &Arc<TimeParser>) -> Option<Expr> {
    match times.format {
        TimeFormat::Unix(per_second) => Some(mapped(raw.cast(DataType::Float64), time_type(), move |column| {
            let counts = column.f64()?;
            let micros: Int64Chunked =
                counts.iter().map(|count| count.and_then(|count| unix_micros(count, per_second))).collect();
            Ok(instants(micros.with_name(counts.name().clone())))
        })),
        TimeFormat::Iso => None,
        TimeFormat::CompactDate | TimeFormat::Strftime(_) => {
            time(raw.cast(DataType::Int64).cast(DataType::String), &DataType::String, times)
        }
    }
}

/// Whether each time names its zone, where that is a property of the row; `Err` gives the answer for all rows.
pub(super) fn zoned(raw: Expr, found: &DataType, times: &Arc<TimeParser>) -> Result<Expr, bool> {
    match (found, &times.format) {
        (_, TimeFormat::Unix(_)) | (DataType::Datetime(_, Some(_)), _) => Err(true),
        (DataType::String, _) => {
            let times = Arc::clone(times);
            Ok(mapped(raw, DataType::Boolean, move |column| {
                let zoned = |text: &str| times.parse(text).map(|instant| instant.zoned);
                let zoned: polars::prelude::BooleanChunked = collect(column.str()?, zoned);
                Ok(zoned.into_column())
            }))
        }
        _ => Err(false),
    }
}

/// The local day of a time column.
pub(super) fn day(time: Expr, zone: &crate::time::Zone) -> Expr {
    let local = if zone.is_utc() {
        time
    } else {
        let name = TimeZone::opt_try_new(Some(zone.name())).ok().flatten();
        time.dt().convert_time_zone(name.unwrap_or(TimeZone::UTC))
    };
    local.dt().date()
}

/// A null of that type.
pub fn missing(kind: DataType) -> Expr {
    Expr::Literal(LiteralValue::untyped_null()).cast(kind)
}

fn mapped<F>(raw: Expr, to: DataType, function: F) -> Expr
where
    F: Fn(&Column) -> PolarsResult<Column> + Send + Sync + 'static,
{
    raw.map(
        move |column| function(&column),
        move |_, field| Ok(polars::prelude::Field::new(field.name().clone(), to.clone())),
    )
}

/// Maps each text, keeping nulls and the name.
fn collect<T: PolarsDataType, V>(texts: &StringChunked, function: impl Fn(&str) -> Option<V>) -> ChunkedArray<T>
where
    ChunkedArray<T>: FromIterator<Option<V>>,
{
    let values: ChunkedArray<T> = texts.iter().map(|text| text.and_then(&function)).collect();
    values.with_name(texts.name().clone())
}

fn instants(micros: Int64Chunked) -> Column {
    micros.into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)).into_column()
}

/// The finite or infinite number that a text says.
pub(super) fn number_in(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// The Boolean that a text says.
fn flag_in(text: &str) -> Option<bool> {
    let text = text.trim();
    let is = |words: [&str; 5]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(["true", "t", "yes", "y", "1"]) {
        Some(true)
    } else if is(["false", "f", "no", "n", "0"]) {
        Some(false)
    } else {
        None
    }
}

/// Ids that some tool turned into floats read as the whole numbers they were.
fn float_texts(column: &Column) -> PolarsResult<Column> {
    let numbers = column.f64()?;
    let texts: StringChunked = numbers.iter().map(|number| number.map(|number| number.to_string())).collect();
    Ok(texts.with_name(numbers.name().clone()).into_column())
}

/// Whether all texts are numbers that lose nothing by being read as such: no leading zeros, nothing infinite.
pub(super) fn is_number_column(texts: &StringChunked) -> bool {
    texts.null_count() < texts.len() && texts.iter().flatten().all(is_plain_number)
}

/// A finite number without leading zeros: `007` is an id.
#[must_use]
pub fn is_plain_number(text: &str) -> bool {
    let digits = text.trim().trim_start_matches(['-', '+']).as_bytes();
    let padded = digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit();
    !padded && number_in(text).is_some_and(f64::is_finite)
}
