//! Shares of people in words: one place decides what “about half” means.

use crate::language::Language;

/// Says a share in a language.
type Say = fn(&Language) -> &str;

/// How a percentage up to each bound is said, which is not in it.
///
/// Between two fractions the bound is half-way, so that a share is called by the nearest one. The words say no more
/// than the number, and judge nobody.
const WORDS: [(f64, Say); 13] = [
    (5.0, Language::share_few),
    (15.0, Language::share_tenth),
    (22.5, Language::share_fifth),
    (29.15, Language::share_quarter),
    (36.65, Language::share_third),
    (45.0, Language::share_two_fifths),
    (55.0, Language::share_half),
    (63.35, Language::share_three_fifths),
    (70.85, Language::share_two_thirds),
    (77.5, Language::share_three_quarters),
    (85.0, Language::share_four_fifths),
    (95.0, Language::share_nine_tenths),
    (100.0, Language::share_nearly_all),
];

/// Returns so many of so many in words, to be followed by “of those …”; `None` of nobody.
pub fn share(words: &Language, count: u64, base: u64) -> Option<&str> {
    if base == 0 || count > base {
        return None;
    }
    Some(match count {
        0 => words.share_none(),
        _ if count == base => words.share_all(),
        _ => {
            let percent = 100.0 * count as f64 / base as f64;
            let found = WORDS.iter().find(|(bound, _)| percent < *bound);
            found.map_or_else(|| words.share_nearly_all(), |(_, say)| say(words))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(count: u64, base: u64) -> Option<String> {
        super::share(&Language::default(), count, base).map(str::to_owned)
    }

    /// What each of the words is taken to mean, in percent.
    const MEANINGS: [(&str, f64); 11] = [
        ("About one in ten", 10.0),
        ("About one in five", 20.0),
        ("About a quarter", 25.0),
        ("About a third", 33.3),
        ("About two in five", 40.0),
        ("About half", 50.0),
        ("About three in five", 60.0),
        ("About two thirds", 66.7),
        ("About three quarters", 75.0),
        ("About four in five", 80.0),
        ("About nine in ten", 90.0),
    ];

    #[test]
    fn every_percentage_is_called_by_the_nearest_fraction() {
        for tenths in 1..1000 {
            let percent = tenths as f64 / 10.0;
            let words = share(tenths, 1000).expect("a share");
            match MEANINGS.iter().find(|(name, _)| *name == words) {
                Some((_, meaning)) => {
                    let distance = (percent - meaning).abs();
                    assert!(distance <= 5.0, "{percent}% is {words}");
                    let nearest = MEANINGS.iter().map(|(_, other)| (percent - other).abs());
                    assert!(distance <= nearest.fold(f64::MAX, f64::min) + 0.001, "{percent}% is {words}");
                }
                None if percent < 5.0 => assert_eq!(words, "Very few", "{percent}%"),
                None => assert!(words == "Nearly all" && percent >= 95.0, "{percent}% is {words}"),
            }
        }
    }

    #[test]
    fn nobody_and_everybody_are_said_of_nobody_and_everybody_alone() {
        for (count, base, words) in [
            (0, 46, Some("None")),
            (1, 46, Some("Very few")),
            (45, 46, Some("Nearly all")),
            (46, 46, Some("All")),
            (1, 1_000_000, Some("Very few")),
            (999_999, 1_000_000, Some("Nearly all")),
            (0, 0, None),
            (2, 1, None),
        ] {
            assert_eq!(share(count, base).as_deref(), words, "{count} of {base}");
        }
    }

    /// As the published study is put into words.
    #[test]
    fn the_figures_of_the_study_read_well() {
        for (count, words) in [
            (22, "About half"),
            (14, "About a third"),
            (10, "About one in five"),
            (2, "Very few"),
            (17, "About two in five"),
            (27, "About three in five"),
            (44, "Nearly all"),
            (40, "About nine in ten"),
            (39, "About four in five"),
            (26, "About three in five"),
        ] {
            assert_eq!(share(count, 46).as_deref(), Some(words), "{count} of 46");
        }
    }
}
