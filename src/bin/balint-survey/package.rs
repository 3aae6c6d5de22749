//! Makes of the widget a folder that a portal serves, a network for content delivers, or npm publishes.
//!
//! Each file has its SHA-384 hash in `integrity.json`. A script's own `integrity` covers that script alone, so the
//! modules that it imports are covered by the page's import map, and the WebAssembly by the scripts: they hold its
//! hashes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest, Sha256, Sha384};

use crate::bundle::{self, BundleError, Project};

/// What in a script is replaced by the hashes of the WebAssembly modules and of the languages.
const NO_HASHES: &str = "const hashes = {};";
/// The scripts that load such modules.
const LOADERS: [&str; 2] = ["balint-survey.js", "balint-report.js"];
const LICENSES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];
const README: &str = "README.md";
/// What `package.json` holds, but for what Cargo.toml says.
const MANIFEST: &str = include_str!("package.json");

/// What there is to paste into a page.
const PASTE: &str = r#"In the page:

<script type="module" src="{at}balint-survey.js"></script>
<balint-survey instrument="stress-experience"></balint-survey>

In its head, so that the survey is there sooner:

<link rel="modulepreload" href="{at}pkg/balint_survey.js">
{preload}

Or in its head, in the place of that script and these lines, so that no changed code is run:

<script type="importmap">{map}</script>
<link rel="modulepreload" href="{at}pkg/balint_survey.js" integrity="{glue}">
{preload}
<script type="module" src="{at}balint-survey.js" integrity="{entry}" crossorigin></script>

With a Content-Security-Policy, the import map needs {policy} in script-src.
"#;

/// What a browser is told to fetch early beside scripts.
const PRELOAD: &str = r#"<link rel="preload" as="fetch" crossorigin href="{at}pkg/balint_survey_bg.wasm">
<link rel="preload" as="fetch" crossorigin href="{at}balint-survey.css">"#;

/// The hashes of the files, as `integrity` attributes have them, by their paths in the folder.
type Hashes = BTreeMap<String, String>;

/// Makes the folder, and returns what there is to paste into a page when it is served at `address`.
///
/// Compressed copies lie beside the files, for servers that send them; npm leaves them out.
///
/// # Errors
///
/// Returns [`BundleError`] when a file cannot be used, or a script has no place for its hashes.
pub fn export(project: &Project, out: &Path, address: &str) -> Result<String, BundleError> {
    let _lock = bundle::lock(&project.pkg())?;
    bundle::make_dir(&out.join("pkg"))?;
    for name in served(&project.www(), |name| {
        name.starts_with("balint-") || name.ends_with(".schema.json") || name == "embed.html"
    })? {
        bundle::copy(&project.www().join(&name), &out.join(&name))?;
    }
    for name in served(&project.pkg(), is_loaded_by_elements)? {
        bundle::copy(&project.pkg().join(&name), &out.join("pkg").join(&name))?;
    }
    let loaded = hash_all(out, &["pkg"], &[".wasm", ".json"])?;
    for loader in LOADERS {
        put_hashes(&out.join(loader), &loaded)?;
    }
    let mut hashes = hash_all(out, &["", "pkg"], &[".js", ".css"])?;
    hashes.extend(loaded);
    bundle::write(&out.join("integrity.json"), format!("{:#}\n", json!(hashes)).as_bytes())?;
    bundle::write(&out.join("package.json"), manifest().as_bytes())?;
    for name in LICENSES {
        bundle::copy(&project.root().join(name), &out.join(name))?;
    }
    let readme = read(&project.root().join(README))?;
    bundle::write(&out.join(README), packaged_readme(&readme).as_bytes())?;
    // What lies in pkg/ was compressed when it was built.
    bundle::compress_all(out)?;
    Ok(to_paste(&hashes, address))
}

/// Returns whether a file of `pkg/` is for the elements: two modules are for pages of the demo portal alone, and types
/// of our own are in the place of wasm-bindgen's.
fn is_loaded_by_elements(name: &str) -> bool {
    let is_of_pages = ["balint_plan", "balint_author"].iter().any(|module| name.starts_with(module));
    name.starts_with("balint_") && !name.ends_with(".d.ts") && !is_of_pages
}

/// Returns the files of a folder that a page gets: scripts, style sheets, modules, types and schemas.
fn served(folder: &Path, is_ours: impl Fn(&str) -> bool) -> Result<Vec<String>, BundleError> {
    let kinds = [".js", ".css", ".wasm", ".d.ts", ".br", ".json", ".html"];
    let mut names = bundle::visible_entries(folder)?;
    names.retain(|name| kinds.iter().any(|kind| name.ends_with(kind)) && is_ours(name));
    Ok(names)
}

