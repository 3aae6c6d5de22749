//! Builds the widget for browsers into `www/pkg/`, when its sources are newer than what is there.
//!
//! The folder also holds three hidden entries: a lock, so that one process builds at a time; the
//! folder in which a build is made; and a stamp, dated to the start of the build and put in its
//! place last, so that a build that was broken off or overtaken by an edit is not taken for fresh.

use std::env;
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use balint_survey::instrument::Instrument;
use balint_survey::language::Language;
use balint_survey::language::check::{Gap, check};
use serde::Deserialize;
use wasm_bindgen_cli::wasm_bindgen;

use crate::precache;
use crate::tool::{self, ToolError};
use crate::wasm_std::{self, TARGET, WasmStdError};

/// The features of the library that are a module each: `pkg/balint_survey.js` and so on.
const ELEMENTS: [&str; 8] = ["survey", "group", "report", "remote", "tokens", "collect", "plan", "author"];
const LOCK: &str = ".lock";
const STAMP: &str = ".stamp";
const WORK: &str = ".building";
/// Where the languages stand.
const LANGUAGES: &str = "src/language";

/// Why there is no fresh bundle.
#[derive(Debug)]
pub enum BundleError {
    NoProject {
        from: PathBuf,
    },
    Io {
        path: PathBuf,
        source: io::Error,
    },
    Metadata(serde_json::Error),
    WasmStd(WasmStdError),
    Cargo(ToolError),
    Bindgen(String),
    NoHashes {
        path: PathBuf,
        expected: &'static str,
    },
    /// A language does not say all that the widget says.
    Language {
        path: PathBuf,
        gaps: Vec<Gap>,
    },
}

impl fmt::Display for BundleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BundleError::NoProject { from } => write!(
                f,
                "no sources of balint-survey in {} or above; expected to run inside its checkout",
                from.display()
            ),
            BundleError::Io { path, source } => write!(
                f,
                "{} cannot be used ({source}); expected a place that can be read and written",
                path.display()
            ),
            BundleError::Metadata(error) => {
                write!(f, "`cargo metadata` was not understood ({error}); expected its format 1")
            }
            BundleError::WasmStd(error) => error.fmt(f),
            BundleError::Cargo(error) => write!(f, "the widget was not built: {error}"),
            BundleError::Language { path, gaps } => {
                write!(f, "{} is not complete:", path.display())?;
                gaps.iter().try_for_each(|gap| write!(f, "\n  {gap}"))
            }
            BundleError::Bindgen(reason) => write!(
                f,
                "wasm-bindgen did not accept the widget ({reason}); expected a module built with \
                 the wasm-bindgen of Cargo.lock: `cargo clean --target {TARGET}` and run again"
            ),
            BundleError::NoHashes { path, expected } => write!(
                f,
                "{} has no place for the hashes of what it loads; expected the line `{expected}`",
                path.display()
            ),
        }
    }
}

impl std::error::Error for BundleError {}

/// A checkout of this package.
#[derive(Debug, PartialEq)]
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// Returns the checkout around the current directory, else the one this program came from.
    ///
    /// # Errors
    ///
    /// Returns [`BundleError::NoProject`] when there is neither.
    pub fn find() -> Result<Project, BundleError> {
        let current = env::current_dir().map_err(|source| io_error(Path::new("."), source))?;
        let origin = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut folders = current.ancestors().chain([origin]).map(Path::to_owned);
        match folders.find(|folder| is_root(folder)) {
            Some(root) => Ok(Project { root }),
            None => Err(BundleError::NoProject { from: current.clone() }),
        }
    }

    /// Returns the checkout in a folder that tests have made.
    #[cfg(test)]
    pub fn at(root: PathBuf) -> Project {
        Project { root }
    }

    /// Returns the checkout's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the folder that a browser gets.
    pub fn www(&self) -> PathBuf {
        self.root.join("www")
    }

    /// Returns the folder of what is built.
    pub fn pkg(&self) -> PathBuf {
        self.www().join("pkg")
    }
}

fn is_root(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    manifest.lines().any(|line| line.trim() == "name = \"balint-survey\"")
}

/// Builds the widget if its sources are newer than what `www/pkg/` holds.
///
/// # Errors
///
/// Returns [`BundleError`] when a file cannot be used, the target is missing or the build fails;
/// what `www/pkg/` held before stays until a build has succeeded.
pub fn refresh(project: &Project) -> Result<(), BundleError> {
    let _lock = lock(&project.pkg())?;
    if is_stale(project)? {
        build(project)?;
    }
    precache::refresh(&project.www())
}

