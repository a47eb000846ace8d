//! Parquet by row groups: only the columns asked for, each decoded once, texts by their dictionaries.
//!
//! A dictionary-encoded text column hands over its few distinct texts and one number a row, so that whoever numbers
//! texts does it once per distinct text of a row group instead of once per row.

use std::fs::File;
use std::io::{Cursor, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::prelude::{Column, DataType, IntoColumn as _, PolarsError, PolarsResult, Series, StringChunked};
use polars_arrow::array::{Array as _, DictionaryArray};
use polars_arrow::datatypes::{ArrowDataType, ArrowSchema, DTYPE_CATEGORICAL_NEW, Field, IntegerType, Metadata};
use polars_buffer::Buffer;
use polars_parquet::read::{
    BasicDecompressor, ColumnChunkMetadata, FileMetadata, PageReader, column_iter_to_arrays, infer_schema,
    read_metadata,
};

/// Number of a missing text.
pub const NO_TEXT: u32 = u32::MAX;

/// Texts of a run of rows: numbers into levels, [`NO_TEXT`] where missing.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    /// One per row.
    pub codes: Vec<u32>,
    /// What the numbers stand for; not sorted, not necessarily distinct.
    pub levels: StringChunked,
    /// How many rows have none.
    pub missing: usize,
}

/// One column of a row group.
#[derive(Debug, Clone)]
pub enum Cells {
    /// Texts.
    Texts(Texts),
    /// Anything else, with the file's own type.
    Values(Column),
}

/// A parquet file whose row groups can be read one by one, by any number of threads.
#[derive(Debug, Clone)]
pub struct RowGroups {
    path: PathBuf,
    metadata: Arc<FileMetadata>,
    schema: Arc<ArrowSchema>,
}

impl RowGroups {
    /// The file's row groups.
    ///
    /// # Errors
    /// If the file is not parquet.
    pub fn open(path: &Path) -> PolarsResult<Self> {
        let metadata = read_metadata(&mut File::open(path)?)?;
        let schema = infer_schema(&metadata)?;
        Ok(Self { path: path.to_owned(), metadata: Arc::new(metadata), schema: Arc::new(schema) })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.metadata.row_groups.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Rows of one of them.
    #[must_use]
    pub fn rows(&self, group: usize) -> usize {
        self.metadata.row_groups[group].num_rows()
    }

    /// One column of a row group.
    ///
    /// # Errors
    /// If it cannot be decoded.
    pub fn read(&self, group: usize, name: &str) -> PolarsResult<Cells> {
        let unknown = || PolarsError::ColumnNotFound(name.to_owned().into());
        let field = self.schema.get(name).ok_or_else(unknown)?;
        let mut chunks = self.metadata.row_groups[group].columns_under_root_iter(name).ok_or_else(unknown)?;
        let chunk = chunks.next().ok_or_else(unknown)?;
        let bytes = self.bytes(chunk)?;
        if !matches!(field.dtype, ArrowDataType::Utf8View | ArrowDataType::LargeUtf8 | ArrowDataType::Utf8) {
            return decoded(chunk, bytes, field.clone()).map(Cells::Values);
        }
        if let Some(texts) = by_dictionary(chunk, bytes.clone(), field)? {
            return Ok(Cells::Texts(texts));
        }
        let field = Field { dtype: ArrowDataType::Utf8View, ..field.clone() };
        Ok(Cells::Texts(Texts::each(decoded(chunk, bytes, field)?.str()?.clone())))
    }

    fn bytes(&self, chunk: &ColumnChunkMetadata) -> PolarsResult<Buffer<u8>> {
        let range = chunk.byte_range();
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(range.start))?;
        let length = range.end - range.start;
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        file.take(length).read_to_end(&mut bytes)?;
        Ok(bytes.into())
    }
}

impl Texts {
    /// Every row has a level of its own.
    #[must_use]
    pub fn each(texts: StringChunked) -> Self {
        let numbered = (0..).zip(texts.iter());
        let codes = numbered.map(|(row, text)| if text.is_some() { row } else { NO_TEXT }).collect();
        Self { codes, missing: texts.null_count(), levels: texts }
    }
}

fn arrays(
    chunk: &ColumnChunkMetadata,
    bytes: Buffer<u8>,
    field: Field,
) -> PolarsResult<Vec<Box<dyn polars_arrow::array::Array>>> {
    let pages = PageReader::new(Cursor::new(bytes), chunk, Vec::new(), usize::MAX);
    let pages = BasicDecompressor::new(pages, Vec::new());
    let kind = &chunk.descriptor().descriptor.primitive_type;
    Ok(column_iter_to_arrays(vec![pages], vec![kind], field, None)?.0)
}

fn decoded(chunk: &ColumnChunkMetadata, bytes: Buffer<u8>, field: Field) -> PolarsResult<Column> {
    let name = field.name.clone();
    Ok(Series::try_from((name, arrays(chunk, bytes, field)?))?.into_column())
}

/// The column by its dictionary; `None` if not every page uses one.
fn by_dictionary(chunk: &ColumnChunkMetadata, bytes: Buffer<u8>, field: &Field) -> PolarsResult<Option<Texts>> {
    if chunk.dictionary_page_offset().is_none() {
        return Ok(None);
    }
    let dtype = ArrowDataType::Dictionary(IntegerType::UInt32, Box::new(ArrowDataType::Utf8View), false);
    // The mark by which the decoder knows that codes are wanted as they stand.
    let mut metadata = Metadata::default();
    metadata.insert(DTYPE_CATEGORICAL_NEW.into(), "".into());
    let coded = Field { dtype, metadata: Some(Arc::new(metadata)), ..field.clone() };
    let Ok(arrays) = arrays(chunk, bytes, coded) else { return Ok(None) };
    let mut codes = Vec::new();
    let (mut parts, mut missing, mut before) = (Vec::new(), 0, 0u32);
    for array in &arrays {
        let Some(array) = array.as_any().downcast_ref::<DictionaryArray<u32>>() else { return Ok(None) };
        missing += array.null_count();
        match array.keys().validity().filter(|_| array.null_count() > 0) {
            None => codes.extend(array.keys().values().iter().map(|code| code + before)),
            Some(_) => codes.extend(array.keys().iter().map(|code| code.map_or(NO_TEXT, |code| code + before))),
        }
        before += u32::try_from(array.values().len()).unwrap_or(0);
        parts.push(array.values().clone());
    }
    let levels = Series::try_from((field.name.clone(), parts))?;
    let levels = levels.cast(&DataType::String)?.str()?.clone();
    Ok(Some(Texts { codes, levels, missing }))
}
