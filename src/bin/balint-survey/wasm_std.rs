//! Makes Rust's standard library available for the browser's target.
//!
//! In this order: the toolchain has it; rustup adds it; it is built from the sources that the
//! toolchain or the Debian package `rust-src` brings, for machines that rustup does not serve.

use std::env;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::time::Duration;

use crate::tool::{self, ToolError};

/// The target that browsers run.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// When set, rustup is not asked.
const NO_RUSTUP: &str = "BALINT_SURVEY_NO_RUSTUP";

/// How long rustup may try; without a limit it waits for minutes on a server out of reach.
const RUSTUP_LIMIT: Duration = Duration::from_secs(120);

/// The Debian suites that are searched, the ones with a recent compiler first.
const SUITES: [&str; 4] = ["stable-backports", "testing", "unstable", "stable"];

/// Why the target is not usable.
#[derive(Debug)]
pub enum WasmStdError {
    Tool(ToolError),
    Io { path: PathBuf, source: io::Error },
    Duplicate { folder: PathBuf },
    NoSource { version: String },
    NoStdInSource { source: PathBuf },
}

impl fmt::Display for WasmStdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WasmStdError::Tool(error) => {
                write!(f, "std for {TARGET} is missing and was not made: {error}")
            }
            WasmStdError::Io { path, source } => write!(
                f,
                "{} cannot be used ({source}); expected a place for std built for {TARGET}",
                path.display()
            ),
            WasmStdError::Duplicate { folder } => write!(
                f,
                "two copies of std in {}; expected one: delete that folder and run again",
                folder.display()
            ),
            WasmStdError::NoSource { version } => write!(
                f,
                "std for {TARGET} is missing; expected `rustup target add {TARGET}` to work, \
                 or the sources of rustc {version} (rustup's or Debian's rust-src)"
            ),
            WasmStdError::NoStdInSource { source } => write!(
                f,
                "no std below {}; expected the sources of Rust's standard library",
                source.display()
            ),
        }
    }
}

impl std::error::Error for WasmStdError {}

impl From<ToolError> for WasmStdError {
    fn from(error: ToolError) -> Self {
        WasmStdError::Tool(error)
    }
}

/// Makes the target usable for builds in `project`.
///
/// Returns the sysroot that rustc must be given (`--sysroot`), or `None` where its own will do.
///
/// # Errors
///
/// Returns [`WasmStdError`] where the toolchain lacks the target, rustup cannot add it, and no
/// matching sources are to be had or they do not build.
pub fn ensure(project: &Path, target_dir: &Path) -> Result<Option<PathBuf>, WasmStdError> {
    if toolchain_has_std(project)? {
        return Ok(None);
    }
    let toolchain = Toolchain::of(project)?;
    let sysroot = toolchain.built_sysroot(target_dir);
    if sysroot.exists() {
        return Ok(Some(sysroot));
    }
    if rustup_adds_std(project) && toolchain_has_std(project)? {
        return Ok(None);
    }
    build_std(&toolchain, &sysroot)?;
    Ok(Some(sysroot))
}

fn toolchain_has_std(project: &Path) -> Result<bool, WasmStdError> {
    let query = ["--print", "target-libdir", "--target", TARGET];
    let folder = PathBuf::from(tool::output(tool::rustc(project).args(query))?);
    match count_std(&folder) {
        0 => Ok(false),
        1 => Ok(true),
        // rustc would end with E0464, which names neither the folder nor the remedy.
        _ => Err(WasmStdError::Duplicate { folder }),
    }
}

fn count_std(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("libstd-") && name.ends_with(".rlib"))
        .count()
}

fn rustup_adds_std(project: &Path) -> bool {
    if env::var_os(NO_RUSTUP).is_some() {
        return false;
    }
    eprintln!("std for {TARGET} is missing: running `rustup target add {TARGET}`");
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", TARGET]).current_dir(project);
    match tool::run_within(RUSTUP_LIMIT, &mut rustup) {
        Ok(()) => true,
        Err(error) => {
            eprintln!("{error}; building std from its sources instead");
            false
        }
    }
}

/// What has to be known of a compiler to build the standard library that fits it.
struct Toolchain {
    /// Such as `1.95.0`.
    version: String,
    /// The commit that the compiler was made from, or `unknown`.
    commit: String,
    sysroot: PathBuf,
}

impl Toolchain {
    fn of(project: &Path) -> Result<Toolchain, ToolError> {
        let verbose = tool::output(tool::rustc(project).arg("-vV"))?;
        let sysroot = tool::output(tool::rustc(project).args(["--print", "sysroot"]))?;
        Ok(Toolchain {
            version: field(&verbose, "release: "),
            commit: field(&verbose, "commit-hash: "),
            sysroot: sysroot.into(),
        })
    }

    /// Returns where the std built for this very compiler belongs; it exists only when complete.
    fn built_sysroot(&self, target_dir: &Path) -> PathBuf {
        let name = format!("{}-{}", self.version, self.commit);
        target_dir.join("wasm-sysroot").join(name)
    }

