//! The native side of balint-survey: builds the widget, serves the demo portal, keeps releases.

// Tests for the browser's target build the binary too, though none of it is for there.
#![cfg_attr(target_arch = "wasm32", no_main)]
#![cfg(not(target_arch = "wasm32"))]

mod aggregator;
mod bundle;
mod codebook;
mod collect;
mod demo;
mod figures;
mod invite;
mod issuer;
mod new_files;
mod package;
mod plan;
mod precache;
mod serve;
mod signal;
mod store;
mod task;
mod tool;
mod wasm_std;

use std::error::Error;
use std::ffi::OsString;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use balint_survey::disclosure::Policy;
use clap::{Args, Parser, Subcommand};
use wasm_bindgen_cli::wasm_bindgen_test_runner;

/// Builds, serves and evaluates the anonymous survey widget.
#[derive(Debug, Parser)]
#[command(name = "balint-survey", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    /// What `serve` takes, as it is also what runs without a command.
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Builds what is stale, serves the demo portal and keeps releases (the default).
    Serve(ServeArgs),
    /// Builds the widget, and copies what a portal needs of it.
    Build(BuildArgs),
    /// Makes the release of responses that were collected elsewhere, and prints it as JSON.
    Release(ReleaseArgs),
    /// Merges releases and prints every figure that they support.
    Report(ReportArgs),
    /// Makes the calendar, the invitation and the reminders of a survey, and the tag for its page.
    Plan(plan::PlanArgs),
    /// Prints the codebook of an instrument: what is asked, how it is coded, what would be shown.
    Codebook(codebook::CodebookArgs),
    /// Makes the files of a survey that is answered from home: for the portal, both operators, the coordinator.
    Task(task::TaskArgs),
    /// Makes the invitation codes of such a survey.
    Invite(invite::InviteArgs),
    /// Signs the blinded tokens of one person who has logged in to the portal.
    Sign(issuer::SignArgs),
    /// Opens the sum of such a survey, once, and prints its release as JSON.
    Collect(collect::CollectArgs),
    /// Runs one of the two operators of a remote survey.
    Aggregator(aggregator::AggregatorArgs),
    /// Runs tests that were built for the browser, under Node: what cargo calls as their runner.
    #[command(hide = true)]
    WasmTest(WasmTestArgs),
}

#[derive(Debug, Args)]
struct ServeArgs {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8080", value_parser = parse_address)]
    address: SocketAddr,

    /// The SQLite file that keeps the releases; made when there is none.
    #[arg(long, value_name = "FILE", default_value = "balint-survey.sqlite")]
    store: PathBuf,

    /// Another origin whose pages may put embed.html into a frame; once for each.
    #[arg(long, value_name = "ORIGIN", value_parser = serve::parse_origin)]
    frame_ancestors: Vec<String>,
}

#[derive(Debug, Args)]
struct BuildArgs {
    /// Makes the distributable folder there, and prints what to paste into a page.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Where that folder will be served, for what is printed.
    #[arg(long, value_name = "URL", default_value = "/survey/", requires = "out", value_parser = package::parse_address)]
    served_at: String,
}

#[derive(Debug, Args)]
struct ReleaseArgs {
    /// A built-in instrument, or the JSON file of another.
    #[arg(long, value_name = "ID|FILE")]
    instrument: String,

    /// What may be released: standard, strict, small-group or published.
    #[arg(long, value_name = "NAME", value_parser = Policy::named)]
    policy: Policy,

    /// How many could have answered.
    #[arg(long, value_name = "N", value_parser = parse_whole::<u64>)]
    eligible: Option<u64>,

    /// What the collection is called, which is published; by default, the file's name without its ending.
    #[arg(long, value_name = "NAME")]
    collection: Option<String>,

    /// The responses, one a line; `-` is standard input.
    #[arg(value_name = "RESPONSES.csv")]
    responses: PathBuf,
}

#[derive(Debug, Args)]
struct ReportArgs {
    /// How the figures are written.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,

    /// The JSON file of an instrument that is not built in.
    #[arg(long, value_name = "FILE")]
    instrument: Option<String>,

    /// The JSON file of what only the investigators know: window, reminders, attendance, ethics.
    #[arg(long, value_name = "FILE")]
    fieldwork: Option<PathBuf>,

    /// Shows the same figures of others, with tests: `study` for the published ones, or another release.
    #[arg(long, value_name = "study|RELEASE.json")]
    compare: Option<PathBuf>,

    /// The releases; `-` is standard input.
    #[arg(value_name = "RELEASE.json", required = true)]
    releases: Vec<PathBuf>,
}

#[derive(Debug, Args)]
struct WasmTestArgs {
    /// The module, and what else the runner of wasm-bindgen takes.
    #[arg(value_name = "FILE", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// For a terminal.
    Text,
    /// For programs: see www/report.schema.json.
    Json,
    /// One line per count, item, number and correlation, for a spreadsheet.
    Csv,
    /// With tables.
    Markdown,
    /// A page of its own, with charts, fit for print.
    Html,
}

