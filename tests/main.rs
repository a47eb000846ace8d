//! All integration tests, one binary: every further one would link polars again. One topic, one module, one line here.

mod campaign;
mod cli;
mod clv;
mod features;
mod insights;
mod journey;
mod kpi;
mod layers;
mod model;
mod profiles;
mod score;
mod simulate;
mod source;