    /// Returns the standard library's sources, where the toolchain brings them.
    fn own_sources(&self) -> Option<PathBuf> {
        let library = self.sysroot.join("lib/rustlib/src/rust/library");
        has_std_sources(&library).then_some(library)
    }
}

/// Returns the rest of the line that begins with `label`, or `unknown`.
fn field(text: &str, label: &str) -> String {
    let value = text.lines().find_map(|line| line.strip_prefix(label));
    value.unwrap_or("unknown").to_owned()
}

fn has_std_sources(library: &Path) -> bool {
    library.join("std/Cargo.toml").exists()
}

/// Builds std beside `sysroot` and renames it there, so that what exists is complete.
fn build_std(toolchain: &Toolchain, sysroot: &Path) -> Result<(), WasmStdError> {
    let work = sysroot.with_file_name(format!("building-{}", process::id()));
    make_dir(&work)?;
    let result = build_std_in(&work, toolchain, sysroot);
    // Best effort: what stays behind is dead weight in the target directory, not an error.
    let _ = fs::remove_dir_all(&work);
    result
}

fn build_std_in(work: &Path, toolchain: &Toolchain, sysroot: &Path) -> Result<(), WasmStdError> {
    let sources = match toolchain.own_sources() {
        Some(sources) => sources,
        None => debian_sources(&toolchain.version, &work.join("debian"))?,
    };
    eprintln!("building std for {TARGET} from {}", sources.display());
    let libraries = compile_std(&sources, &work.join("build"))?;
    let made = work.join("sysroot");
    copy_libraries(&libraries, &made.join("lib/rustlib").join(TARGET).join("lib"))?;
    match fs::rename(&made, sysroot) {
        // Another process was faster, with the same result.
        Err(_) if sysroot.exists() => Ok(()),
        renamed => renamed.map_err(|source| io_error(sysroot, source)),
    }
}

/// Compiles std as the one dependency of an empty crate; returns the folder of its libraries.
fn compile_std(sources: &Path, crate_dir: &Path) -> Result<PathBuf, WasmStdError> {
    let manifest = "[package]\nname = \"s\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
                    [lib]\npath = \"lib.rs\"\n[workspace]\n";
    make_dir(crate_dir)?;
    write(&crate_dir.join("Cargo.toml"), manifest)?;
    write(&crate_dir.join("lib.rs"), "#![no_std]\n")?;

    let target_dir = crate_dir.join("target");
    // Without its bitcode std cannot take part in fat link-time optimisation.
    let flags = format!("-Cembed-bitcode=yes\x1f--remap-path-prefix={}=/rustc/library", sources.display());
    let mut cargo = tool::cargo(crate_dir);
    cargo
        .args(["build", "--release", "--target", TARGET])
        // wasm-bindgen's test runner needs `test`.
        .args(["-Z", "build-std=std,panic_abort,proc_macro,test"])
        // `build-std` is a nightly flag, stable enough for one version of itself.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("__CARGO_TESTS_ONLY_SRC_ROOT", sources)
        .env("CARGO_TARGET_DIR", &target_dir)
        .env("CARGO_ENCODED_RUSTFLAGS", flags)
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
        .env_remove("RUSTC_WRAPPER");
    tool::run(&mut cargo)?;
    Ok(target_dir.join(TARGET).join("release/deps"))
}

fn copy_libraries(from: &Path, to: &Path) -> Result<(), WasmStdError> {
    make_dir(to)?;
    for entry in fs::read_dir(from).map_err(|source| io_error(from, source))? {
        let entry = entry.map_err(|source| io_error(from, source))?;
        let name = entry.file_name();
        let text = name.to_string_lossy();
        // `libs-` is the empty crate itself.
        if text.ends_with(".rlib") && !text.starts_with("libs-") {
            let copied = fs::copy(entry.path(), to.join(&name));
            copied.map_err(|source| io_error(&entry.path(), source))?;
        }
    }
    Ok(())
}

/// Downloads Debian's `rust-src` of exactly `version` and unpacks it below `work`.
///
/// apt gets lists and a state of its own below `work`, so that neither root nor a change to the
/// machine is needed. It asks the mirror that the machine itself uses.
fn debian_sources(version: &str, work: &Path) -> Result<PathBuf, WasmStdError> {
    let no_source = || WasmStdError::NoSource { version: version.to_owned() };
    let mirror = debian_mirror().ok_or_else(no_source)?;
    let package = SUITES
        .iter()
        .find_map(|suite| download_rust_src(version, &mirror, suite, &work.join(suite)))
        .ok_or_else(no_source)?;
    let unpacked = work.join("unpacked");
    tool::run(Command::new("dpkg-deb").arg("-x").args([&package, &unpacked]))?;
    find_library(&unpacked).ok_or(WasmStdError::NoStdInSource { source: unpacked })
}

