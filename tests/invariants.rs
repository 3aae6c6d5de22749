//! Properties of the sources themselves: what a module must not name, so that no answer can get out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The stages that know nothing of the browser, in the order of the pipeline.
const STAGES: [&str; 14] = [
    "digest",
    "json",
    "file_kind",
    "window",
    "statistics",
    "instrument",
    "answers",
    "tally",
    "disclosure",
    "report",
    "codebook",
    "remote",
    "settings",
    "workspace",
];

/// What holds one respondent's answers, or could be those of one.
const PRIVATE: [&str; 11] = [
    "Answers",
    "Draft",
    "Response",
    "Value",
    "Tally",
    "CategorySet",
    "ItemCounts",
    "PairCounts",
    "Indicators",
    "Shares",
    "Sum",
];

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Returns all Rust files of a stage, `stage.rs` and `stage/…`, as bare code.
fn stage(name: &str) -> BTreeMap<PathBuf, Vec<String>> {
    let mut files = BTreeMap::new();
    let folder = source_folder();
    read(&folder.join(format!("{name}.rs")), &mut files);
    read(&folder.join(name), &mut files);
    files
}

fn read(path: &Path, files: &mut BTreeMap<PathBuf, Vec<String>>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("a folder") {
            read(&entry.expect("an entry").path(), files);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") && path.exists() {
        let text = fs::read_to_string(path).expect("a source file");
        files.insert(path.to_owned(), tokens(&bare(&text)));
    }
}

/// Returns code without comments, and with the contents of strings and characters left out.
fn bare(code: &str) -> String {
    let code: Vec<char> = code.chars().collect();
    let mut kept = String::new();
    let mut i = 0;
    while i < code.len() {
        let rest = &code[i..];
        let length = match rest {
            ['/', '/', ..] => rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => block_comment(rest),
            ['"', ..] => quoted(rest),
            ['r', '"' | '#', ..] if !kept.ends_with(is_word) => raw(rest),
            ['\'', '\\', ..] => {
                2 + rest[2..].iter().skip(1).position(|c| *c == '\'').map_or(0, |end| end + 2)
            }
            ['\'', _, '\'', ..] => 3,
            _ => 0,
        };
        if length == 0 {
            kept.push(code[i]);
        } else {
            kept.push_str(if rest[0] == '/' { " " } else { "\"\"" });
        }
        i += length.max(1);
    }
    kept
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut i) = (0, 0);
    while i < rest.len() {
        match rest[i..] {
            ['/', '*', ..] => depth += 1,
            ['*', '/', ..] => depth -= 1,
            _ => {
                i += 1;
                continue;
            }
        }
        i += 2;
        if depth == 0 {
            break;
        }
    }
    i
}

