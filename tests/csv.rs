//! Responses from a CSV file: what is read, and the exact message for what is not.

use balint_survey::answers::csv::{CsvError, Parser, Responses, find_instrument};
use balint_survey::answers::{Nonresponse, Response, Value};
use balint_survey::instrument::{Instrument, ItemId};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// A small instrument: one choice with a skip, several choices, and one choice that the skip is for.
const DOCUMENT: &str = r#"{
  "id": "small", "version": 1, "language": "en", "title": "-", "about": "-", "population": "-", "origin": "-",
  "minutes": 1,
  "sections": [
    {"id": "one", "title": "-", "items": [
      {"id": "year", "kind": "single", "label": "-", "question": "-", "categories": [
        {"code": "third", "label": "third"}, {"code": "fourth", "label": "fourth"},
        {"code": "unsaid", "label": "unsaid", "means": "declined"},
        {"code": "na", "label": "na", "means": "not-applicable"}]},
      {"id": "any", "kind": "single", "label": "-", "question": "-", "categories": [
        {"code": "yes", "label": "yes"}, {"code": "no", "label": "no"}]}
    ]},
    {"id": "two", "title": "-", "items": [
      {"id": "why", "kind": "multi", "label": "-", "question": "-", "condition": {"item": "any", "is": ["yes"]},
        "categories": [
          {"code": "a", "label": "a"}, {"code": "b", "label": "b"},
          {"code": "none", "label": "none", "means": "none"}]},
      {"id": "how", "kind": "single", "label": "-", "question": "-", "condition": {"item": "any", "is": ["yes"]},
        "categories": [{"code": "well", "label": "well"}, {"code": "badly", "label": "badly"}]}
    ]}
  ]
}"#;

const HEADER: &str = "year,any,why___a,why___b,why___none,how\n";

fn small() -> Instrument {
    Instrument::parse(DOCUMENT).expect("a well-formed instrument")
}

/// Reads a file from a reader, and makes sure that bytes in portions give the same.
#[track_caller]
fn read(instrument: &Instrument, csv: &[u8]) -> Result<Vec<Response>, String> {
    let read = Responses::new(csv, instrument).and_then(Iterator::collect).map_err(|error| error.to_string());
    for size in [1, 2, 3, 7, 64, usize::MAX] {
        let pushed = push(instrument, csv, &[size]).map_err(|(_, error)| error.to_string());
        assert!(pushed == read, "in portions of {size}");
    }
    read
}