/// Waits until no other process builds in `pkg`; the lock ends with the returned file.
pub fn lock(pkg: &Path) -> Result<File, BundleError> {
    make_dir(pkg)?;
    let path = pkg.join(LOCK);
    let file = File::create(&path).map_err(|source| io_error(&path, source))?;
    let locked = match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            eprintln!("waiting for another build of the widget");
            file.lock()
        }
        Err(TryLockError::Error(source)) => Err(source),
        Ok(()) => Ok(()),
    };
    locked.map_err(|source| io_error(&path, source))?;
    Ok(file)
}

fn is_stale(project: &Project) -> Result<bool, BundleError> {
    let stamp = fs::metadata(project.pkg().join(STAMP)).and_then(|stamp| stamp.modified());
    let Ok(built) = stamp else { return Ok(true) };
    Ok(newest_source(&project.root)? >= built)
}

/// Returns when the widget's sources last changed; a folder changes when it gains or loses a file.
fn newest_source(root: &Path) -> Result<SystemTime, BundleError> {
    let native = root.join("src/bin");
    let mut newest = SystemTime::UNIX_EPOCH;
    for name in ["Cargo.toml", "Cargo.lock", "src"] {
        newest = newest.max(newest_in(&root.join(name), &native)?);
    }
    Ok(newest)
}

fn newest_in(path: &Path, except: &Path) -> Result<SystemTime, BundleError> {
    let metadata = fs::metadata(path).map_err(|source| io_error(path, source))?;
    let mut newest = metadata.modified().map_err(|source| io_error(path, source))?;
    if metadata.is_dir() {
        for name in visible_entries(path)? {
            let entry = path.join(name);
            if entry != except {
                newest = newest.max(newest_in(&entry, except)?);
            }
        }
    }
    Ok(newest)
}

fn build(project: &Project) -> Result<(), BundleError> {
    let pkg = project.pkg();
    let work = pkg.join(WORK);
    remove(&work)?;
    make_dir(&work)?;
    write(&work.join(STAMP), b"")?;

    // First, as it takes no time.
    put_languages(project, &work)?;
    eprintln!("building the widget");
    for element in ELEMENTS {
        let module = compile(project, element)?;
        make_glue(&module, &work, element)?;
    }
    compress_all(&work)?;
    publish(&work, &pkg)
}

/// Checks the languages, and writes each without its line breaks into `out`, with a compressed copy.
fn put_languages(project: &Project, out: &Path) -> Result<(), BundleError> {
    let folder = project.root.join(LANGUAGES);
    let script_path = project.www().join("balint-survey.js");
    let script = fs::read_to_string(&script_path).map_err(|source| io_error(&script_path, source))?;
    for name in visible_entries(&folder)?.iter().filter(|name| name.ends_with(".json")) {
        let path = folder.join(name);
        let json = fs::read_to_string(&path).map_err(|source| io_error(&path, source))?;
        let mut gaps = check(&json, &Instrument::built_in());
        if gaps.is_empty() {
            gaps.extend(unlisted(&json, name.trim_end_matches(".json"), &script));
        }
        if !gaps.is_empty() {
            return Err(BundleError::Language { path, gaps });
        }
        // OK because it was parsed for the check.
        let document: serde_json::Value = serde_json::from_str(&json).expect("a checked file");
        let out = out.join(format!("balint_{name}"));
        write(&out, document.to_string().as_bytes())?;
        compress(&out)?;
    }
    Ok(())
}

/// Returns what the element's script lacks of a language: it must know which there are before it loads any.
fn unlisted(json: &str, name: &str, script: &str) -> Option<Gap> {
    let language = Language::parse(json, name).ok()?;
    let said = [language.loading(), language.cannot_be_shown(), language.too_old()];
    let said = said.map(|text| serde_json::Value::from(text).to_string());
    let address = format!("new URL(\"./pkg/balint_{name}.json\", import.meta.url)");
    let line = format!("{name}: [{address}, {}],", said.join(", "));
    let place = format!("{}, for www/balint-survey.js", language.tag());
    let is_listed = script.lines().any(|listed| listed.trim() == line);
    (!is_listed).then(|| Gap { place, found: "no such line".to_owned(), expected: line })
}

