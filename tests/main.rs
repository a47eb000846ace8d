//! All integration tests, one binary: every further one would link polars again. One topic, one module, one line here.

mod bad_input;
mod campaign;
mod cli;
mod clv;
mod crash;
mod demo;
mod determinism;
mod features;
mod fixture;
mod forecast;
mod insights;
mod journey;
mod kpi;
mod layers;
mod model;
mod privacy;
mod profiles;
mod score;
mod simulate;
mod source;
mod store;
