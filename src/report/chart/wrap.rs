//! Breaking text into lines by the estimated widths of its characters.

use super::svg::TEXT;

/// Returns the estimated width of a line of text.
///
/// The estimate follows DejaVu Sans, which is as wide as the system fonts get, so that others leave some
/// room rather than run over.
pub fn width(text: &str) -> f64 {
    text.chars().map(em).sum::<f64>() * TEXT
}

/// Returns the estimated width of a character, in parts of the size of the text.
fn em(character: char) -> f64 {
    match character {
        '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' => 0.0,
        'i' | 'j' | 'l' | '\'' | '|' => 0.28,
        'I' | 'J' | '.' | ',' | ' ' | '\u{a0}' | ':' | ';' | '/' => 0.34,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '!' | '·' => 0.41,
        'w' | '=' | '<' | '>' | '+' | '−' | '×' | '±' => 0.84,
        'm' | 'M' | 'W' | '%' | '@' | '—' | '…' => 1.0,
        'A'..='Z' => 0.74,
        character if is_wide(character) => 1.02,
        character if character.is_uppercase() => 0.78,
        _ => 0.63,
    }
}

/// Returns whether a character is as wide as it is high, and may stand at either side of a break.
fn is_wide(character: char) -> bool {
    matches!(character, '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{1f000}'..)
}

/// Returns the text in lines that are not wider than `limit`; there is at least one.
///
/// A word that is too long for a line of its own is broken, after a hyphen if it has one.
pub fn wrap(text: &str, limit: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words(text) {
        let line = lines.last_mut().expect("OK because there is one from the start");
        if line.is_empty() {
            line.push_str(word);
        } else if width(line) + width(" ") + width(word) <= limit {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
        break_last(&mut lines, limit);
    }
    lines
}

/// Returns the words of a text; spaces that do not break belong to them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let breaks = |space: char| space.is_whitespace() && !matches!(space, '\u{a0}' | '\u{202f}');
    text.split(breaks).filter(|word| !word.is_empty())
}

/// Returns the text in lines of similar widths, of which the last leaves room for something beside it.
///
/// There are no more lines than necessary, or one more for the sake of that room; otherwise none are returned.
pub fn balance(text: &str, limit: f64, last: f64) -> Option<Vec<String>> {
    let necessary = wrap(text, limit).len();
    let longest = words(text).map(width).fold(limit / 2.0, f64::max);
    let mut limits: Vec<f64> =
        (0..).map(|step| limit - 4.0 * f64::from(step)).take_while(|limit| *limit >= longest).collect();
    limits.reverse();
    limits.extend((longest > limit).then_some(limit));
    let fits = |lines: &Vec<String>| lines.last().is_some_and(|line| width(line) <= last);
    let with = |count| {
        let all = limits.iter().map(|limit| wrap(text, *limit));
        all.filter(|lines| lines.len() == count).find(fits)
    };
    with(necessary).or_else(|| with(necessary + 1))
}

/// Breaks the last line until it fits.
fn break_last(lines: &mut Vec<String>, limit: f64) {
    while let Some(line) = lines.pop_if(|line| width(line) > limit) {
        let (first, hyphen, rest) = split(&line, limit);
        lines.push(format!("{first}{hyphen}"));
        lines.push(rest.to_owned());
    }
}

/// Splits a line that is too long into what fits, the hyphen that the break needs, and the rest.
fn split(line: &str, limit: f64) -> (&str, &'static str, &str) {
    let room = limit - width("-");
    let fits = |end: &usize| width(&line[..*end]) <= room;
    let ends = || line.char_indices().skip(1).filter(|(_, next)| em(*next) > 0.0).map(|(end, _)| end);
    let furthest = ends().take_while(fits).last().or_else(|| ends().next()).unwrap_or(line.len());
    let offered = line[..furthest].rfind(['-', '/', '–', '\u{ad}', ' ']);
    let end = offered.map(|at| at + line[at..].chars().next().map_or(0, char::len_utf8));
    let (first, rest) = line.split_at(end.filter(|end| *end > furthest / 3).unwrap_or(furthest));
    let is_in_word = first.ends_with(|last: char| last == '\u{ad}' || last.is_alphabetic() && !is_wide(last));
    (first, if is_in_word && !rest.is_empty() { "-" } else { "" }, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, limit: f64, expected: &[&str]) {
        let lines = wrap(text, limit);
        assert_eq!(lines, expected);
        assert!(lines.iter().all(|line| width(line) <= limit), "{lines:?}");
    }

    #[test]
    fn lines_break_between_words() {
        check("", 100.0, &[""]);
        check("Lack of time", 328.0, &["Lack of time"]);
        check("Lack  of time", 70.0, &["Lack of", "time"]);
        check("Lack of\u{a0}time", 70.0, &["Lack", "of\u{a0}time"]);
    }

    #[test]
    fn long_words_break_at_their_hyphens_or_get_one() {
        check("Balint-Gruppenleiterin", 100.0, &["Balint-", "Gruppenleite-", "rin"]);
        check(
            "Arbeitsunfähigkeits\u{ad}bescheinigung",
            190.0,
            &["Arbeitsunfähigkeits\u{ad}-", "bescheinigung"],
        );
    }

    #[test]
    fn lines_are_balanced_beside_the_figures() {
        let label = "Use of unhealthy coping strategies";
        assert_eq!(balance(label, 324.0, 324.0), Some(vec![label.to_owned()]));
        let lines = balance(label, 324.0, 250.0).expect("two lines");
        assert_eq!(lines, ["Use of unhealthy", "coping strategies"]);
        assert_eq!(balance("Aufgabenübertragung", 324.0, 50.0), None);
    }

    #[test]
    fn scripts_without_spaces_break_without_hyphens() {
        check("困難な患者との経験", 80.0, &["困難な患者", "との経験"]);
    }
}
