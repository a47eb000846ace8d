//! Sources and the data contract: what is read from real and from awkward files.

pub mod public_sets;
