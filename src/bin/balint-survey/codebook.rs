//! Writes the codebook of an instrument.

use balint_survey::codebook::{self, Codebook};
use clap::Args;

use crate::figures::{self, FiguresError};

#[derive(Debug, Args)]
pub struct CodebookArgs {
    /// How it is written.
    #[arg(long, value_name = "FORMAT", default_value = "html")]
    format: Format,

    /// A built-in instrument, or the JSON file of another; everything that is wrong with it is said.
    #[arg(value_name = "ID|FILE")]
    instrument: String,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// A page of its own, fit for print.
    Html,
    /// For programs.
    Json,
}

/// Returns the codebook.
///
/// # Errors
///
/// If the instrument cannot be read, or something is wrong with it.
pub fn run(args: &CodebookArgs) -> Result<String, FiguresError> {
    let codebook = Codebook::new(&figures::instrument(&args.instrument)?);
    Ok(match args.format {
        Format::Html => codebook::page(&codebook),
        Format::Json => codebook.to_json(),
    })
}
