//! How figures are written, after the habits of the field.

use crate::disclosure::Count;

/// What stands for a figure that does not exist.
pub const NONE: &str = "–";

/// Returns a number with a fixed number of decimals, halves rounded away from zero.
///
/// Rust's own formatting rounds halves to even, which turns 1 of 8 into 12 %.
pub fn fixed(value: f64, decimals: u32) -> String {
    let unit = 10_u64.pow(decimals);
    // In integers, which also keeps the code that formats floating point out of the widget.
    let rounded = (value.abs() * unit as f64).round() as u64;
    let sign = if value < 0.0 && rounded > 0 { "−" } else { "" };
    match decimals {
        0 => format!("{sign}{rounded}"),
        _ => format!("{sign}{}.{:0width$}", rounded / unit, rounded % unit, width = decimals as usize),
    }
}

/// Returns a whole percentage, such as `48%`.
pub fn percent(value: f64) -> String {
    format!("{}%", fixed(value, 0))
}

/// Returns a figure that cannot pass 1, without its leading zero: `.31`, `−.40`.
pub fn fraction(value: f64, decimals: u32) -> String {
    fixed(value, decimals).replacen("0.", ".", usize::from(value.abs() < 1.0))
}

/// Returns a p-value with its sign: `= .046`, `< .001`.
pub fn p_value(p: f64) -> String {
    if p < 0.001 { "< .001".to_owned() } else { format!("= {}", fraction(p, 3)) }
}

/// Returns a p-value as it stands in a table: `.046`, `<.001`.
pub fn p_cell(p: f64) -> String {
    if p < 0.001 { "<.001".to_owned() } else { fraction(p, 3) }
}

/// Returns a small number as a word, as sentences have it.
pub fn number_word(number: usize) -> String {
    const WORDS: [&str; 11] =
        ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    WORDS.get(number).map_or_else(|| number.to_string(), |word| (*word).to_owned())
}

/// Returns a count as readers see it, for those that are no number.
pub fn count(count: Count) -> String {
    match count {
        Count::Below(limit) => format!("fewer than {limit} people"),
        Count::Above(limit) => format!("more than {limit} people"),
        Count::Between => "between 20% and 80%".to_owned(),
        Count::AtLeast(percent) => format!("{percent}% or more"),
        Count::AtMost(percent) => format!("{percent}% or fewer"),
        other => other.to_string(),
    }
}

/// Returns `write` of a figure, or a dash.
pub fn or_none(value: Option<f64>, write: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| NONE.to_owned(), write)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_rounded_away_from_zero() {
        assert_eq!(fixed(12.5, 0), "13");
        assert_eq!(fixed(-12.5, 0), "−13");
        assert_eq!(fixed(3.25, 1), "3.3");
        assert_eq!(percent(0.5), "1%");
    }

    #[test]
    fn fractions_have_no_leading_zero() {
        assert_eq!(fraction(0.306_3, 2), ".31");
        assert_eq!(fraction(-0.4, 2), "−.40");
        assert_eq!(fraction(1.0, 2), "1.00");
        assert_eq!(fraction(0.999_9, 2), "1.00");
        assert_eq!(fraction(-0.001, 2), ".00");
    }

    #[test]
    fn small_p_values_are_bounds() {
        assert_eq!(p_value(0.045_7), "= .046");
        assert_eq!(p_value(0.000_99), "< .001");
        assert_eq!(p_value(0.001), "= .001");
    }
}
