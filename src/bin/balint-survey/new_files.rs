//! Files that are made together, and never in the place of others.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file that is to be made.
pub struct NewFile {
    pub name: &'static str,
    pub text: String,
    pub is_secret: bool,
}

/// Why files are not made.
#[derive(Debug)]
pub enum NewFilesError {
    /// One of them is there already; none is made.
    Exists(PathBuf),
    /// A single file is there already.
    FileExists(PathBuf),
    /// What was made before it is taken back.
    Write { path: PathBuf, source: io::Error },
}

impl fmt::Display for NewFilesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists(path) => write!(
                f,
                "{} is there already, and nothing is overwritten; expected another folder: --out DIR",
                path.display()
            ),
            Self::FileExists(path) => write!(
                f,
                "{} is there already, and nothing is overwritten; expected another file: --out FILE",
                path.display()
            ),
            Self::Write { path, source } => write!(
                f,
                "{} cannot be made ({source}); expected a place that can be written",
                path.display()
            ),
        }
    }
}

impl std::error::Error for NewFilesError {}

/// Makes all files in a folder, which is made where it is not there; secret ones only their owner can read.
///
/// # Errors
///
/// If one of them is there, or cannot be written: then none is made.
pub fn write(folder: &Path, files: &[NewFile]) -> Result<(), NewFilesError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| NewFilesError::Write { path, source }
    };
    if let Some(path) = files.iter().map(|file| folder.join(file.name)).find(|path| path.exists()) {
        return Err(NewFilesError::Exists(path));
    }
    fs::create_dir_all(folder).map_err(at(folder))?;
    for (place, file) in files.iter().enumerate() {
        let path = folder.join(file.name);
        if let Err(source) = write_one(&path, file) {
            for made in &files[..place] {
                // That one of them stays is told by the error of the next attempt.
                let _ = fs::remove_file(folder.join(made.name));
            }
            return Err(at(&path)(source));
        }
    }
    Ok(())
}

/// Checks that a file can still be made, before what is to be in it is asked for.
///
/// # Errors
///
/// If it is there.
pub fn check_absent(path: &Path) -> Result<(), NewFilesError> {
    // A link that leads nowhere is there as well.
    match path.symlink_metadata() {
        Ok(_) => Err(NewFilesError::FileExists(path.to_owned())),
        Err(_) => Ok(()),
    }
}

/// Makes one file, which anybody may read.
///
/// # Errors
///
/// If it is there, or cannot be written.
pub fn write_public(path: &Path, text: &str) -> Result<(), NewFilesError> {
    write_text(path, text, false).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => NewFilesError::FileExists(path.to_owned()),
        _ => NewFilesError::Write { path: path.to_owned(), source },
    })
}

fn write_one(path: &Path, file: &NewFile) -> io::Result<()> {
    write_text(path, &file.text, file.is_secret)
}

fn write_text(path: &Path, text: &str, is_secret: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    // Not in the place of what has come there in the meantime, nor through a link.
    options.write(true).create_new(true);
    #[cfg(unix)]
    if is_secret {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let mut made = options.open(path)?;
    let written = made.write_all(text.as_bytes()).and_then(|()| made.sync_all());
    if written.is_err() {
        // Half a file is taken for a whole one; that it stays is told by the error of the next attempt.
        let _ = fs::remove_file(path);
    }
    written
}