/// Compiles the library for the browser, with one element's exports; returns the path of the module.
///
/// The next one takes its place.
fn compile(project: &Project, element: &str) -> Result<PathBuf, BundleError> {
    let target_dir = target_dir(project)?;
    let sysroot = wasm_std::ensure(&project.root, &target_dir).map_err(BundleError::WasmStd)?;
    let mut cargo = tool::cargo(&project.root);
    cargo.args(["build", "--lib", "--release", "--target", TARGET]);
    cargo.args(["--no-default-features", "--features", element]);
    cargo.args(["--config", &flags_setting(&flags(sysroot.as_deref()))]);
    tool::run(&mut cargo).map_err(BundleError::Cargo)?;
    Ok(target_dir.join(TARGET).join("release/balint_survey.wasm"))
}

/// How rustc is told to compile SHA-256 with its rounds as a loop: a widget hashes a few kilobytes, once.
const SMALL_SHA2: &str = "--cfg=sha2_backend_soft=\"compact\"";

/// Returns what rustc is told: to build a small SHA-256, to take another sysroot, if need be, and to name
/// sources without this machine's paths, which panics would otherwise carry into the module.
fn flags(sysroot: Option<&Path>) -> Vec<String> {
    let sysroot = sysroot.map(|sysroot| format!("--sysroot={}", sysroot.display()));
    let remap = |folder: PathBuf| format!("--remap-path-prefix={}=", folder.display());
    let crates = crate_folders().into_iter().map(remap);
    sysroot.into_iter().chain([SMALL_SHA2.to_owned()]).chain(crates).collect()
}

/// Returns the folders in which cargo keeps the sources of crates; none is found where it keeps them elsewhere.
fn crate_folders() -> Vec<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo"))).unwrap_or_default();
    let entries = fs::read_dir(home.join("registry/src")).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path().join("")).collect();
    folders.sort();
    folders
}

/// Returns the setting that gives rustc these flags, for this target only.
fn flags_setting(flags: &[String]) -> String {
    // Debug quotes and escapes a string as TOML does.
    format!("target.{TARGET}.rustflags={flags:?}")
}

/// Returns cargo's target directory, wherever the user's settings put it.
fn target_dir(project: &Project) -> Result<PathBuf, BundleError> {
    #[derive(Deserialize)]
    struct Metadata {
        target_directory: PathBuf,
    }
    let mut cargo = tool::cargo(&project.root);
    cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
    let json = tool::output(&mut cargo).map_err(BundleError::Cargo)?;
    let metadata: Metadata = serde_json::from_str(&json).map_err(BundleError::Metadata)?;
    Ok(metadata.target_directory)
}

/// Writes the module as browsers load it, with its JavaScript and types, into `out`.
fn make_glue(module: &Path, out: &Path, element: &str) -> Result<(), BundleError> {
    let name = format!("balint_{element}");
    let arguments = [
        "wasm-bindgen".as_ref(),
        module.as_os_str(),
        "--out-name".as_ref(),
        name.as_ref(),
        "--target".as_ref(),
        "web".as_ref(),
        "--out-dir".as_ref(),
        out.as_os_str(),
        "--remove-name-section".as_ref(),
        "--remove-producers-section".as_ref(),
    ];
    wasm_bindgen::run_cli_with_args(arguments)
        .map_err(|error| BundleError::Bindgen(format!("{error:#}").replace('\n', " ")))
}

/// Writes a compressed copy beside each module, script and style sheet in `folder`.
pub fn compress_all(folder: &Path) -> Result<(), BundleError> {
    for name in visible_entries(folder)? {
        if [".wasm", ".js", ".css"].iter().any(|kind| name.ends_with(kind)) {
            compress(&folder.join(name))?;
        }
    }
    Ok(())
}

/// Writes `path` with `.br` added: brotli at its highest level, too slow to do for each request.
fn compress(path: &Path) -> Result<(), BundleError> {
    let content = fs::read(path).map_err(|source| io_error(path, source))?;
    let mut compressed = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 11, ..Default::default() };
    brotli::BrotliCompress(&mut content.as_slice(), &mut compressed, &params)
        .map_err(|source| io_error(path, source))?;
    let mut name = path.as_os_str().to_owned();
    name.push(".br");
    write(Path::new(&name), &compressed)
}

/// Replaces what `pkg` holds by what `work` holds, the stamp first and last.
fn publish(work: &Path, pkg: &Path) -> Result<(), BundleError> {
    remove(&pkg.join(STAMP))?;
    for name in visible_entries(pkg)? {
        remove(&pkg.join(name))?;
    }
    for name in visible_entries(work)? {
        rename(&work.join(&name), &pkg.join(&name))?;
    }
    rename(&work.join(STAMP), &pkg.join(STAMP))?;
    remove(work)
}

