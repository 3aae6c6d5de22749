//! `balint-survey invite`: the invitation codes of a task, for the mail merge and for both operators.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use balint_survey::instrument::Instrument;
use balint_survey::remote::Role;
use balint_survey::remote::credential::{Code, Credentials};
use balint_survey::remote::keys::CodesFile;
use balint_survey::remote::task::{Task, TaskError};
use clap::Args;

use crate::new_files::{self, NewFile, NewFilesError};

/// Makes the invitation codes of a survey that is answered from home.
#[derive(Debug, Args)]
pub struct InviteArgs {
    /// The task file.
    #[arg(long, value_name = "FILE")]
    task: PathBuf,

    /// How many codes.
    #[arg(long, value_name = "N", value_parser = parse_count)]
    count: u64,

    /// The address of the page with the survey, for a link in each invitation.
    #[arg(long, value_name = "URL")]
    page: Option<String>,

    /// The folder for the files; by default, the task's.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn parse_count(text: &str) -> Result<u64, &'static str> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.ok_or("expected a whole number from 1 on")
}

/// Why there are no codes.
#[derive(Debug)]
pub enum InviteError {
    Read {
        path: PathBuf,
        source: io::Error,
    },
    Task {
        path: PathBuf,
        source: TaskError,
    },
    /// The task asks for another credential, or for none.
    NoCodes(PathBuf),
    TooMany {
        found: u64,
        eligible: u64,
    },
    /// A link ends in a fragment of its own.
    Page(String),
    Files(NewFilesError),
}

impl fmt::Display for InviteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, source } => {
                write!(f, "{} cannot be read ({source}); expected a readable file", path.display())
            }
            Self::Task { path, source } => write!(f, "{}: {source}", path.display()),
            Self::NoCodes(path) => write!(
                f,
                "{}: the survey takes no codes; expected a task made with --credentials codes",
                path.display()
            ),
            Self::TooMany { found, eligible } => {
                write!(f, "--count: found {found}; expected at most {eligible}, as many as the task invites")
            }
            Self::Page(found) => write!(
                f,
                "--page: found {found:?}; expected an address such as https://school.example/survey, without #, \
                 commas or spaces"
            ),
            Self::Files(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for InviteError {}

/// Makes the codes and their files, and returns what there is to do with them.
///
/// # Errors
///
/// If the task takes none or fewer, or the files cannot be made; then there are none.
pub fn run(args: &InviteArgs) -> Result<String, InviteError> {
    let task = read(&args.task)?;
    let eligible = task.document().eligible;
    if task.document().credentials != Credentials::Codes {
        return Err(InviteError::NoCodes(args.task.clone()));
    }
    if args.count > eligible {
        return Err(InviteError::TooMany { found: args.count, eligible });
    }
    if let Some(page) = args.page.as_ref().filter(|page| !is_page(page)) {
        return Err(InviteError::Page(page.clone()));
    }
    let codes: Vec<Code> = (0..args.count).map(|_| Code::new()).collect();
    let folder = args.out.clone().unwrap_or_else(|| folder_of(&args.task));
    let files = [
        NewFile { name: "invitations.csv", text: mail_merge(&codes, args.page.as_deref()), is_secret: true },
        NewFile {
            name: "leader-codes.json",
            text: fingerprints(&task, Role::Leader, &codes),
            is_secret: true,
        },
        NewFile {
            name: "helper-codes.json",
            text: fingerprints(&task, Role::Helper, &codes),
            is_secret: true,
        },
    ];
    new_files::write(&folder, &files).map_err(InviteError::Files)?;
    Ok(instructions(&task, &folder, args.count))
}

fn read(path: &Path) -> Result<Task, InviteError> {
    let json = fs::read(path).map_err(|source| InviteError::Read { path: path.to_owned(), source })?;
    Task::from_json(&json, &Instrument::built_in())
        .map_err(|source| InviteError::Task { path: path.to_owned(), source })
}

/// Returns whether a fragment can be added to an address, and the whole stands in a CSV as it is.
fn is_page(url: &str) -> bool {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    is_web && !url.contains(|c: char| c.is_whitespace() || matches!(c, '#' | ',' | '"'))
}

fn folder_of(task: &Path) -> PathBuf {
    match task.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Returns the CSV of a mail merge: a code a line, and the link with it.
///
/// The code is in the fragment of the link, which browsers do not send to the server of the page.
fn mail_merge(codes: &[Code], page: Option<&str>) -> String {
    let mut text = String::from(if page.is_some() { "code,link\r\n" } else { "code\r\n" });
    for code in codes {
        match page {
            Some(page) => text.push_str(&format!("{code},{page}#code={code}\r\n")),
            None => text.push_str(&format!("{code}\r\n")),
        }
    }
    text
}

fn fingerprints(task: &Task, role: Role, codes: &[Code]) -> String {
    let fingerprints = codes.iter().map(|code| code.fingerprint(role, task.id())).collect();
    let file = CodesFile::new(task, role, fingerprints);
    // OK because strings always have a JSON form.
    serde_json::to_string_pretty(&file).expect("strings can be written") + "\n"
}

fn instructions(task: &Task, folder: &Path, count: u64) -> String {
    let name = |role: Role| &task.operator(role).name;
    let (leader, helper) = (name(Role::Leader), name(Role::Helper));
    let mut text = format!("Made {count} codes in {}, each file for one party alone:\n", folder.display());
    text += &format!("  leader-codes.json  to {leader} (leader)\n");
    text += &format!("  helper-codes.json  to {helper} (helper)\n");
    text += "  invitations.csv    to whoever sends the mails\n";
    text += "Each operator recognises the codes by its file, and can make none from it.\n";
    text += "Hand them over, then delete them here, and invitations.csv when the mails are sent.\n";
    text += "Run this once per survey: each operator is given one file of codes.\n";
    text
}
