//! KPIs: the engine on small tables whose numbers can be done by hand, and on public data against other tools.

mod command;
mod engine;
mod extras;
mod frames;
mod properties;
mod public_sets;
