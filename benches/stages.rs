//! The stages one by one, and the nightly job as a whole, on simulated projects. How to read it: `benches/README.md`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use divan::Bencher;
use divan::counter::ItemsCount;
use tempfile::TempDir;
use tidewatch::contract::{self, Checked};
use tidewatch::feature::{self, FeatureFrame, Plan};
use tidewatch::label::{self, Labels};
use tidewatch::model::{self, TrainRequest, Trained};
use tidewatch::observe;
use tidewatch::progress::Progress;
use tidewatch::project::{Bands, Project};
use tidewatch::registry::Version;
use tidewatch::rollup::History;
use tidewatch::score;
use tidewatch::simulate::{Files, Request, simulate};
use tidewatch::time::Day;

/// Customers of the simulated projects: about 60 rows a customer and year in all tables together.
const CUSTOMERS: [u64; 2] = [2_000, 20_000];
const TARGET: &str = "churn";

fn main() {
    divan::main();
}

/// A simulated project, and everything the stages make of it.
struct World {
    folder: TempDir,
    rows: u64,
    project: Project,
    checked: Checked,
    as_of: Day,
}

fn request(customers: u64, out: PathBuf) -> Request {
    let days_end = "2025-07-01".parse().expect("a date");
    Request { customers, months: 18, seed: 1, days_end, leaks: false, files: Files::Parquet, out }
}

impl World {
    fn new(customers: u64) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let request = request(customers, folder.path().to_owned());
        let made = simulate(&request, &Progress::silent()).expect("a world");
        let project = Project::load(folder.path()).expect("a project");
        let as_of = request.days_end;
        let checked = contract::check(&project, as_of, &Progress::silent()).expect("good tables");
        Self { folder, rows: made.rows.iter().map(|(_, rows)| rows).sum(), project, checked, as_of }
    }

    fn history(&self) -> History {
        History::build(&self.project, &self.checked, &Progress::silent()).expect("a history")
    }

    /// The cutoffs of a nightly job that trains: the mature ones and the night itself.
    fn cutoffs(&self) -> Vec<Day> {
        let until = observe::known_until(&self.project, TARGET, &self.checked, self.as_of);
        let mut cutoffs = observe::mature_cutoffs(&self.project, TARGET, until);
        cutoffs.push(self.as_of);
        cutoffs
    }

    fn features(&self, history: &History) -> FeatureFrame {
        let plan = Plan::new(&self.project, &self.checked).expect("a plan");
        feature::compute(&plan, history, &self.cutoffs(), &Progress::silent()).expect("features")
    }

    fn labels(&self, history: &History, frame: &FeatureFrame) -> Labels {
        let until = observe::known_until(&self.project, TARGET, &self.checked, self.as_of);
        label::label(&self.project, TARGET, history, frame, until).expect("labels")
    }

    fn train(&self, frame: &FeatureFrame, labels: &Labels) -> Trained {
        let request = TrainRequest {
            target_definition: "bench".to_owned(),
            outcome_days: Some(60),
            as_of: self.as_of,
            terms: self.project.train.terms,
            allow_leak_suspects: Vec::new(),
            strict: false,
            half_life_days: None,
            champion: None,
        };
        model::train(frame, labels, &request, &Progress::silent()).expect("a model")
    }
}

/// Rows of all tables made per second.
#[divan::bench(args = CUSTOMERS, sample_count = 5)]
fn simulate_a_world(bencher: Bencher<'_, '_>, customers: u64) {
    let rows = World::new(customers).rows;
    bencher.counter(ItemsCount::new(rows)).with_inputs(|| tempfile::tempdir().expect("a folder")).bench_values(
        |folder| simulate(&request(customers, folder.path().to_owned()), &Progress::silent()).expect("a world"),
    );
}

/// Rows of all tables read, typed and proved per second.
#[divan::bench(args = CUSTOMERS, sample_count = 5)]
fn ingest(bencher: Bencher<'_, '_>, customers: u64) {
    let world = World::new(customers);
    bencher
        .counter(ItemsCount::new(world.rows))
        .bench_local(|| contract::check(&world.project, world.as_of, &Progress::silent()).expect("good tables"));
}

/// Rows of all tables sorted by customer and day per second.
#[divan::bench(args = CUSTOMERS, sample_count = 5)]
fn history(bencher: Bencher<'_, '_>, customers: u64) {
    let world = World::new(customers);
    bencher.counter(ItemsCount::new(world.rows)).bench_local(|| world.history());
}

/// Customers × cutoffs given all shipped features per second.
#[divan::bench(args = CUSTOMERS, sample_count = 5)]
fn features(bencher: Bencher<'_, '_>, customers: u64) {
    let world = World::new(customers);
    let history = world.history();
    let examples: usize = world.features(&history).blocks.iter().map(feature::FeatureBlock::len).sum();
    bencher.counter(ItemsCount::new(examples)).bench_local(|| world.features(&history));
}

/// Training examples fitted per second: choice of terms, calibration, refit and evaluation included.
#[divan::bench(args = CUSTOMERS, sample_count = 3, sample_size = 1)]
fn fit(bencher: Bencher<'_, '_>, customers: u64) {
    let world = World::new(customers);
    let history = world.history();
    let frame = world.features(&history);
    let labels = world.labels(&history, &frame);
    let examples = labels.blocks.iter().flat_map(|block| block.eligible.iter().zip(&block.outcome));
    let known = examples.filter(|(eligible, outcome)| **eligible && outcome.known().is_some()).count();
    bencher.counter(ItemsCount::new(known)).bench_local(|| world.train(&frame, &labels));
}

/// Customers scored and explained per second.
#[divan::bench(args = CUSTOMERS, sample_count = 5)]
fn score_a_night(bencher: Bencher<'_, '_>, customers: u64) {
    let world = World::new(customers);
    let history = world.history();
    let frame = world.features(&history);
    let labels = world.labels(&history, &frame);
    let trained = world.train(&frame, &labels);
    let version = Version::of(world.as_of, trained.model.to_json().as_bytes());
    let night = frame.blocks.len() - 1;
    let values = observe::values(&world.project, &history, world.as_of, &frame.blocks[night].customer);
    let request = score::Request {
        target: TARGET,
        horizon_days: Some(60),
        frame: &frame,
        block: night,
        eligible: &labels.blocks[night].eligible,
        values: &values,
        bands: &Bands::default(),
    };
    let eligible = request.eligible.iter().filter(|eligible| **eligible).count();
    bencher
        .counter(ItemsCount::new(eligible))
        .bench_local(|| score::score(&trained.model, &version, &request).expect("scores"));
}

/// Rows of all tables per second of a whole night that trains, through the binary.
#[divan::bench(args = CUSTOMERS, sample_count = 3, sample_size = 1)]
fn whole_run(bencher: Bencher<'_, '_>, customers: u64) {
    let world = World::new(customers);
    bencher.counter(ItemsCount::new(world.rows)).bench_local(|| run(world.folder.path()));
}

fn run(folder: &Path) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidewatch"));
    command.args(["run", "--retrain", "always", "--quiet", "--project"]).arg(folder);
    let status = command.stdout(Stdio::null()).status().expect("the binary runs");
    assert!(status.success(), "a night on a simulated project succeeds");
}
