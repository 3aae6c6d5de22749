//! `balint-survey plan`: the calendar, the invitation and the reminders of a survey, and the tag for its page.

use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

use balint_survey::planning::{Letter, Plan, PlanError, Request};
use balint_survey::window::Instant;
use clap::Args;

use crate::new_files::{self, NewFile, NewFilesError};

/// Plans a survey.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The survey's name; by default, the title of its instrument.
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,

    /// A built-in instrument.
    #[arg(long, value_name = "ID")]
    instrument: Option<String>,

    /// The address of an instrument of the portal's own.
    #[arg(long, value_name = "URL")]
    src: Option<String>,

    /// How it is answered: personal or group; with --task, from home.
    #[arg(long, value_name = "NAME")]
    mode: Option<String>,

    /// What a group's release may hold: standard, strict, small-group or published.
    #[arg(long, value_name = "NAME")]
    policy: Option<String>,

    /// The name of a group's collection.
    #[arg(long, value_name = "NAME")]
    collection: Option<String>,

    /// The file task.json of a survey that is answered from home; instrument, days and policy are its own.
    #[arg(long, value_name = "FILE")]
    task: Option<PathBuf>,

    /// When it opens, such as 2026-01-12T08:00:00+01:00.
    #[arg(long, value_name = "MOMENT")]
    opens: Option<String>,

    /// When it closes.
    #[arg(long, value_name = "MOMENT")]
    closes: Option<String>,

    /// How many reminders there are, spread evenly; 2 by default.
    #[arg(long, value_name = "N", value_parser = crate::parse_whole::<u32>, conflicts_with = "remind_at")]
    reminders: Option<u32>,

    /// When a reminder is sent; once for each.
    #[arg(long, value_name = "MOMENT")]
    remind_at: Vec<String>,

    /// The address of the page with the survey.
    #[arg(long, value_name = "URL")]
    link: Option<String>,

    /// Whom to ask: a name with an address.
    #[arg(long, value_name = "TEXT")]
    contact: Option<String>,

    /// The folder for the files.
    #[arg(long, value_name = "DIR", default_value = "plan")]
    out: PathBuf,
}

/// Why nothing is planned.
#[derive(Debug)]
pub enum PlanCommandError {
    Read { path: PathBuf, source: io::Error },
    Plan(PlanError),
    Clock,
    Files(NewFilesError),
}

impl fmt::Display for PlanCommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, source } => {
                write!(f, "{} cannot be read ({source}); expected the file task.json", path.display())
            }
            Self::Plan(error) => {
                f.write_str(&in_flags(&error.to_string()))?;
                match error {
                    PlanError::UnknownInstrument { .. } => f.write_str(
                        "; for a survey of your own, give its address, --src URL, and --title TEXT",
                    ),
                    _ => Ok(()),
                }
            }
            Self::Clock => f.write_str("the clock has no year from 1970 to 9999; expected today’s"),
            Self::Files(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PlanCommandError {}

/// Returns a message, which begins with a field's name, with the flag of that field in the name's place.
fn in_flags(message: &str) -> String {
    match message.split_once(": ") {
        Some(("reminder", rest)) => format!("--remind-at: {rest}"),
        _ => format!("--{message}"),
    }
}

/// Makes the files, and returns what there is to do with them.
///
/// # Errors
///
/// If a flag is wrong, or a file is there already: then none is made.
pub fn run(args: &PlanArgs) -> Result<String, PlanCommandError> {
    let plan = Plan::new(&request(args)?).map_err(PlanCommandError::Plan)?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok();
    let now =
        now.and_then(|now| Instant::new(now.as_secs().cast_signed(), 0)).ok_or(PlanCommandError::Clock)?;
    let file = |name, text| NewFile { name, text, is_secret: false };
    let files = [
        file("calendar.ics", plan.calendar(now)),
        file("invitation.txt", in_full(&plan.invitation())),
        file("reminders.txt", plan.reminders().iter().map(in_full).collect::<Vec<_>>().join("\n\n")),
    ];
    new_files::write(&args.out, &files).map_err(PlanCommandError::Files)?;
    let folder = args.out.display();
    let warning = if plan.closes().seconds() <= now.seconds() {
        format!(
            "Take days that lie ahead: this survey has closed already, on {}.\n\n",
            plan.closes().in_words()
        )
    } else {
        String::new()
    };
    Ok(format!(
        "{warning}Made in {folder}:\n  \
         calendar.ics    for your calendar: opening, {} reminders, closing\n  \
         invitation.txt  to send at the opening\n  \
         reminders.txt   to send to everybody, each when the calendar says so\n\n\
         Into the page:\n  {}\n",
        plan.reminders().len(),
        plan.tag()
    ))
}

fn request(args: &PlanArgs) -> Result<Request, PlanCommandError> {
    let read = |path: &PathBuf| {
        fs::read_to_string(path).map_err(|source| PlanCommandError::Read { path: path.clone(), source })
    };
    let PlanArgs { title, instrument, src, mode, policy, collection, opens, closes, link, contact, .. } =
        args;
    let [title, instrument, src, mode, policy, collection, opens, closes, link, contact] =
        [title, instrument, src, mode, policy, collection, opens, closes, link, contact].map(Clone::clone);
    let (reminders, remind_at) = (args.reminders, args.remind_at.clone());
    let task = args.task.as_ref().map(read).transpose()?;
    Ok(Request {
        title,
        instrument,
        src,
        mode,
        policy,
        collection,
        opens,
        closes,
        reminders,
        remind_at,
        link,
        contact,
        task,
    })
}

/// Returns a letter with its date and subject above it.
fn in_full(letter: &Letter) -> String {
    format!("Send: {}\nSubject: {}\n\n{}", letter.at.in_words(), letter.subject, letter.body)
}