/// Returns the hashes of the files of these kinds in some folders below `out`.
fn hash_all(out: &Path, folders: &[&str], kinds: &[&str]) -> Result<Hashes, BundleError> {
    let mut hashes = Hashes::new();
    for folder in folders {
        let place = out.join(folder);
        for name in bundle::visible_entries(&place)? {
            if kinds.iter().any(|kind| name.ends_with(kind)) {
                let path = place.join(&name);
                let content = fs::read(&path).map_err(|source| bundle::io_error(&path, source))?;
                let slash = if folder.is_empty() { "" } else { "/" };
                hashes.insert(format!("{folder}{slash}{name}"), integrity(&content));
            }
        }
    }
    Ok(hashes)
}

fn integrity(content: &[u8]) -> String {
    format!("sha384-{}", STANDARD.encode(Sha384::digest(content)))
}

/// Writes the hashes of WebAssembly modules and languages into the script that loads them, by their names.
fn put_hashes(script: &Path, loaded: &Hashes) -> Result<(), BundleError> {
    let source = read(script)?;
    if !source.contains(NO_HASHES) {
        return Err(BundleError::NoHashes { path: script.to_owned(), expected: NO_HASHES });
    }
    let named: Hashes = loaded.iter().map(|(path, hash)| (path.replace("pkg/", ""), hash.clone())).collect();
    let filled = source.replace(NO_HASHES, &format!("const hashes = {};", json!(named)));
    bundle::write(script, filled.as_bytes())
}

/// Returns what npm and bundlers read.
///
/// It is a text and no value, as the order of conditions matters: types come first.
fn manifest() -> String {
    MANIFEST
        .replace("$name", env!("CARGO_PKG_NAME"))
        .replace("$version", env!("CARGO_PKG_VERSION"))
        .replace("$description", env!("CARGO_PKG_DESCRIPTION"))
        .replace("$license", env!("CARGO_PKG_LICENSE"))
}

/// Returns the README without its pictures, and with links to where the files are in the folder.
fn packaged_readme(readme: &str) -> String {
    let lines = readme.replace("](www/", "](");
    let (kept, _): (Vec<&str>, Vec<&str>) = lines.lines().partition(|line| !line.starts_with("!["));
    kept.join("\n") + "\n"
}

fn to_paste(hashes: &Hashes, address: &str) -> String {
    let map = import_map(hashes, address);
    let policy = format!("'sha256-{}'", STANDARD.encode(Sha256::digest(&map)));
    PASTE
        .replace("{preload}", PRELOAD)
        .replace("{at}", address)
        .replace("{map}", &map)
        .replace("{policy}", &policy)
        .replace("{entry}", &hashes["balint-survey.js"])
        .replace("{glue}", &hashes["pkg/balint_survey.js"])
}

/// Returns the import map by which a browser refuses a script with another hash, whichever module imports it.
fn import_map(hashes: &Hashes, address: &str) -> String {
    let scripts = hashes.iter().filter(|(path, _)| path.ends_with(".js"));
    let scripts: Hashes = scripts.map(|(path, hash)| (format!("{address}{path}"), hash.clone())).collect();
    json!({ "integrity": scripts }).to_string()
}

/// Parses the address that the folder is served at, which ends with a slash.
///
/// # Errors
///
/// Returns what is wrong with it: it has to stand in an attribute.
pub fn parse_address(text: &str) -> Result<String, String> {
    // Without one of them, a browser takes the name of a host for that of a folder.
    let is_address = ["/", "./", "../", "https://", "http://"].iter().any(|start| text.starts_with(start));
    if !is_address || text.contains(|c: char| c.is_whitespace() || "\"'<>&?#\\".contains(c)) {
        return Err("expected an address, such as /survey/ or https://cdn.example/survey/".to_owned());
    }
    Ok(format!("{}/", text.trim_end_matches('/')))
}

