//! Lists what the demo portal's service worker keeps on a device: `www/precache.js`.
//!
//! Each file is there with the hash of its bytes, so that a device has one version as a whole, or none of it.

use std::fs;
use std::path::Path;

use balint_survey::digest::Digest;
use serde_json::json;

use crate::bundle::{self, BundleError};

/// The list, a script that the worker imports: browsers look at both when they look for a new version.
const LIST: &str = "precache.js";
const WORKER: &str = "service-worker.js";

/// What is kept: the page for surveys, and what it loads for one's own device and for a group.
///
/// The other pages need the network, and so do a survey that is answered from home and the sum of one.
const KEPT: [&str; 9] = [
    "index.html",
    "portal.",
    "manifest.webmanifest",
    "icon",
    "balint-survey.",
    "balint-report.",
    "pkg/balint_survey",
    "pkg/balint_group",
    "pkg/balint_report",
];
/// What is beside them for others than browsers.
const LEFT_OUT: [&str; 2] = [".br", ".d.ts"];

/// Writes the list of the files in `www`, unless it is there already.
///
/// # Errors
///
/// Returns [`BundleError`] when a file cannot be read, or the list cannot be written.
pub fn refresh(www: &Path) -> Result<(), BundleError> {
    let list = list(www)?;
    let path = www.join(LIST);
    let is_there = fs::read_to_string(&path).is_ok_and(|found| found == list);
    if is_there { Ok(()) } else { bundle::write(&path, list.as_bytes()) }
}

fn list(www: &Path) -> Result<String, BundleError> {
    let mut names = Vec::new();
    collect(www, "", &mut names)?;
    names.retain(|name| is_kept(name));
    names.sort();
    let mut files = serde_json::Map::new();
    for name in names {
        let hash = hash(&www.join(&name))?;
        files.insert(name, hash.into());
    }
    // A worker that does something else with the same files is another version, too.
    let worker = hash(&www.join(WORKER))?;
    let version = Digest::of(json!([worker, files]).to_string().as_bytes()).to_string();
    let list = json!({ "version": &version[..16], "files": files });
    Ok(format!("// Written by the build.\nself.precache = {list:#};\n"))
}

fn hash(path: &Path) -> Result<String, BundleError> {
    let content = fs::read(path).map_err(|source| bundle::io_error(path, source))?;
    Ok(Digest::of(&content).to_string())
}

fn is_kept(name: &str) -> bool {
    let is_left_out = LEFT_OUT.iter().any(|end| name.ends_with(end));
    // Whatever language the next one wants.
    let is_language = name.starts_with("pkg/balint_") && name.ends_with(".json");
    !is_left_out && (is_language || KEPT.iter().any(|start| name.starts_with(start)))
}

/// Adds the names of the files in a folder and below, without those that begin with a dot.
fn collect(folder: &Path, before: &str, names: &mut Vec<String>) -> Result<(), BundleError> {
    for entry in bundle::visible_entries(folder)? {
        let path = folder.join(&entry);
        let name = format!("{before}{entry}");
        if path.is_dir() {
            collect(&path, &format!("{name}/"), names)?;
        } else {
            names.push(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use tempfile::TempDir;

    fn www(files: &[(&str, &str)]) -> TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, content) in [(WORKER, "worker")].iter().chain(files) {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, content).expect("a file");
        }
        folder
    }

    fn read(www: &Path) -> Value {
        refresh(www).expect("a list");
        let text = fs::read_to_string(www.join(LIST)).expect("the list");
        let json = text.split_once('=').expect("an assignment").1.trim().trim_end_matches(';');
        serde_json::from_str(json).expect("JSON")
    }

    #[test]
    fn a_device_keeps_the_page_for_surveys_and_nothing_of_the_others() {
        let www = www(&[
            ("index.html", "page"),
            ("portal.js", "script"),
            ("pkg/balint_group_bg.wasm", "module"),
            ("pkg/balint_group_bg.wasm.br", "compressed"),
            ("pkg/balint_group.d.ts", "types"),
            ("pkg/balint_remote.js", "glue"),
            ("pkg/.stamp", ""),
            ("report.html", "another page"),
            ("report.schema.json", "{}"),
            ("remote.html", "another page"),
        ]);
        let files = &read(www.path())["files"];
        let names: Vec<&String> = files.as_object().expect("files").keys().collect();
        assert_eq!(names, ["index.html", "pkg/balint_group_bg.wasm", "portal.js"]);
        // printf page | sha256sum (GNU coreutils 9.1)
        assert_eq!(files["index.html"], PAGE_HASH);
    }

    const PAGE_HASH: &str = "3660315a9af3df255d8f19ab077e4797822b41488a0e2a04bc6af71213c23274";

    #[test]
    fn each_changed_file_is_another_version() {
        let version = |files: &[(&str, &str)]| read(www(files).path())["version"].clone();
        let before = version(&[("index.html", "page"), ("portal.js", "script")]);
        assert_eq!(before.as_str().map(str::len), Some(16));
        assert_eq!(before, version(&[("portal.js", "script"), ("index.html", "page")]));
        assert_eq!(before, version(&[("index.html", "page"), ("portal.js", "script"), ("remote.js", "")]));
        assert_ne!(before, version(&[("index.html", "page!"), ("portal.js", "script")]));
        assert_ne!(before, version(&[("index.html", "page"), ("portal.css", "script")]));
        assert_ne!(before, version(&[("index.html", "page"), ("portal.js", "script"), (WORKER, "other")]));
    }
}