/// Returns the names in `folder` that do not begin with a dot, in order.
pub fn visible_entries(folder: &Path) -> Result<Vec<String>, BundleError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(|source| io_error(folder, source))? {
        let entry = entry.map_err(|source| io_error(folder, source))?;
        // A name that is not Unicode is not one of ours.
        names.extend(entry.file_name().into_string().ok());
    }
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    Ok(names)
}

/// Copies a file.
pub fn copy(from: &Path, to: &Path) -> Result<(), BundleError> {
    fs::copy(from, to).map_err(|source| io_error(to, source))?;
    Ok(())
}

/// Removes a file or a folder; that it does not exist is fine.
fn remove(path: &Path) -> Result<(), BundleError> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(|source| io_error(path, source)),
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), BundleError> {
    fs::rename(from, to).map_err(|source| io_error(to, source))
}

pub fn make_dir(path: &Path) -> Result<(), BundleError> {
    fs::create_dir_all(path).map_err(|source| io_error(path, source))
}

pub fn write(path: &Path, content: &[u8]) -> Result<(), BundleError> {
    fs::write(path, content).map_err(|source| io_error(path, source))
}

pub fn io_error(path: &Path, source: io::Error) -> BundleError {
    BundleError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::time::Duration;
    use tempfile::TempDir;

    const SOURCES: [&str; 8] = [
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "src/lib.rs",
        "src/view",
        "src/view/chart.rs",
        "src/language",
        "src/language/es.json",
    ];
    const SPANISH: &str = include_str!("../../language/es.json");
    const SCRIPT: &str = include_str!("../../../www/balint-survey.js");

    /// A checkout whose sources are of the time 1000 and whose stamp is of the time 2000.
    fn checkout() -> (TempDir, Project) {
        let folder = tempfile::tempdir().unwrap();
        let project = Project { root: folder.path().to_owned() };
        for file in ["Cargo.toml", "Cargo.lock", "src/lib.rs", "src/view/chart.rs"] {
            put(&project, file, "");
        }
        put(&project, "src/language/es.json", SPANISH);
        put(&project, "src/bin/main.rs", "");
        put(&project, "www/balint-survey.js", SCRIPT);
        put(&project, "www/pkg/.stamp", "");
        put(&project, "www/service-worker.js", "");
        for source in SOURCES {
            touch(&project, source, 1000);
        }
        touch(&project, "www/pkg/.stamp", 2000);
        (folder, project)
    }

    fn put(project: &Project, path: &str, content: &str) {
        let path = project.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn touch(project: &Project, path: &str, seconds: u64) {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let file = File::open(project.root.join(path)).unwrap();
        file.set_modified(time).unwrap();
    }

    fn names(folder: &Path) -> Vec<String> {
        visible_entries(folder).unwrap()
    }

    #[test]
    fn bundle_newer_than_every_source_is_fresh() {
        let (_folder, project) = checkout();
        assert!(!is_stale(&project).unwrap());
    }

    #[test]
    fn each_newer_source_and_folder_makes_the_bundle_stale() {
        for source in SOURCES {
            let (_folder, project) = checkout();
            touch(&project, source, 2001);
            assert!(is_stale(&project).unwrap(), "{source}");
        }
    }

    #[test]
    fn source_saved_at_the_moment_of_the_build_makes_it_stale() {
        let (_folder, project) = checkout();
        touch(&project, "src/lib.rs", 2000);
        assert!(is_stale(&project).unwrap());
    }

    #[test]
    fn native_and_hidden_files_leave_the_bundle_fresh() {
        let (_folder, project) = checkout();
        put(&project, "src/.chart.rs.swp", "");
        touch(&project, "src/.chart.rs.swp", 3000);
        touch(&project, "src", 1000);
        touch(&project, "src/bin", 3000);
        touch(&project, "src/bin/main.rs", 3000);
        assert!(!is_stale(&project).unwrap());
    }

    #[test]
    fn bundle_without_a_stamp_is_stale() {
        let (_folder, project) = checkout();
        fs::remove_file(project.pkg().join(STAMP)).unwrap();
        assert!(is_stale(&project).unwrap());
    }

    #[test]
    fn fresh_bundle_is_left_alone() {
        let (_folder, project) = checkout();
        put(&project, "www/pkg/kept.js", "");
        refresh(&project).unwrap();
        assert_eq!(names(&project.pkg()), ["kept.js"]);
    }

    #[test]
    fn failed_build_leaves_the_bundle_stale_and_in_place() {
        let (_folder, project) = checkout();
        put(&project, "www/pkg/kept.js", "");
        put(&project, "Cargo.toml", "not a manifest");
        let error = refresh(&project).unwrap_err();
        assert!(matches!(error, BundleError::Cargo(_)), "{error}");
        assert_eq!(names(&project.pkg()), ["kept.js"]);
        assert!(is_stale(&project).unwrap());
    }

    #[test]
    fn languages_are_put_where_a_browser_finds_them() {
        let (_folder, project) = checkout();
        put_languages(&project, &project.pkg()).unwrap();
        assert_eq!(names(&project.pkg()), ["balint_es.json", "balint_es.json.br"]);
        let put = fs::read_to_string(project.pkg().join("balint_es.json")).unwrap();
        assert!(!put.contains('\n'), "without its line breaks");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&put).unwrap(),
            serde_json::from_str::<serde_json::Value>(SPANISH).unwrap()
        );
    }

    #[test]
    fn language_with_a_gap_fails_the_build_before_anything_is_compiled() {
        let (_folder, project) = checkout();
        put(&project, "www/pkg/kept.js", "");
        put(&project, "src/language/es.json", &SPANISH.replace("\"start\": \"Empezar\",", ""));
        let error = refresh(&project).unwrap_err().to_string();
        assert!(error.contains("es.json is not complete:\n  texts, start: found nothing"), "{error}");
        assert_eq!(names(&project.pkg()), ["kept.js"]);
    }

    #[test]
    fn language_that_the_script_does_not_list_fails_the_build() {
        let (_folder, project) = checkout();
        put(&project, "www/balint-survey.js", &SCRIPT.replace("  es: [", "  spanish: ["));
        let error = put_languages(&project, &project.pkg()).unwrap_err().to_string();
        assert!(
            error.contains("found no such line; expected es: [new URL(\"./pkg/balint_es.json\""),
            "{error}"
        );
    }

    #[test]
    fn publishing_replaces_everything_and_keeps_the_time_of_the_start() {
        let (_folder, project) = checkout();
        put(&project, "www/pkg/old.js", "");
        put(&project, "www/pkg/snippets/old.js", "");
        put(&project, "www/pkg/.building/new.js", "");
        put(&project, "www/pkg/.building/.stamp", "");
        touch(&project, "www/pkg/.building/.stamp", 1500);
        publish(&project.pkg().join(WORK), &project.pkg()).unwrap();
        assert_eq!(names(&project.pkg()), ["new.js"]);
        assert!(!project.pkg().join(WORK).exists());
        touch(&project, "src/lib.rs", 1600);
        assert!(is_stale(&project).unwrap());
    }

    #[test]
    fn compressed_copies_hold_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let content = "balint ".repeat(1000);
        for name in ["a.js", "a.wasm", "a.d.ts"] {
            fs::write(folder.path().join(name), &content).unwrap();
        }
        compress_all(folder.path()).unwrap();
        assert_eq!(names(folder.path()), ["a.d.ts", "a.js", "a.js.br", "a.wasm", "a.wasm.br"]);

        let compressed = File::open(folder.path().join("a.js.br")).unwrap();
        assert!(compressed.metadata().unwrap().len() < 100);
        let mut text = String::new();
        brotli::Decompressor::new(compressed, 4096).read_to_string(&mut text).unwrap();
        assert_eq!(text, content);
    }

    #[test]
    fn second_process_waits_for_the_first() {
        let (_folder, project) = checkout();
        let first = lock(&project.pkg()).unwrap();
        let other = File::open(project.pkg().join(LOCK)).unwrap();
        assert!(matches!(other.try_lock(), Err(TryLockError::WouldBlock)));
        drop(first);
        assert!(other.try_lock().is_ok());
    }

    #[test]
    fn root_is_recognised_by_the_name_of_its_package() {
        let (_folder, project) = checkout();
        assert!(!is_root(&project.root));
        put(&project, "Cargo.toml", "[package]\nname = \"balint-survey\"\n");
        assert!(is_root(&project.root));
    }

    #[test]
    fn sysroot_with_quotes_and_spaces_is_one_flag() {
        let setting = flags_setting(&flags(Some(Path::new("/a \"b\""))));
        let expected = r#"target.wasm32-unknown-unknown.rustflags=["--sysroot=/a \"b\"""#;
        assert!(setting.starts_with(expected), "{setting}");
    }

    #[test]
    fn sources_of_crates_are_named_without_their_folder() {
        // This test was built with crates, so there is at least one folder.
        let flags = flags(None).split_off(1);
        assert!(!flags.is_empty());
        for flag in flags {
            assert!(flag.starts_with("--remap-path-prefix=/") && flag.ends_with("/="), "{flag}");
        }
    }
}