/// Returns the Debian mirror that apt is set up for, if any.
fn debian_mirror() -> Option<String> {
    let query = ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"];
    let targets = tool::output(Command::new("apt-get").args(query)).ok()?;
    let is_debian = |uri: &&str| uri.trim_end_matches('/').ends_with("/debian");
    targets.lines().find(is_debian).map(str::to_owned)
}

/// Returns the downloaded package, or `None` where the suite does not exist or lacks it.
fn download_rust_src(version: &str, mirror: &str, suite: &str, work: &Path) -> Option<PathBuf> {
    eprintln!("looking for rust-src {version} in Debian {suite}");
    let apt = AptSandbox::new(mirror, suite, work).ok()?;
    apt.run(&["update"]).ok()?;
    apt.run(&["download", &format!("rust-src={version}*")]).ok()?;
    let files = fs::read_dir(work).ok()?.flatten();
    files.map(|file| file.path()).find(|path| path.extension().is_some_and(|extension| extension == "deb"))
}

/// An apt that knows one suite of one mirror, and keeps everything below one folder.
struct AptSandbox {
    folder: PathBuf,
}

impl AptSandbox {
    fn new(mirror: &str, suite: &str, folder: &Path) -> Result<AptSandbox, WasmStdError> {
        make_dir(&folder.join("lists/partial"))?;
        make_dir(&folder.join("cache/archives/partial"))?;
        write(&folder.join("status"), "")?;
        write(&folder.join("apt.sources"), &apt_source(mirror, suite))?;
        Ok(AptSandbox { folder: folder.to_owned() })
    }

    fn run(&self, arguments: &[&str]) -> Result<(), ToolError> {
        let below = |name: &str| self.folder.join(name).display().to_string();
        let mut apt = Command::new("apt-get");
        for option in [
            format!("Dir::Etc::SourceList={}", below("apt.sources")),
            "Dir::Etc::SourceParts=/dev/null".to_owned(),
            "Dir::Etc::PreferencesParts=/dev/null".to_owned(),
            format!("Dir::State={}", self.folder.display()),
            format!("Dir::State::status={}", below("status")),
            format!("Dir::State::Lists={}", below("lists")),
            format!("Dir::Cache={}", below("cache")),
            "Acquire::Languages=none".to_owned(),
            "APT::Sandbox::User=root".to_owned(),
            "Debug::NoLocking=1".to_owned(),
        ] {
            apt.args(["-o", &option]);
        }
        tool::run(apt.arg("-q").args(arguments).current_dir(&self.folder))
    }
}

/// Returns one suite in the deb822 format; signed by Debian's keys where the machine has them.
fn apt_source(mirror: &str, suite: &str) -> String {
    const KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
    let mut source = format!("Types: deb\nURIs: {mirror}\nSuites: {suite}\nComponents: main\n");
    if Path::new(KEYS).exists() {
        source.push_str(&format!("Signed-By: {KEYS}\n"));
    }
    source
}

/// Returns the folder `usr/src/rustc-*/library` of the unpacked package.
fn find_library(unpacked: &Path) -> Option<PathBuf> {
    let versions = fs::read_dir(unpacked.join("usr/src")).ok()?.flatten();
    versions.map(|version| version.path().join("library")).find(|library| has_std_sources(library))
}

fn make_dir(path: &Path) -> Result<(), WasmStdError> {
    fs::create_dir_all(path).map_err(|source| io_error(path, source))
}

fn write(path: &Path, text: &str) -> Result<(), WasmStdError> {
    fs::write(path, text).map_err(|source| io_error(path, source))
}

fn io_error(path: &Path, source: io::Error) -> WasmStdError {
    WasmStdError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rust_libraries_of_std_count() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["libstd-1a.rlib", "libstd-1a.rmeta", "libstd_detect-1.rlib", "libcore-1.rlib"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(count_std(folder.path()), 1);
        assert_eq!(count_std(&folder.path().join("absent")), 0);
    }

    #[test]
    fn built_sysroot_belongs_to_one_compiler() {
        let verbose = "rustc 1.95.0 (5980 2026)\nrelease: 1.95.0\ncommit-hash: 5980\n";
        let toolchain = Toolchain {
            version: field(verbose, "release: "),
            commit: field(verbose, "commit-hash: "),
            sysroot: PathBuf::new(),
        };
        let sysroot = toolchain.built_sysroot(Path::new("target"));
        assert_eq!(sysroot, Path::new("target/wasm-sysroot/1.95.0-5980"));
    }

    #[test]
    fn compiler_of_a_distribution_has_no_commit() {
        assert_eq!(field("rustc 1.95.0\nrelease: 1.95.0\n", "commit-hash: "), "unknown");
    }

    #[test]
    fn sources_are_found_below_any_version_of_the_package() {
        let unpacked = tempfile::tempdir().unwrap();
        let library = unpacked.path().join("usr/src/rustc-1.95.0/library");
        fs::create_dir_all(library.join("std")).unwrap();
        assert_eq!(find_library(unpacked.path()), None);
        fs::write(library.join("std/Cargo.toml"), "").unwrap();
        assert_eq!(find_library(unpacked.path()), Some(library));
    }
}