impl From<Format> for balint_survey::report::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Text => Self::Text,
            Format::Json => Self::Json,
            Format::Csv => Self::Csv,
            Format::Markdown => Self::Markdown,
            Format::Html => Self::Html,
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let command = cli.command.unwrap_or(Command::Serve(cli.serve));
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("balint-survey: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Serve(args) => Ok(serve::run(args.address, &args.store, &args.frame_ancestors)?),
        Command::Build(args) => build(&args),
        Command::Release(args) => Ok(print(&figures::release(&args)?)?),
        Command::Report(args) => Ok(print(&figures::report(&args)?)?),
        Command::Plan(args) => Ok(print(&plan::run(&args)?)?),
        Command::Codebook(args) => Ok(print(&codebook::run(&args)?)?),
        Command::Task(args) => Ok(print(&task::run(&args)?)?),
        Command::Invite(args) => Ok(print(&invite::run(&args)?)?),
        Command::Sign(args) => Ok(print(&issuer::run(&args)?)?),
        Command::Collect(args) => Ok(print(&collect::run(&args)?)?),
        Command::Aggregator(args) => Ok(aggregator::run(&args)?),
        Command::WasmTest(args) => wasm_test(args),
    }
}

/// Prints to standard output; that the reader has gone away, as `head` does, is no failure.
fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}

fn build(args: &BuildArgs) -> Result<(), Box<dyn Error>> {
    let project = bundle::Project::find()?;
    bundle::refresh(&project)?;
    let Some(out) = &args.out else {
        eprintln!(
            "the widget is in {}; --out DIR makes the folder that a portal serves",
            project.pkg().display()
        );
        return Ok(());
    };
    let to_paste = package::export(&project, out, &args.served_at)?;
    eprintln!("the bundle is in {}", out.display());
    Ok(print(&to_paste)?)
}

/// Runs wasm-bindgen's tests with the library that the bundle is made with, so that nothing is installed.
fn wasm_test(args: WasmTestArgs) -> Result<(), Box<dyn Error>> {
    let name = OsString::from("wasm-bindgen-test-runner");
    let args = [name].into_iter().chain(args.args);
    wasm_bindgen_test_runner::run_cli_with_args(args).map_err(|error| format!("{error:#}").into())
}

/// Parses a number of a flag.
fn parse_whole<T: FromStr>(text: &str) -> Result<T, &'static str> {
    text.parse().map_err(|_| "expected a whole number")
}

/// Parses `IP:PORT`, where the IP may also be the word `localhost`.
fn parse_address(text: &str) -> Result<SocketAddr, String> {
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    numeric.parse().map_err(|_| "expected IP:PORT, such as 127.0.0.1:8080".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[track_caller]
    fn serve_args(line: &str) -> ServeArgs {
        let cli = Cli::try_parse_from(line.split(' ')).unwrap();
        match cli.command.unwrap_or(Command::Serve(cli.serve)) {
            Command::Serve(args) => args,
            other => panic!("expected serve, found {other:?}"),
        }
    }

    #[test]
    fn command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_command_means_serve_on_the_loopback_address() {
        let args = serve_args("balint-survey");
        assert_eq!(args.address, SocketAddr::from(([127, 0, 0, 1], 8080)));
        assert_eq!(args.store, PathBuf::from("balint-survey.sqlite"));
    }

    #[test]
    fn serve_takes_its_flags_with_and_without_its_name() {
        for line in [
            "balint-survey --address 127.0.0.1:0 --store a.sqlite",
            "balint-survey serve --address 127.0.0.1:0 --store a.sqlite",
        ] {
            let args = serve_args(line);
            assert_eq!(args.address.port(), 0, "{line}");
            assert_eq!(args.store, PathBuf::from("a.sqlite"), "{line}");
        }
    }

    #[test]
    fn flags_of_serve_do_not_go_with_another_command() {
        let line = ["balint-survey", "--store", "a.sqlite", "build"];
        assert!(Cli::try_parse_from(line).is_err());
    }

    #[test]
    fn address_is_an_ip_or_localhost_with_a_port() {
        let check = |text: &str, expected: Option<&str>| {
            let found = parse_address(text).ok().map(|address| address.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        };
        check("127.0.0.1:0", Some("127.0.0.1:0"));
        check("0.0.0.0:80", Some("0.0.0.0:80"));
        check("[::1]:8080", Some("[::1]:8080"));
        check("localhost:8080", Some("127.0.0.1:8080"));
        for text in ["", "8080", "127.0.0.1", "127.0.0.1:65536", "localhost", "school.example:80"] {
            check(text, None);
        }
    }
}