fn quoted(rest: &[char]) -> usize {
    let mut i = 1;
    while i < rest.len() && rest[i] != '"' {
        i += if rest[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

/// Returns the length of a raw string, or 0 for a raw identifier.
fn raw(rest: &[char]) -> usize {
    let hashes = rest[1..].iter().take_while(|c| **c == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return 0;
    }
    let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let body = &rest[2 + hashes..];
    body.windows(end.len()).position(|w| w == end).map_or(rest.len(), |at| 2 + hashes + at + end.len())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Returns words, and other characters one by one, without space.
fn tokens(code: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut in_word = false;
    for c in code.chars() {
        match tokens.last_mut() {
            Some(last) if in_word && is_word(c) => last.push(c),
            _ if !c.is_whitespace() => tokens.push(c.to_string()),
            _ => {}
        }
        in_word = is_word(c);
    }
    tokens
}

#[test]
fn comments_and_strings_are_no_code() {
    let code = r##"
        let a = "f64 // not the end"; // f64
        /* f64 /* nested */ f64 */ let b = 'x'; let c = '"'; let d = '\''; let e = "\" f64";
        let f = r#"f64 " f64"#; fn g<'a>(x: &'a str) -> u64 { r#type }
        let h = 1.5_f32;
    "##;
    let tokens = tokens(&bare(code));
    assert!(!tokens.iter().any(|token| token == "f64"), "{tokens:?}");
    for word in ["a", "b", "c", "d", "e", "f", "g", "str", "u64", "type", "h", "5_f32"] {
        assert!(tokens.iter().any(|token| token == word), "{word} is not in {tokens:?}");
    }
}

/// Checks that no file of a stage has a word that is forbidden there, nor a number with it as its type.
#[track_caller]
fn check_absent(stages: &[&str], forbidden: &[&str], reason: &str) {
    for name in stages {
        let files = stage(name);
        assert!(!files.is_empty(), "there is no src/{name}.rs");
        for (path, tokens) in files {
            let is_forbidden = |token: &&String| {
                let suffix =
                    |word: &&str| token.starts_with(|c: char| c.is_ascii_digit()) && token.ends_with(word);
                forbidden.iter().any(|word| token == word || suffix(word))
            };
            let found: Vec<&String> = tokens.iter().filter(is_forbidden).collect();
            assert!(found.is_empty(), "{} names {found:?}: {reason}", path.display());
        }
    }
}

#[test]
fn nothing_in_the_tally_names_floating_point() {
    check_absent(&["tally"], &["f64", "f32"], "a tally is exact integers");
}

#[test]
fn no_stage_of_the_pipeline_names_the_browser() {
    let browser = ["yew", "web_sys", "js_sys", "wasm_bindgen", "wasm_bindgen_futures"];
    check_absent(&STAGES, &browser, "nothing before browser.rs knows the browser");
}

/// It stands after the view for the sake of its sentences.
#[test]
fn planning_names_neither_the_browser_nor_what_holds_answers() {
    let browser =
        ["yew", "web_sys", "js_sys", "wasm_bindgen", "wasm_bindgen_futures", "browser", "fs", "net"];
    check_absent(&["planning"], &browser, "a plan is texts");
    check_absent(&["planning"], &PRIVATE, "a plan is about no answers");
}

#[test]
fn nothing_before_the_view_writes_to_a_log_a_file_or_the_network() {
    let out =
        ["println", "eprintln", "print", "eprint", "dbg", "tracing", "log", "stdout", "stderr", "net", "fs"];
    check_absent(&STAGES, &out, "no path leads from an answer to the outside");
}

/// The library runs beside answers, so that none of it may write to a console.
#[test]
fn nothing_of_the_library_writes_to_a_log() {
    let mut files = BTreeMap::new();
    read(&source_folder(), &mut files);
    let logs = ["println", "eprintln", "dbg", "tracing", "log", "console", "stdout", "stderr"];
    for (path, tokens) in files.iter().filter(|(path, _)| !path.starts_with(source_folder().join("bin"))) {
        let found: Vec<&String> = tokens.iter().filter(|token| logs.contains(&&***token)).collect();
        assert!(found.is_empty(), "{}: {found:?}", path.display());
    }
}

#[test]
fn a_stage_names_only_the_stages_before_it() {
    for (place, name) in STAGES.iter().enumerate() {
        for (path, tokens) in stage(name) {
            for found in tokens.windows(4).filter(|found| found[0] == "crate" && found[1] == ":") {
                let is_earlier = STAGES[..=place].contains(&found[3].as_str());
                assert!(is_earlier, "{} names crate::{}, which comes later", path.display(), found[3]);
            }
        }
    }
}

/// Returns the traits that a type derives, if its declaration is in these tokens.
fn derived(tokens: &[String], name: &str) -> Option<Vec<String>> {
    let is_declaration = |pair: &[String]| ["struct", "enum"].contains(&&*pair[0]) && pair[1] == name;
    let at = tokens.windows(2).position(is_declaration)?;
    // Attributes stand before the declaration, and after the end of what came before.
    let start =
        tokens[..at].iter().rposition(|token| ["}", ";"].contains(&&**token)).map_or(0, |end| end + 1);
    Some(tokens[start..at].to_vec())
}

/// Returns the traits that are implemented for a type by hand.
fn implemented(tokens: &[String], name: &str) -> Vec<String> {
    let mut traits = Vec::new();
    for at in tokens.windows(2).enumerate().filter(|(_, w)| w[0] == "for" && w[1] == name).map(|(at, _)| at) {
        let start = tokens[..at]
            .iter()
            .rposition(|token| ["}", ";", "{"].contains(&&**token))
            .map_or(0, |end| end + 1);
        if tokens[start..at].iter().any(|token| token == "impl") {
            traits.extend(tokens[start..at].iter().cloned());
        }
    }
    traits
}

#[test]
fn nothing_that_holds_answers_can_be_serialised_or_displayed() {
    let forbidden = ["Serialize", "Deserialize", "serde", "Display", "ToString", "LowerHex", "Into", "From"];
    let files: Vec<Vec<String>> = STAGES.iter().flat_map(|name| stage(name).into_values()).collect();
    for name in PRIVATE {
        let attributes = files.iter().find_map(|tokens| derived(tokens, name));
        let attributes = attributes.unwrap_or_else(|| panic!("there is no type {name}; rename it here, too"));
        assert!(
            !attributes.iter().any(|token| token == "Debug"),
            "{name} derives Debug, which prints answers"
        );
        let by_hand = files.iter().flat_map(|tokens| implemented(tokens, name));
        for token in attributes.iter().cloned().chain(by_hand) {
            assert!(!forbidden.contains(&&*token), "{name} has {token}: an answer could leave through it");
        }
    }
}

/// Returns what a source of the submit stage names of what must never be submitted.
///
/// The browser's own `Response`, named through `web_sys`, is another thing; ours is named through `answers`.
fn private_in_submit(tokens: &[String]) -> Vec<String> {
    let imports =
        tokens.split(|token| token == ";").filter(|statement| statement.contains(&"use".to_owned()));
    let mut from_browser = imports.filter(|import| import.contains(&"web_sys".to_owned()));
    let is_imported = from_browser.any(|import| import.contains(&"Response".to_owned()));
    let private = |(at, token): (usize, &String)| {
        let is_browsers = token == "Response" && (is_imported || at >= 3 && tokens[at - 3] == "web_sys");
        let is_private = ["Answers", "Response", "Tally", "answers", "tally"].contains(&&**token);
        (is_private && !is_browsers).then(|| token.clone())
    };
    tokens.iter().enumerate().filter_map(private).collect()
}

/// Returns the parameters of every function whose name begins with `submit`.
fn submit_parameters(tokens: &[String]) -> Vec<Vec<String>> {
    let is_submit = |w: &[String]| w[0] == "fn" && w[1].starts_with("submit");
    let places = tokens.windows(2).enumerate().filter(|(_, w)| is_submit(w)).map(|(at, _)| at);
    let parameters = |at: usize| {
        let rest = &tokens[at..];
        let open = rest.iter().position(|token| token == "(").unwrap_or(0);
        let close = rest.iter().position(|token| token == "{" || token == ";").unwrap_or(rest.len());
        rest[open..close].to_vec()
    };
    places.map(parameters).collect()
}

#[test]
fn the_check_of_submit_finds_what_it_is_for() {
    let found = |code: &str| private_in_submit(&tokens(&bare(code)));
    assert_eq!(found("pub async fn submit(tally: &Tally) {}"), ["tally", "Tally"]);
    assert_eq!(found("use crate::answers::Response;"), ["answers", "Response"]);
    assert_eq!(found("fn submit(release: &Release) { let r: web_sys::Response = x; } // Tally"), [""; 0]);
    let parameters =
        submit_parameters(&tokens("pub async fn submit(release: &Release, url: &str) -> X { y }"));
    assert_eq!(parameters.len(), 1);
    assert!(parameters[0].contains(&"Release".to_owned()) && !parameters[0].contains(&"y".to_owned()));
}

/// Nor do the stages before `submit.rs` have a function of that name.
#[test]
fn what_is_submitted_is_a_release_and_nothing_else() {
    for name in STAGES {
        for (path, tokens) in stage(name) {
            assert!(
                submit_parameters(&tokens).is_empty(),
                "{} submits; that is submit.rs' task",
                path.display()
            );
        }
    }
    for (path, tokens) in stage("submit") {
        let path = path.display();
        let private = private_in_submit(&tokens);
        assert!(private.is_empty(), "{path} names {private:?}: only a Release may be submitted");
        for parameters in submit_parameters(&tokens) {
            let takes_release = parameters.iter().any(|token| token == "Release");
            assert!(takes_release, "{path}: a submit function takes {}, no Release", parameters.join(" "));
        }
    }
}

/// A page that counts a coordinator's responses cannot send them: what can send or keep anything is in three files,
/// of which one sends a release, one what is sealed, one only asks; a fourth keeps what it has enciphered.
#[test]
fn only_four_files_reach_the_network_or_a_storage() {
    let network = ["fetch", "fetch_with_str", "fetch_with_request", "Request", "RequestInit"];
    let storage = ["local_storage", "Storage", "set_item"];
    let others = [
        "WebSocket",
        "XmlHttpRequest",
        "EventSource",
        "send_beacon",
        "session_storage",
        "IdbFactory",
        "set_cookie",
        "push_state",
    ];
    let mut files = BTreeMap::new();
    read(&source_folder(), &mut files);
    let library = files.iter().filter(|(path, _)| !path.starts_with(source_folder().join("bin")));
    let (mut reaching, mut keeping) = (Vec::new(), Vec::new());
    for (path, tokens) in library {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let names = |list: &[&str]| tokens.iter().any(|token| list.contains(&&**token));
        assert!(!names(&others), "{} names one of {others:?}", path.display());
        // A stage before the browser may have a `Request` of its own, which does nothing.
        if names(&network) && tokens.iter().any(|token| token == "web_sys") {
            reaching.push(name.clone());
        }
        if names(&storage) {
            keeping.push(name);
        }
    }
    assert_eq!(
        (reaching, keeping),
        (
            vec!["browser.rs".to_owned(), "exchange.rs".to_owned(), "submit.rs".to_owned()],
            vec!["custody.rs".to_owned()]
        )
    );
    let tokens = stage("browser").into_values().next().expect("the file");
    let has_body = ["RequestInit", "set_body", "set_method", "Tally", "Response", "answers", "tally"];
    let found: Vec<&String> = tokens.iter().filter(|token| has_body.contains(&&***token)).collect();
    assert!(found.iter().all(|token| *token == "Response"), "asking sends nothing: {found:?}");
}

/// The counts of a tally as bytes are asked for in one place, and what is stored there was enciphered before.
#[test]
fn only_custody_takes_the_cells_of_a_tally_and_stores_what_is_sealed() {
    let mut files = BTreeMap::new();
    read(&source_folder(), &mut files);
    let takes = |tokens: &[String]| {
        tokens.windows(3).any(|w| w[0] == "tally" && w[1] == "." && w[2] == "cells")
            || tokens.windows(2).any(|w| w[1] == "from_cells" && w[0] != "fn")
    };
    let taking: Vec<String> = files
        .iter()
        .filter(|(_, tokens)| takes(tokens))
        .map(|(path, _)| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    // The second is a part of the tally itself, and makes the zeros and ones of one respondent.
    assert_eq!(taking, ["custody.rs", "indicators.rs"]);
    let mut files = stage("custody");
    let (_, tokens) = files.pop_last().expect("the file");
    let stores = tokens.iter().filter(|token| *token == "set_item").count();
    let calls = |tokens: &[String]| {
        tokens.windows(3).filter(|w| w[0] != "fn" && w[1] == "write" && w[2] == "(").count()
    };
    let bytes: Vec<usize> = tokens
        .windows(2)
        .enumerate()
        .filter(|(_, w)| w[0] == "." && w[1] == "to_bytes")
        .map(|(at, _)| at)
        .collect();
    assert_eq!((stores, calls(&tokens)), (1, 1), "one place stores, and one asks for it");
    // Outside of the module's own tests, which come last, the bytes go straight into `seal`.
    let first = bytes[0];
    assert!(
        tokens[..first].iter().rev().take(16).any(|token| token == "seal"),
        "the bytes of a state are sealed"
    );
    // What is stored besides is a release, which may leave the browser.
    let (path, tokens) = files.pop_last().expect("the outbox");
    assert!(path.ends_with("custody/outbox.rs") && files.is_empty(), "{path:?}");
    assert_eq!(calls(&tokens), 1);
    let private: Vec<&String> = tokens.iter().filter(|token| PRIVATE.contains(&&***token)).collect();
    assert_eq!(private, Vec::<&String>::new());
}

/// Only the release rules make a release: its fields are private, and nobody outside can construct one.
#[test]
fn the_fields_of_a_release_are_private() {
    let files = stage("disclosure");
    let tokens =
        files.values().find(|tokens| derived(tokens, "Release").is_some()).expect("a struct Release");
    let at = tokens.windows(2).position(|w| w[0] == "struct" && w[1] == "Release").expect("a struct");
    let body: Vec<&String> = tokens[at..].iter().take_while(|token| *token != "}").collect();
    assert!(body.iter().any(|token| *token == "respondents"), "{body:?}");
    assert!(!body.iter().any(|token| *token == "pub"), "{body:?}");
}

/// One respondent's zeros and ones become shares in one place; what comes out of it is random or sealed.
#[test]
fn only_the_protocol_takes_the_entries_of_a_respondent() {
    let mut files = BTreeMap::new();
    read(&source_folder(), &mut files);
    let takes = |tokens: &[String]| {
        tokens.windows(4).any(|w| w[0] == "indicators" && w[1] == "." && w[2] == "entries" && w[3] == "(")
    };
    let taking: Vec<&PathBuf> =
        files.iter().filter(|(_, tokens)| takes(tokens)).map(|(path, _)| path).collect();
    assert_eq!(taking.len(), 1, "{taking:?}");
    assert!(taking[0].ends_with("remote/dap09.rs"), "{taking:?}");
    let tokens = &files[taking[0]];
    let serialisable = tokens.windows(2).any(|w| w[0] == "derive" && w[1] == "Serialize");
    assert!(!serialisable && !tokens.iter().any(|token| token == "Serialize"), "shares are not serialised");
}
