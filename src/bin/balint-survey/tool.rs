//! Runs the other programs that a build needs: cargo, rustc, rustup, apt-get.

use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Why another program did not do its work.
#[derive(Debug)]
pub enum ToolError {
    Start { program: String, source: io::Error },
    Failed { program: String, status: ExitStatus },
    TooSlow { program: String, limit: Duration },
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ToolError::Start { program, source } => {
                write!(f, "`{program}` did not start ({source}); expected it on the PATH")
            }
            ToolError::Failed { program, status } => {
                write!(f, "`{program}` failed ({status}); expected it to succeed, see its messages above")
            }
            ToolError::TooSlow { program, limit } => {
                write!(f, "`{program}` was not done after {} s; expected it sooner", limit.as_secs())
            }
        }
    }
}

impl std::error::Error for ToolError {}

/// Returns cargo with `directory` as its current one, undisturbed by an outer `cargo run`.
///
/// The outer cargo describes *its* package in the environment, and the user may have set flags
/// for the native binary; neither holds for what is built for another target.
pub fn cargo(directory: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    for (name, _) in env::vars_os() {
        if belongs_to_outer_build(&name) {
            command.env_remove(name);
        }
    }
    command.current_dir(directory);
    command
}

/// Returns the rustc that [`cargo`] calls in the same directory.
pub fn rustc(directory: &Path) -> Command {
    let mut command = Command::new(env::var_os("RUSTC").unwrap_or("rustc".into()));
    command.current_dir(directory);
    command
}

fn belongs_to_outer_build(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("CARGO_PKG_")
        || name.starts_with("CARGO_MANIFEST_")
        || matches!(&*name, "RUSTFLAGS" | "CARGO_ENCODED_RUSTFLAGS" | "CARGO_BUILD_TARGET")
}

/// Runs a program to its end; what it prints goes to stderr, as stdout is for results.
pub fn run(command: &mut Command) -> Result<(), ToolError> {
    let status = command.stdout(io::stderr()).status().map_err(|source| not_started(command, source))?;
    succeeded(command, status)
}

/// Runs a program as [`run`] does, and ends it after `limit`.
pub fn run_within(limit: Duration, command: &mut Command) -> Result<(), ToolError> {
    let start = Instant::now();
    let mut child = command.stdout(io::stderr()).spawn().map_err(|source| not_started(command, source))?;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return succeeded(command, status),
            Ok(None) if start.elapsed() < limit => thread::sleep(Duration::from_millis(50)),
            Ok(None) => break,
            Err(source) => return Err(not_started(command, source)),
        }
    }
    // Either call fails only when the child has ended by itself, which is as good.
    let _ = child.kill();
    let _ = child.wait();
    Err(ToolError::TooSlow { program: program(command), limit })
}

/// Runs a program and returns what it printed on stdout, without the white space at its end.
pub fn output(command: &mut Command) -> Result<String, ToolError> {
    let output = command.stderr(Stdio::inherit()).output().map_err(|source| not_started(command, source))?;
    succeeded(command, output.status)?;
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

fn succeeded(command: &Command, status: ExitStatus) -> Result<(), ToolError> {
    if status.success() { Ok(()) } else { Err(ToolError::Failed { program: program(command), status }) }
}

fn not_started(command: &Command, source: io::Error) -> ToolError {
    ToolError::Start { program: program(command), source }
}

/// Returns the program's name and its first argument, such as `cargo build`.
fn program(command: &Command) -> String {
    let path = Path::new(command.get_program());
    let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy();
    match command.get_args().next() {
        Some(argument) => format!("{name} {}", argument.to_string_lossy()),
        None => name.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rustc_with(argument: &str) -> Command {
        let mut command = rustc(Path::new("."));
        command.arg(argument).stderr(Stdio::null());
        command
    }

    #[test]
    fn output_is_what_the_program_printed() {
        assert!(output(&mut rustc_with("-V")).unwrap().starts_with("rustc 1."));
    }

    #[test]
    fn failed_program_is_named_with_its_status() {
        let error = run(&mut rustc_with("--no-such-flag")).unwrap_err().to_string();
        assert!(error.starts_with("`rustc --no-such-flag` failed (exit status: 1)"), "{error}");
    }

    #[test]
    fn absent_program_is_named() {
        let error = run(&mut Command::new("/nowhere/balint")).unwrap_err().to_string();
        assert!(error.starts_with("`balint` did not start"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn program_over_its_time_is_ended() {
        let start = Instant::now();
        let error = run_within(Duration::from_millis(100), Command::new("sleep").arg("60"));
        assert!(matches!(error, Err(ToolError::TooSlow { .. })));
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn cargo_does_not_see_what_the_outer_cargo_set() {
        // OK because cargo sets it for every test that it runs.
        assert!(env::var_os("CARGO_PKG_NAME").is_some());
        let cargo = cargo(Path::new("."));
        assert!(cargo.get_envs().any(|(name, value)| name == "CARGO_PKG_NAME" && value.is_none()));
    }
}
