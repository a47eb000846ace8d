//! Sources and the data contract: what is read from real and from awkward files.

mod bad_data;
mod bad_project;
mod folder;
mod init;
mod odd_data;
pub mod public_sets;
mod reports;