/// Reads a file in portions, of these sizes in turn; an error comes with the responses before it.
fn push(
    instrument: &Instrument,
    csv: &[u8],
    sizes: &[usize],
) -> Result<Vec<Response>, (Vec<Response>, CsvError)> {
    let mut parser = Parser::new(instrument);
    let mut responses = Vec::new();
    let mut rest = csv;
    for size in sizes.iter().cycle() {
        let (mut portion, later) = rest.split_at(rest.len().min(*size));
        loop {
            match parser.parse(&mut portion) {
                Ok(Some(response)) => responses.push(response.clone()),
                Ok(None) => break,
                Err(error) => return Err((responses, error)),
            }
        }
        assert!(portion.is_empty(), "everything is used up");
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    match parser.finish() {
        Ok(last) => responses.extend(last.cloned()),
        Err(error) => return Err((responses, error)),
    }
    Ok(responses)
}

fn item(id: &str) -> ItemId {
    small().find_item(id).expect("an item")
}

/// What a value is, in the words of these tests: codes joined by `+`, or the kind of nonresponse.
fn word(response: &Response, id: &str) -> String {
    let instrument = small();
    let asked = instrument.item(item(id));
    match response.value(item(id)) {
        Value::Single(category) => asked.category(category).code.clone(),
        Value::Several(set) => {
            let ticked = asked.categories().filter(|(id, _)| set.contains(*id));
            ticked.map(|(_, category)| category.code.as_str()).collect::<Vec<_>>().join("+")
        }
        Value::Nonresponse(Nonresponse::NotAsked) => "(not asked)".into(),
        Value::Nonresponse(Nonresponse::Declined) => "(declined)".into(),
        Value::Nonresponse(Nonresponse::NotApplicable) => "(not applicable)".into(),
        Value::Nonresponse(Nonresponse::Missing) => "(missing)".into(),
    }
}

/// Checks what the lines of a file are read as: year, any, why, how.
#[track_caller]
fn check(csv: impl AsRef<[u8]>, expected: &[[&str; 4]]) {
    let read = read(&small(), csv.as_ref()).expect("a good file");
    let words = |response: &Response| ["year", "any", "why", "how"].map(|id| word(response, id));
    assert_eq!(read.iter().map(words).collect::<Vec<_>>(), expected);
}

/// Checks one line after the usual header.
#[track_caller]
fn check_line(line: &str, expected: [&str; 4]) {
    check(format!("{HEADER}{line}\n"), &[expected]);
}

#[track_caller]
fn check_error(csv: impl AsRef<[u8]>, message: &str) {
    assert_eq!(read(&small(), csv.as_ref()).expect_err("a bad file"), message);
}

/// Checks the message for lines after the usual header.
#[track_caller]
fn check_lines_error(lines: impl AsRef<[u8]>, message: &str) {
    check_error([HEADER.as_bytes(), lines.as_ref()].concat(), message);
}

// Values.

#[test]
fn codes_and_ticks_are_answers() {
    check_line("third,yes,1,1,0,badly", ["third", "yes", "a+b", "badly"]);
    check_line("fourth,yes,0,0,1,well", ["fourth", "yes", "none", "well"]);
}

#[test]
fn an_empty_cell_is_a_missing_answer() {
    check_line(",yes,1,0,0,", ["(missing)", "yes", "a", "(missing)"]);
}

#[test]
fn several_choices_with_nothing_ticked_are_a_missing_answer() {
    check_line("third,yes,0,0,0,well", ["third", "yes", "(missing)", "well"]);
    check_line("third,yes,,,,well", ["third", "yes", "(missing)", "well"]);
}

#[test]
fn zeros_and_empty_cells_off_the_path_are_not_asked() {
    check_line("third,no,0,0,0,", ["third", "no", "(not asked)", "(not asked)"]);
    check_line("third,no,,,,", ["third", "no", "(not asked)", "(not asked)"]);
    check_line("third,,0,0,0,", ["third", "(missing)", "(not asked)", "(not asked)"]);
}

#[test]
fn declining_and_not_applicable_are_no_answers() {
    check_line("unsaid,no,,,,", ["(declined)", "no", "(not asked)", "(not asked)"]);
    check_line("na,no,,,,", ["(not applicable)", "no", "(not asked)", "(not asked)"]);
}

// Forms of a good file.

const TWO: [[&str; 4]; 2] = [["third", "yes", "a", "well"], ["fourth", "no", "(not asked)", "(not asked)"]];

#[test]
fn a_header_without_lines_is_nobody() {
    check(HEADER, &[]);
    check(HEADER.trim_end(), &[]);
}

#[test]
fn line_ends_of_all_kinds_are_read() {
    let lines = format!("{HEADER}third,yes,1,0,0,well\nfourth,no,0,0,0,\n");
    check(&lines, &TWO);
    check(lines.trim_end_matches('\n'), &TWO);
    check(lines.replace('\n', "\r\n"), &TWO);
    check(lines.replace('\n', "\r\n").trim_end(), &TWO);
    check(lines.replace('\n', "\r"), &TWO);
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_column() {
    check(format!("\u{feff}{HEADER}third,yes,1,0,0,well\nfourth,no,0,0,0,\n"), &TWO);
}

#[test]
fn columns_are_found_in_any_order() {
    let csv = "how,why___none,why___b,why___a,any,year\nwell,0,0,1,yes,third\n,0,0,0,no,fourth\n";
    check(csv, &TWO);
}

#[test]
fn quoted_cells_are_read() {
    check(
        "\"year\",any,why___a,why___b,why___none,how\n\"third\",\"yes\",\"1\",0,\"0\",\"well\"\n",
        &TWO[..1],
    );
}

#[test]
fn the_synthetic_microdata_are_read() {
    let count = |id: &str, csv: &str| {
        let instrument = Instrument::find(id).expect("a built-in instrument");
        read(&instrument, csv.as_bytes()).expect("a good file").len()
    };
    assert_eq!(count("stress-experience", include_str!("data/stress_46.csv")), 46);
    assert_eq!(count("post-program", include_str!("data/post_6.csv")), 6);
}

// Bad headers.

#[test]
fn an_empty_file_is_an_error() {
    let message = "line 1: the file is empty; expected a header row";
    check_error("", message);
    check_error("\n", message);
    check_error("\r\n\r\n\n", message);
    check_error("\u{feff}", message);
}

#[test]
fn a_file_of_spaces_is_an_error() {
    let message = "line 1: the file is empty; expected a header row";
    check_error(" ", message);
    check_error("  \n \t \n", message);
}

#[test]
fn an_unknown_column_is_an_error() {
    let expected = "unknown column; expected an item of \"small\", or item___category";
    let error = |column: &str| format!("line 1, column {column:?}: {expected}");
    check_error(HEADER.replace("year", "name"), &error("name"));
    check_error(HEADER.replace("year", "Year"), &error("Year"));
    check_error(HEADER.replace("year", " year"), &error(" year"));
    check_error(HEADER.replace("why___a", "why"), &error("why"));
    check_error(HEADER.replace("why___a", "why__a"), &error("why__a"));
    check_error(HEADER.replace("why___a", "why___c"), &error("why___c"));
    check_error(HEADER.replace("year", "year___third"), &error("year___third"));
    check_error(HEADER.replace("how\n", "how,\n"), &error(""));
    check_error(format!("name\n{HEADER}"), &error("name"));
    for added in ["record_id", "redcap_event_name", "class_survey_timestamp", "class_survey_complete"] {
        let expected = format!("{}; delete this column: it is not part of the answers", error(added));
        check_error(HEADER.replace("year", added), &expected);
    }
}

#[test]
fn an_absent_column_is_an_error() {
    check_error("year,any,why___a,why___none\n", "line 1: absent from the header: why___b, how");
    check_error("year", "line 1: absent from the header: any, why___a, why___b, why___none, how");
}

#[test]
fn a_column_that_is_there_twice_is_an_error() {
    let message = "line 1, column \"year\": the column is there twice; expected it once";
    check_error(HEADER.replace("how", "year"), message);
    check_error(HEADER.replace("how", "how,year"), message);
}

#[test]
fn another_separator_is_an_error() {
    let error = |found: &str| format!("line 1: columns are separated by {found}; expected commas");
    check_error(HEADER.replace(',', ";"), &error("';'"));
    check_error(HEADER.replace(',', "\t"), &error("'\\t'"));
    check_error(HEADER.replace(',', "|"), &error("'|'"));
}

#[test]
fn a_header_in_another_encoding_is_an_error() {
    let message = "line 1: the text is not UTF-8; expected a file saved as UTF-8";
    check_error(b"year,any,\xe4\n", message);
    let utf16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("\u{feff}{HEADER}").encode_utf16().flat_map(bytes).collect()
    };
    check_error(utf16(u16::to_le_bytes), message);
    check_error(utf16(u16::to_be_bytes), message);
}

// Bad lines.

#[test]
fn an_unknown_code_is_an_error() {
    let expected = "expected third, fourth, unsaid, na or an empty cell";
    let error = |found: &str| format!("line 2, column \"year\": unknown code {found:?}; {expected}");
    for found in ["fifth", "Third", " third", "third ", "0", "\u{feff}third"] {
        check_lines_error(format!("{found},yes,1,0,0,well\n"), &error(found));
    }
}

#[test]
fn a_line_with_too_few_or_too_many_cells_is_an_error() {
    check_lines_error("third,yes,1,0,0\n", "line 2: 5 cells; expected 6, as in the header");
    check_lines_error("third,yes,1,0,0,well,\n", "line 2: 7 cells; expected 6, as in the header");
    check_lines_error("third\n", "line 2: 1 cells; expected 6, as in the header");
    let second = "third,yes,1,0,0,well\nthird,yes,1,0,0,well,,\n";
    check_lines_error(second, "line 3: 8 cells; expected 6, as in the header");
}

#[test]
fn a_cell_in_another_encoding_is_an_error() {
    let message = "line 3, column \"how\": the text is not UTF-8; expected a file saved as UTF-8";
    check_lines_error(b"third,yes,1,0,0,well\nthird,yes,1,0,0,w\xe4ll\n", message);
}

#[test]
fn a_tick_is_0_or_1() {
    for found in ["2", "-1", "01", "1.0", "x", "yes", " 1", "TRUE"] {
        let message =
            format!("line 2, column \"why___b\": found {found:?}; expected 0 or 1, or an empty cell");
        check_lines_error(format!("third,yes,1,{found},0,well\n"), &message);
    }
}

#[test]
fn an_item_that_is_partly_empty_is_an_error() {
    let message = "line 2, column \"why___b\": an empty cell, though other columns of the item are filled in; \
                   expected 0 or 1";
    check_lines_error("third,yes,1,,0,well\n", message);
    check_lines_error("third,yes,0,,0,well\n", message);
    check_lines_error("third,no,0,,0,\n", message);
}

#[test]
fn none_together_with_others_is_an_error() {
    let message = "line 2, column \"why___none\": ticked together with other categories; expected it alone, \
                   or not at all";
    check_lines_error("third,yes,1,0,1,well\n", message);
    check_lines_error("third,yes,1,1,1,well\n", message);
}

#[test]
fn an_answer_off_the_path_is_an_error() {
    let off = "answered, though the answer to \"any\" skips it; expected an empty cell or 0";
    check_lines_error("third,no,0,0,0,well\n", &format!("line 2, column \"how\": {off}"));
    check_lines_error("third,no,0,1,0,\n", &format!("line 2, column \"why___b\": {off}"));
    check_lines_error("third,no,0,0,1,\n", &format!("line 2, column \"why___none\": {off}"));
    check_lines_error("third,,0,0,0,well\n", &format!("line 2, column \"how\": {off}"));
}

// Line numbers.

const BAD: &str = "fifth,yes,1,0,0,well\n";
const GOOD: &str = "third,yes,1,0,0,well\n";

/// Checks the line that the message about an unknown code names.
#[track_caller]
fn check_line_number(csv: impl AsRef<[u8]>, line: u64) {
    let message = read(&small(), csv.as_ref()).expect_err("a bad file");
    assert!(message.starts_with(&format!("line {line}, column \"year\": unknown code \"")), "{message}");
}

#[test]
fn the_line_is_counted_from_the_header() {
    check_line_number(format!("{HEADER}{BAD}"), 2);
    check_line_number(format!("{HEADER}{GOOD}{GOOD}{BAD}{GOOD}"), 4);
    check_line_number(format!("{HEADER}{GOOD}{GOOD}{}", BAD.trim_end()), 4);
}

#[test]
fn windows_lines_are_counted_like_others() {
    check_line_number(format!("{HEADER}{BAD}").replace('\n', "\r\n"), 2);
    check_line_number(format!("{HEADER}{GOOD}{GOOD}{BAD}").replace('\n', "\r\n"), 4);
}

#[test]
fn line_breaks_in_quoted_cells_are_counted() {
    // A quoted line break can stand in a bad cell only: the line is the one on which its record begins.
    check_line_number(format!("{HEADER}{GOOD}\"fi\nfth\",yes,1,0,0,well\n"), 3);
    let broken = "\"year\n\",any,why___a,why___b,why___none,how\n";
    check_error(
        broken,
        "line 1, column \"year\\n\": unknown column; expected an item of \"small\", or item___category",
    );
}

#[test]
fn empty_lines_are_counted() {
    check_line_number(format!("{HEADER}\n{GOOD}\n\n{BAD}"), 6);
    check_line_number(format!("{HEADER}\n{GOOD}\n\n{BAD}").replace('\n', "\r\n"), 6);
}

/// A reader that gives one byte at a time, so that `\r` and `\n` come apart.
struct Slow<'a>(&'a [u8]);

