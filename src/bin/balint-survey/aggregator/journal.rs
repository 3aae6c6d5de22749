//! The log: how many reports there are, now and then, and nothing about any of them.

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use balint_survey::remote::Role;

use super::Operator;
use super::store::{Counts, StoreError};

/// How often it is written to at most: so seldom that it tells no moment.
const INTERVAL: Duration = Duration::from_secs(600);

/// Logs the counts of an operator for as long as the process runs.
pub fn keep(operator: Arc<Operator>) {
    thread::spawn(move || {
        let mut last = None;
        loop {
            thread::sleep(INTERVAL);
            let line = line(&operator).ok();
            if line != last {
                line.iter().for_each(write);
                last = line;
            }
        }
    });
}

fn line(operator: &Operator) -> Result<String, StoreError> {
    Ok(match operator.role {
        Role::Leader => {
            let counts @ Counts { counted, refused, .. } = operator.store.counts()?;
            format!("{} reports, {counted} aggregated, {refused} refused", counts.acknowledged() + refused)
        }
        Role::Helper => format!("{} aggregated", operator.store.counted()?),
    })
}

/// Writes a line; that nobody reads it is no failure.
pub fn write(line: impl fmt::Display) {
    let mut stdout = io::stdout();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

/// Says to the operator that something does not work; it tells nothing of a report.
pub fn complain(line: impl fmt::Display) {
    // That nobody reads it is no failure.
    let _ = writeln!(io::stderr(), "balint-survey: {line}");
}
