//! All integration tests, one binary: every further one would link polars again. One topic, one module, one line here.

mod campaign;
mod cli;
mod features;
mod kpi;
mod layers;
mod model;
mod simulate;
mod source;
