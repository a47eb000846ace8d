//! All integration tests, one binary: every further one would link polars again. One topic, one module, one line here.

mod cli;
mod kpi;
mod features;
mod layers;
mod model;
mod simulate;
mod source;
