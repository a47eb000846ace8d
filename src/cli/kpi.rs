//! `kpi`: descriptive KPIs by period and segment.

use std::path::PathBuf;

use clap::Args;

use super::{Format, Session};
use crate::kpi::{self, Error, PeriodKind};
use crate::ops::{self, Failure, KpiRequest, Kpis};
use crate::time::Day;

/// Compute KPIs: every number with its parts, interval, change and status
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tidewatch kpi\n  \
    tidewatch kpi --kpi retention_rate churn_rate --by region --period quarter\n  \
    tidewatch kpi --rolling 28 --period week --kpi revenue nps\n  \
    tidewatch kpi --from 2025-01-01 --to 2025-07-01 --format json")]
pub struct Arguments {
    /// The date everything is seen from; nothing on or after it counts
    #[arg(long, value_name = "DATE")]
    as_of: Option<Day>,
    /// Length of the periods
    #[arg(long, value_enum, default_value_t = PeriodKind::Month)]
    period: PeriodKind,
    /// First day; the last 12 complete periods and the one under way if left out
    #[arg(long, value_name = "DATE")]
    from: Option<Day>,
    /// First day no longer wanted
    #[arg(long, value_name = "DATE")]
    to: Option<Day>,
    /// Only these; `tidewatch list kpis` names all
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    kpi: Vec<String>,
    /// Break down by these attributes of customers (a pair: a+b) or columns of a table; the project's if left out
    #[arg(long, value_name = "SEGMENT", num_args = 1.., value_delimiter = ',')]
    by: Vec<String>,
    /// Windows of so many days that end with each period, instead of the periods themselves
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3660))]
    rolling: Option<u32>,
    /// Instead of KPIs: who moved between segments (lifecycle, RFM tier, value band) from this date to the as-of date,
    /// with the value that moved
    #[arg(long, value_name = "DATE", conflicts_with_all = ["kpi", "by", "from", "to", "rolling"])]
    migration_from: Option<Day>,
    /// Write the rows to this file instead of printing them
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Arguments {
    /// Computes and prints, or writes.
    ///
    /// # Errors
    /// [`Failure`] of the project, the data or the KPIs.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let detailed = !self.kpi.is_empty() || !self.by.is_empty();
        if session.format == Format::Parquet && self.out.is_none() {
            return Err(Error::ParquetWithoutFile.into());
        }
        if let Some(from) = self.migration_from {
            let (moves, as_of) = ops::migration(&session.project_dir, from, self.as_of, &session.progress)?;
            return write_migration(&moves, (from, as_of), self.out, session);
        }
        let request = KpiRequest {
            as_of: self.as_of,
            period: self.period,
            from: self.from,
            to: self.to,
            kpis: self.kpi,
            segments: self.by,
            rolling_days: self.rolling,
        };
        let kpis = ops::kpi(&session.project_dir, request, &session.progress)?;
        match (self.out, session.format) {
            (Some(path), Format::Parquet) => kpis.write_parquet(&path),
            (Some(path), format) => {
                let text = text(&kpis, format, detailed);
                std::fs::write(&path, text).map_err(|source| Error::Write { path, source })?;
                Ok(())
            }
            (None, format) => {
                session.print(&text(&kpis, format, detailed));
                Ok(())
            }
        }
    }
}

fn text(kpis: &Kpis, format: Format, detailed: bool) -> String {
    match format {
        Format::Json => kpis.table.records().json().to_string() + "\n",
        Format::Csv => kpis.table.records().csv(),
        Format::Markdown => kpis.table.table().markdown(),
        _ if detailed => kpis.table.detail(&kpis.heading),
        _ => kpis.table.overview(&kpis.heading),
    }
}

fn write_migration(
    moves: &[kpi::segments::Move],
    (from, to): (Day, Day),
    out: Option<PathBuf>,
    session: &Session,
) -> Result<(), Failure> {
    match out {
        Some(path) if session.format == Format::Parquet => {
            let frame = kpi::migration_frame(moves, from, to);
            ops::write_frame(frame.map_err(|source| Error::Table { table: "segment_migration", source })?, &path)
        }
        Some(path) => {
            let text = migration_text(moves, session.format);
            std::fs::write(&path, text).map_err(|source| Error::Write { path, source })?;
            Ok(())
        }
        None => {
            session.print(&migration_text(moves, session.format));
            Ok(())
        }
    }
}

fn migration_text(moves: &[kpi::segments::Move], format: Format) -> String {
    let table = kpi::migration_table(moves);
    match format {
        Format::Json => table.json().to_string() + "\n",
        Format::Csv => table.csv(),
        Format::Markdown => table.markdown(),
        _ => table.text(),
    }
}
