//! `campaign assign`: arguments and printing.

use clap::Args;

use crate::campaign::Error;
use crate::campaign::assign::{Arm, counts};
use crate::campaign::export::Selection;
use crate::cli::{Format, Session};
use crate::ops::{self, Failure};
use crate::report::{Align, Cell, Table};
use crate::time::Day;

/// Divide a list into arms and freeze the division before anything is sent
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidewatch campaign assign --name spring --arm treat=0.9 --arm holdout=0.1 --band high\n  tidewatch export --campaign spring --file spring.csv"
)]
pub struct Assign {
    /// Name of the campaign; a campaign is assigned once
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Run whose scores decide; the newest if left out
    #[arg(long, value_name = "DATE")]
    run: Option<Day>,
    /// An arm and its weight, as often as needed; treat=0.9 and holdout=0.1 if left out
    #[arg(long, value_name = "NAME=WEIGHT")]
    arm: Vec<String>,
    /// The arm that is left alone; the one called holdout or control, else the last
    #[arg(long, value_name = "NAME")]
    control: Option<String>,
    /// Only this band; every band but low if left out
    #[arg(long, value_name = "BAND", conflicts_with = "top")]
    band: Option<String>,
    /// Only the so many riskiest
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    /// Only values at risk from here on
    #[arg(long, value_name = "MONEY")]
    min_value: Option<f64>,
    /// Target whose scores decide; the project's first
    #[arg(long, value_name = "TARGET", default_value = "", hide_default_value = true)]
    target: String,
    /// Salt of the campaign; its name if left out
    #[arg(long, value_name = "TEXT")]
    salt: Option<String>,
    /// Salt of the draw; `arm` if left out
    #[arg(long, value_name = "TEXT")]
    arm_salt: Option<String>,
    /// Draw within each score decile
    #[arg(long, value_name = "BY", value_parser = ["decile"])]
    stratify: Option<String>,
    /// Days during which its customers are kept from other campaigns
    #[arg(long, value_name = "DAYS")]
    live_days: Option<u32>,
}

impl Assign {
    /// Assigns and prints the arms.
    ///
    /// # Errors
    /// When the campaign exists, nobody is eligible, or it cannot be written.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let ask = self.ask()?;
        let campaign = ops::campaign_assign(&session.project_dir, &ask)?;
        let mut table = Table::new(&[("arm", Align::Left), ("customers", Align::Right), ("role", Align::Left)]);
        for (arm, count) in counts(&campaign)? {
            let role = if arm == campaign.manifest.control { "left alone" } else { "treated" };
            table.row([Cell::new(arm.as_str(), arm.as_str()), Cell::count(count), Cell::new(role, role)]);
        }
        session.print(&match session.format {
            Format::Json => format!("{}\n", table.json()),
            Format::Csv => table.csv(),
            Format::Markdown => table.markdown(),
            _ => table.text(),
        });
        Ok(())
    }

    fn ask(self) -> Result<ops::Assign, Error> {
        let written =
            if self.arm.is_empty() { vec!["treat=0.9".to_owned(), "holdout=0.1".to_owned()] } else { self.arm };
        Ok(ops::Assign {
            name: self.name,
            run: self.run,
            arms: written.iter().map(|arm| parse(arm)).collect::<Result<_, _>>()?,
            control: self.control,
            salt: self.salt,
            arm_salt: self.arm_salt,
            stratified: self.stratify.is_some(),
            selection: Selection {
                band: self.band,
                top: self.top,
                min_value: self.min_value,
                ..Selection::new(&self.target)
            },
            live_days: self.live_days,
        })
    }
}

fn parse(text: &str) -> Result<Arm, Error> {
    let wrong = || Error::Arms(text.to_owned());
    let (name, weight) = text.rsplit_once('=').ok_or_else(wrong)?;
    let weight: f64 = weight.trim().parse().map_err(|_| wrong())?;
    if name.trim().is_empty() || !weight.is_finite() || weight < 0.0 {
        return Err(wrong());
    }
    Ok(Arm { name: name.trim().to_owned(), weight })
}