impl std::io::Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let one = buffer.len().min(1);
        std::io::Read::read(&mut self.0, &mut buffer[..one])
    }
}

#[test]
fn lines_are_counted_however_the_file_comes_in() {
    let instrument = small();
    let csv = format!("{HEADER}\n{GOOD}{GOOD}{}", BAD.trim_end()).replace('\n', "\r\n");
    let responses = Responses::new(Slow(csv.as_bytes()), &instrument).expect("a good header");
    let last = responses.last().expect("lines").expect_err("a bad line");
    assert_eq!((last.line, last.column.as_deref()), (5, Some("year")));
}

#[test]
fn a_quote_that_is_never_closed_is_an_error_where_it_opens() {
    let message = "line 3: 1 cells; expected 6, as in the header";
    for rest in ["", "\n", "\nthird,yes,1,0,0,well\n"] {
        check_lines_error(format!("{GOOD}\"third,yes,1,0,0,well{rest}"), message);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// From pieces of good and bad files, as text and as bytes.
    #[test]
    fn no_file_makes_the_reader_panic(
        pieces in vec(select(&["third", "yes", "1", "0", "", ",", ",", ",", "\"", "\n", "\r", "\r\n", "é", "\u{feff}"]), 0..60),
        bytes in vec(any::<u8>(), 0..40),
    ) {
        let text: String = pieces.concat();
        for lines in [text.as_bytes(), &bytes] {
            let file = [HEADER.as_bytes(), lines].concat();
            for file in [lines, &file] {
                if let Err(message) = read(&small(), file) {
                    prop_assert!(message.starts_with("line "), "{}", message);
                }
            }
        }
    }
}

// Files in portions.

/// Pieces of good and bad files, whole lines among them.
const PIECES: [&str; 17] = [
    HEADER, GOOD, GOOD, GOOD, BAD, "third", "yes", "1", "", ",", "\"", "\n", "\r", "\r\n", "é", "\u{feff}",
    "\0",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn portions_of_any_size_give_the_same_responses_and_the_same_error(
        mark in any::<bool>(),
        windows in any::<bool>(),
        pieces in vec(select(&PIECES), 0..12),
        cut in 0..4usize,
        sizes in vec(1..40usize, 1..8),
    ) {
        let mark = if mark { "\u{feff}" } else { "" };
        let text = format!("{mark}{HEADER}{GOOD}{}", pieces.concat());
        let text = if windows { text.replace('\n', "\r\n") } else { text };
        // Cut short, it may end within a character.
        let file = &text.as_bytes()[..text.len() - cut];
        prop_assert!(push(&small(), file, &sizes) == push(&small(), file, &[usize::MAX]));
    }
}

#[test]
fn a_byte_order_mark_may_come_in_portions_and_in_part() {
    // Through `read`, which cuts everywhere.
    check(format!("\u{feff}\r\n{HEADER}"), &[]);
    let expected = "expected an item of \"small\", or item___category";
    let twice = format!("line 1, column \"\\u{{feff}}year\": unknown column; {expected}");
    check_error(format!("\u{feff}\u{feff}{HEADER}"), &twice);
    check_error(format!("\n\u{feff}{HEADER}"), &twice);
    let message = "line 1: the text is not UTF-8; expected a file saved as UTF-8";
    for part in [&b"\xef"[..], b"\xef\xbb"] {
        check_error(part, message);
        check_error([part, HEADER.as_bytes()].concat(), message);
    }
}

#[test]
fn a_cell_with_zero_bytes_is_an_unknown_code() {
    let message =
        "line 2, column \"year\": unknown code \"\\0\"; expected third, fourth, unsaid, na or an empty cell";
    check_lines_error("\0,yes,1,0,0,well\n", message);
}

#[test]
fn a_line_that_does_not_end_is_an_error_where_it_begins() {
    let message = "no end of the line within 1048576 bytes; expected one, and every quote closed";
    let check = |start: &str, more: &str, line: u64| {
        let file = [start, &more.repeat((2 << 20) / more.len())].concat();
        let error = push(&small(), file.as_bytes(), &[64 * 1024]).expect_err("a bad file").1;
        assert_eq!(error.to_string(), format!("line {line}: {message}"));
        assert_eq!(push(&small(), file.as_bytes(), &[1]).expect_err("a bad file").1, error);
    };
    check(&format!("{HEADER}{GOOD}\n\""), GOOD, 4);
    check(&format!("{HEADER}{GOOD}"), ",", 3);
    check(&format!("{HEADER}{GOOD}\""), "\"\"", 3);
    check("\"", "year,\n", 1);
    check("", "year,", 1);
}

#[test]
fn the_longest_line_that_is_read_is_1_mib_with_its_end() {
    let file = |cell: usize| format!("{HEADER}{},yes,1,0,0,well\n", "x".repeat(cell));
    let longest = (1 << 20) - ",yes,1,0,0,well\n".len();
    let message = "line 2, column \"year\": unknown code \"xxxxxxxxxxxxxxxxxxxx…\"";
    for sizes in [1, 64 * 1024, usize::MAX] {
        let error =
            |file: String| push(&small(), file.as_bytes(), &[sizes]).expect_err("a bad file").1.to_string();
        assert!(error(file(longest)).starts_with(message));
        assert!(error(file(longest + 1)).starts_with("line 2: no end of the line"));
    }
}

#[test]
fn an_error_is_given_again() {
    let instrument = small();
    let mut parser = Parser::new(&instrument);
    let lines = format!("{HEADER}{BAD}");
    let error = parser.parse(&mut lines.as_bytes()).expect_err("a bad line");
    assert_eq!(parser.parse(&mut GOOD.as_bytes()).expect_err("a bad line"), error);
    assert_eq!(parser.parse(&mut &b""[..]).expect_err("a bad line"), error);
    assert_eq!(parser.finish().expect_err("a bad line"), error);
}

#[test]
fn finishing_twice_gives_nothing_more() {
    let instrument = small();
    let mut parser = Parser::new(&instrument);
    let lines = format!("{HEADER}{}", GOOD.trim_end());
    assert!(parser.parse(&mut lines.as_bytes()).expect("a good line").is_none());
    assert!(parser.finish().expect("a good line").is_some());
    assert!(parser.finish().expect("no line").is_none());
}

#[test]
fn what_cannot_be_read_is_an_error_of_the_line() {
    let instrument = small();
    let mut parser = Parser::new(&instrument);
    let error = parser.unreadable("it is gone").to_string();
    assert_eq!(error, "line 1: cannot be read: it is gone");
    let lines = format!("{HEADER}{GOOD}third");
    let mut bytes = lines.as_bytes();
    while parser.parse(&mut bytes).expect("good lines").is_some() {}
    assert_eq!(parser.unreadable("it is gone").line, 3);
}

// Which instrument a file is of.

/// Checks which of the built-in instruments and the small one a file is of.
#[track_caller]
fn check_instrument(start: impl AsRef<[u8]>, expected: Option<&str>) {
    let instruments = [Instrument::built_in(), vec![small()]].concat();
    let found = find_instrument(start.as_ref(), &instruments);
    assert_eq!(found.map(Instrument::id), expected);
}

#[test]
fn the_instrument_is_found_by_the_header() {
    check_instrument(include_str!("data/stress_46.csv"), Some("stress-experience"));
    check_instrument(include_str!("data/post_6.csv"), Some("post-program"));
    check_instrument(format!("\u{feff}{HEADER}{GOOD}").replace('\n', "\r\n"), Some("small"));
    check_instrument("how,why___none,why___b,why___a,any,year", Some("small"));
}

#[test]
fn the_instrument_with_the_most_columns_is_found_by_a_wrong_header() {
    check_instrument("sex,name,age,mood\n", Some("stress-experience"));
    check_instrument("any,how,name\n", Some("small"));
    // Another separator, and a header that is cut off.
    check_instrument(HEADER.replace(',', ";"), Some("small"));
    check_instrument("\"any\";\"how\"\r\n", Some("small"));
    check_instrument(&HEADER[..20], Some("small"));
}

#[test]
fn a_file_without_a_known_column_is_of_no_instrument() {
    for start in ["", "\n\n", "\u{feff}", "name,mood\n", "\"year", "\0\0\0"] {
        check_instrument(start, None);
    }
    check_instrument(b"\xff\xfey\0e\0", None);
    check_instrument("x".repeat(2 << 20), None);
}

#[test]
fn exactly_the_columns_go_before_as_many_columns() {
    let larger = DOCUMENT.replace("\"id\": \"small\"", "\"id\": \"larger\"").replace(
        r#"{"id": "any","#,
        r#"{"id": "more", "kind": "single", "label": "-", "question": "-", "categories": [
            {"code": "a", "label": "a"}, {"code": "b", "label": "b"}]}, {"id": "any","#,
    );
    let instruments = [Instrument::parse(&larger).expect("a well-formed instrument"), small()];
    let id = |header: &str| find_instrument(header.as_bytes(), &instruments).map(Instrument::id);
    assert_eq!(id(HEADER), Some("small"));
    assert_eq!(id(&format!("more,{HEADER}")), Some("larger"));
    assert_eq!(id("year,any\n"), Some("larger"), "the first of two");
}

#[test]
fn nothing_follows_the_first_error() {
    let instrument = small();
    let csv = format!("{HEADER}{GOOD}{BAD}{GOOD}");
    let mut responses = Responses::new(csv.as_bytes(), &instrument).expect("a good header");
    assert!(matches!(responses.next(), Some(Ok(_))));
    assert!(matches!(responses.next(), Some(Err(_))));
    assert!(responses.next().is_none());
    assert!(responses.next().is_none());
}

/// A reader that breaks off.
struct Broken(&'static [u8]);

impl std::io::Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.0.is_empty() {
            return Err(std::io::Error::other("the disk is gone"));
        }
        std::io::Read::read(&mut self.0, buffer)
    }
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let instrument = small();
    let error = Responses::new(Broken(b""), &instrument).err().expect("no header").to_string();
    assert_eq!(error, "line 1: cannot be read: the disk is gone");
    let half = Broken(b"year,any,why___a,why___b,why___none,how\nthird,");
    let mut responses = Responses::new(half, &instrument).expect("a good header");
    let error = responses.next().expect("a line").expect_err("a broken file").to_string();
    assert!(error.ends_with("cannot be read: the disk is gone"), "{error}");
}