fn read(path: &Path) -> Result<String, BundleError> {
    fs::read_to_string(path).map_err(|source| bundle::io_error(path, source))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;
    use tempfile::TempDir;

    /// A checkout with what is exported and with what is not.
    fn checkout() -> (TempDir, Project) {
        let folder = tempfile::tempdir().unwrap();
        let script = format!("{NO_HASHES}\n");
        for (path, content) in [
            ("www/balint-survey.js", &*script),
            ("www/balint-report.js", &*script),
            ("www/balint-remote.js", ""),
            ("www/balint-survey.css", ":host {}"),
            ("www/balint-survey.d.ts", "export {};"),
            ("www/report.schema.json", "{}"),
            ("www/embed.html", ""),
            ("www/index.html", ""),
            ("www/portal.css", ""),
            ("www/report.js", ""),
            ("www/pkg/.stamp", ""),
            ("www/pkg/balint_es.json", "es"),
            ("www/pkg/balint_survey.js", ""),
            ("www/pkg/balint_survey.js.br", ""),
            ("www/pkg/balint_survey.d.ts", ""),
            ("www/pkg/balint_survey_bg.wasm", "wasm"),
            ("README.md", "# A\n![A picture](tests/picture.png)\n[schema](www/report.schema.json)\n"),
            ("LICENSE-MIT", "MIT"),
            ("LICENSE-APACHE", "Apache"),
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let project = Project::at(folder.path().to_owned());
        (folder, project)
    }

    fn exported() -> (TempDir, PathBuf, String) {
        let (folder, project) = checkout();
        let out = folder.path().join("out");
        let printed = export(&project, &out, "/survey/").unwrap();
        (folder, out, printed)
    }

    #[test]
    fn export_takes_the_elements_and_nothing_of_the_demo() {
        let (_folder, out, _) = exported();
        let mut names = bundle::visible_entries(&out).unwrap();
        names.retain(|name| !name.ends_with(".br"));
        assert_eq!(
            names,
            [
                "LICENSE-APACHE",
                "LICENSE-MIT",
                "README.md",
                "balint-remote.js",
                "balint-report.js",
                "balint-survey.css",
                "balint-survey.d.ts",
                "balint-survey.js",
                "embed.html",
                "integrity.json",
                "package.json",
                "pkg",
                "report.schema.json",
            ]
        );
        let pkg = bundle::visible_entries(&out.join("pkg")).unwrap();
        assert_eq!(
            pkg,
            ["balint_es.json", "balint_survey.js", "balint_survey.js.br", "balint_survey_bg.wasm"]
        );
        assert!(!out.join("pkg/.stamp").exists());
    }

    #[test]
    fn scripts_get_the_hashes_of_the_modules_before_they_are_hashed_themselves() {
        let (_folder, out, _) = exported();
        // printf wasm | openssl dgst -sha384 -binary | base64
        let wasm = "sha384-boOOaqkCTcUlfiSLj0sYt5Ko4fy3O7Y0XS3Aba0eU9k1KwMGTQqNxweYTKrQVdvJ";
        let es = integrity(b"es");
        let script = fs::read_to_string(out.join("balint-survey.js")).unwrap();
        let expected = format!("{{\"balint_es.json\":\"{es}\",\"balint_survey_bg.wasm\":\"{wasm}\"}}");
        assert_eq!(script, format!("const hashes = {expected};\n"));
        let hashes: Hashes = serde_json::from_str(&read(&out.join("integrity.json")).unwrap()).unwrap();
        assert_eq!(hashes["pkg/balint_survey_bg.wasm"], wasm);
        assert_eq!(hashes["balint-survey.js"], integrity(script.as_bytes()));
        assert_eq!(hashes["pkg/balint_es.json"], es);
        assert_eq!(hashes.len(), 7);
    }

    #[test]
    fn script_without_a_place_for_hashes_is_an_error() {
        let (folder, project) = checkout();
        fs::write(project.www().join("balint-report.js"), "").unwrap();
        let error = export(&project, &folder.path().join("out"), "/survey/").unwrap_err();
        assert!(matches!(error, BundleError::NoHashes { .. }), "{error}");
    }

    #[test]
    fn second_export_gives_the_same_files() {
        let (folder, project) = checkout();
        let out = folder.path().join("out");
        let first = export(&project, &out, "/survey/").unwrap();
        let integrity = fs::read(out.join("integrity.json")).unwrap();
        assert_eq!(export(&project, &out, "/survey/").unwrap(), first);
        assert_eq!(fs::read(out.join("integrity.json")).unwrap(), integrity);
        assert!(!out.join("balint-survey.js.br.br").exists());
    }

    #[test]
    fn manifest_has_what_cargo_says() {
        let manifest: serde_json::Value = serde_json::from_str(&manifest()).unwrap();
        assert_eq!(manifest["name"], "balint-survey");
        assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(manifest["license"], "MIT OR Apache-2.0");
        assert!(manifest["description"].as_str().unwrap().contains("survey"));
    }

    #[test]
    fn readme_of_the_package_has_no_pictures_and_its_links_lead_to_files_of_the_package() {
        let (_folder, out, _) = exported();
        assert_eq!(read(&out.join(README)).unwrap(), "# A\n[schema](report.schema.json)\n");
    }

    #[test]
    fn what_is_printed_has_the_address_and_the_hashes() {
        let (_folder, out, printed) = exported();
        let entry = integrity(&fs::read(out.join("balint-survey.js")).unwrap());
        assert!(printed.contains(&format!("src=\"/survey/balint-survey.js\" integrity=\"{entry}\"")));
        assert!(
            printed.contains(r#"<script type="importmap">{"integrity":{"/survey/balint-remote.js":"sha384-"#)
        );
        assert!(printed.contains(r#"href="/survey/pkg/balint_survey_bg.wasm""#));
    }

    #[test]
    fn address_ends_with_one_slash_and_can_stand_in_an_attribute() {
        for text in ["/survey", "/survey/", "/survey//"] {
            assert_eq!(parse_address(text).as_deref(), Ok("/survey/"));
        }
        assert_eq!(parse_address("https://cdn.example/a").as_deref(), Ok("https://cdn.example/a/"));
        for text in [
            "",
            "cdn.example/survey",
            "survey/",
            "ftp://cdn.example/",
            "/a b/",
            "/\"><script>",
            "/a?b",
            "/a#b",
        ] {
            assert!(parse_address(text).is_err(), "{text}");
        }
    }
}
