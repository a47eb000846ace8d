//! `export`: arguments and printing.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Format, Session};
use crate::campaign::export::{Advocacy, Cutoff, Selection, Sort, csv_text};
use crate::ops::{self, Failure};
use crate::report::{Align, Cell, Table};
use crate::time::Day;

/// The list that people act on: who is at risk, what is at stake, what to do
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidewatch export --band high --file high.csv\n  tidewatch export --budget 1000 --cost-per-contact 2 --save-rate 0.1 --sort uplift --file list.xlsx\n  tidewatch export --campaign spring --file spring.csv\n  tidewatch export --list detractors"
)]
pub struct Arguments {
    /// Run to export; the newest if left out
    #[arg(long, value_name = "DATE")]
    as_of: Option<Day>,
    /// Which list
    #[arg(long, value_enum, default_value_t = ListName::AtRisk)]
    list: ListName,
    /// Target whose scores are listed; the project's first
    #[arg(long, value_name = "TARGET", default_value = "", hide_default_value = true)]
    target: String,
    /// Only this band; every band but low if nothing else cuts the list
    #[arg(long, value_name = "BAND")]
    band: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    /// Only values at risk from here on
    #[arg(long, value_name = "MONEY")]
    min_value: Option<f64>,
    /// What all contacts together may cost
    #[arg(long, value_name = "MONEY", requires = "cost_per_contact")]
    budget: Option<f64>,
    /// What one contact costs
    #[arg(long, value_name = "MONEY")]
    cost_per_contact: Option<f64>,
    /// Share of contacted churners who stay because of the contact; nobody is then listed at an expected loss
    #[arg(long, value_name = "SHARE")]
    save_rate: Option<f64>,
    /// Order
    #[arg(long, value_enum, default_value_t = SortName::Risk)]
    sort: SortName,
    /// The treated arms of this campaign, with their arm
    #[arg(long, value_name = "NAME", conflicts_with_all = ["band", "top", "min_value", "budget", "as_of", "target"])]
    campaign: Option<String>,
    /// File of customers never to contact, as often as needed
    #[arg(long, value_name = "FILE")]
    suppress: Vec<PathBuf>,
    /// Leave out whoever got a message in the last so many days
    #[arg(long, value_name = "DAYS")]
    days_since_contact: Option<u32>,
    /// Add the columns of the run's profiles
    #[arg(long)]
    profiles: bool,
    /// csv, parquet or xlsx by extension; csv on stdout if left out
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum ListName {
    /// Who may leave
    AtRisk,
    /// Low NPS answers, to call
    Detractors,
    /// High NPS answers, to nurture
    Promoters,
    /// NPS 7 and more, with their posts and referrals
    Advocates,
    /// Promoters who have referred nobody lately
    ReferralAsk,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SortName {
    /// Highest score first
    Risk,
    /// Highest value at risk first
    Value,
    /// Highest expected value saved first
    Uplift,
}

impl Arguments {
    /// Makes and writes the list.
    ///
    /// # Errors
    /// When there is no run or the list cannot be written.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let request = self.request();
        let exported = ops::export(&session.project_dir, &request, &session.progress)?;
        if exported.suppressed > 0 {
            session.remark(&format!("{} customers left out: they must not be contacted", exported.suppressed));
        }
        if let Some(changes) = exported.changes {
            session.remark(&format!(
                "since the last list: {} new, {} worsened, {} recovered",
                changes.new, changes.worsened, changes.recovered
            ));
        }
        let Some(file) = &request.file else {
            session.print(&csv_text(&exported.list)?);
            return Ok(());
        };
        session.remark(&format!("{} customers written to {}", exported.list.height(), file.display()));
        if !exported.cutoffs.is_empty() {
            let table = table(&exported.cutoffs);
            session.print(&match session.format {
                Format::Json => format!("{}\n", table.json()),
                Format::Csv => table.csv(),
                Format::Markdown => table.markdown(),
                _ => table.text(),
            });
        }
        Ok(())
    }

    fn request(self) -> ops::Export {
        let selection = Selection {
            band: self.band,
            top: self.top,
            min_value: self.min_value,
            budget: self.budget,
            cost_per_contact: self.cost_per_contact,
            save_rate: self.save_rate,
            sort: match self.sort {
                SortName::Risk => Sort::Risk,
                SortName::Value => Sort::Value,
                SortName::Uplift => Sort::Uplift,
            },
            ..Selection::new(&self.target)
        };
        ops::Export {
            as_of: self.as_of,
            selection,
            campaign: self.campaign,
            suppress: self.suppress,
            days_since_contact: self.days_since_contact,
            profiles: self.profiles,
            advocacy: match self.list {
                ListName::AtRisk => None,
                ListName::Detractors => Some(Advocacy::Detractors),
                ListName::Promoters => Some(Advocacy::Promoters),
                ListName::Advocates => Some(Advocacy::Advocates),
                ListName::ReferralAsk => Some(Advocacy::ReferralAsk),
            },
            file: self.file,
        }
    }
}

fn table(cutoffs: &[Cutoff]) -> Table {
    let mut table = Table::new(&[
        ("riskiest", Align::Right),
        ("contacted", Align::Right),
        ("churners caught", Align::Right),
        ("of all", Align::Right),
        ("disturbed", Align::Right),
        ("value at risk", Align::Right),
    ]);
    for cutoff in cutoffs {
        table.row([
            Cell::percent(cutoff.share),
            Cell::count(cutoff.contacted as u64),
            Cell::number(cutoff.expected, 1),
            Cell::percent(cutoff.caught),
            Cell::number(cutoff.disturbed, 1),
            Cell::number(cutoff.value_at_risk, 2),
        ]);
    }
    table
}
