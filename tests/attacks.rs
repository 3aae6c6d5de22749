//! Every attack on anonymity that the project knows, and the test that makes it.
//!
//! The list begins with A1–A15 of the release rules (`tests/data/README.md` says where they come from); from A16 on it
//! is about a survey that is answered from home, and at the end about one in a frame. Most attacks are made where the thing attacked is tested; the few that
//! stand between those places are made here.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use balint_survey::disclosure::{POLICIES, Policy, Release, Rules};
use balint_survey::instrument::Instrument;
use balint_survey::report::Report;

/// An attack, what it tries, and the tests that make it: a function of Rust, or the sentence of a browser test.
type Attack = (&'static str, &'static str, &'static [&'static str]);

const ATTACKS: [Attack; 31] = [
    (
        "A1",
        "releasing a collection twice",
        &[
            "closing_makes_one_release_and_ends_the_collection",
            "two_releases_of_one_collection_are_not_merged",
            "another release of the same collection is refused, and can be downloaded",
        ],
    ),
    ("A2", "a mean beside a pooled table", &["a_mean_is_never_shown_beside_a_table_that_is_not_full"]),
    (
        "A3",
        "all tick counts but one, and the mean number of ticks",
        &["the_mean_number_of_ticks_is_withheld_where_a_tick_is_banded"],
    ),
    ("A4", "one man among them", &["the_correlation_with_sex_is_withheld_where_men_are_few"]),
    (
        "A5",
        "a distribution over everybody, less that of the pairs",
        &["the_distribution_of_a_pairs_partner_is_withheld_however_many_have_no_pair"],
    ),
    (
        "A6",
        "p or an interval with more digits than r",
        &["a_rounded_coefficient_is_all_that_the_report_computes_from"],
    ),
    (
        "A7",
        "the pair sums of a Balint group's statements",
        &[
            "the_statements_of_a_balint_group_are_never_correlated",
            "the_distribution_of_a_sum_of_items_is_withheld",
            "the_row_of_one_who_left_a_statement_out_is_no_difference_of_sums",
        ],
    ),
    (
        "A8",
        "unanimity, one dissenter and four",
        &[
            "unanimity_one_dissenter_and_four_give_the_same_release",
            "dissenters_do_not_show_in_the_smallest_group_that_releases",
            "one_dissenter_does_not_show_in_a_small_group",
        ],
    ),
    (
        "A9",
        "a merged release less one of its parts",
        &["a_part_taken_from_a_merged_release_leaves_only_what_the_other_part_shows"],
    ),
    (
        "A10",
        "everybody who was eligible has answered",
        &["bands_hold_when_everybody_who_was_eligible_has_answered"],
    ),
    (
        "A11",
        "reading the device's storage before and after a respondent",
        &[
            "the_state_is_stored_after_every_five_and_never_after_one",
            "a_state_is_read_back_and_its_length_tells_nothing",
            "the device keeps the sums of a group enciphered, in batches of five, and in the end the release until it has arrived",
        ],
    ),
    (
        "A12",
        "counting screens and questions while somebody answers",
        &[
            "on_a_shared_device_everybody_is_shown_the_same_questions",
            "whoever_obeys_the_words_of_a_question_is_asked_for_nothing_more",
            "two groups with different answers leave the same traces",
        ],
    ),
    (
        "A13",
        "a forged release",
        &[
            "forged_sums_of_products_are_refused",
            "bases_that_do_not_add_up_are_refused",
            "whatever_is_forged_is_refused_with_a_reason_or_possible",
        ],
    ),
    (
        "A14",
        "searching everything for words that were typed",
        &["two people with different answers leave the same traces on their own devices"],
    ),
    (
        "A15",
        "telling the reasons for withholding apart",
        &["small_cells_and_unanimity_and_no_variance_read_the_same"],
    ),
    (
        "A16",
        "reading what one operator has: its store, its shares, the wire",
        &[
            "store_of_the_leader_says_nothing_of_known_answers",
            "store_of_the_helper_says_nothing_of_known_answers",
            "stores_have_neither_shares_nor_keys_after_the_collection",
            "uploads_of_different_answers_have_equal_length_and_nothing_in_common",
            "what leaves a device has the same length whatever is answered, and nothing else in common",
        ],
    ),
    (
        "A17",
        "filling a batch with forged reports around one victim",
        &[
            "a_batch_is_large_enough_and_can_be_reached",
            "a_proof_does_neither_for_the_other_operator_nor_for_another_task",
            "bad_reports_are_left_out_and_the_batch_is_collected_once",
            "tokens_of_the_portal_open_one_submission_each",
        ],
    ),
    (
        "A18",
        "collecting twice, a part of the window, or a small batch: differences of sums",
        &[
            "helper_gives_its_share_away_once",
            "helper_refuses_what_a_lying_leader_asks_of_it",
            "leader_refuses_collections_that_are_not_of_the_whole_window_or_too_small_and_stays_open",
        ],
    ),
    (
        "A19",
        "counting for more than one: entries beyond one, replayed reports",
        &[
            "bad_reports_are_left_out_and_the_batch_is_collected_once",
            "leader_refuses_reports_that_are_none_of_its_task",
            "290 students answer from home, some with a bad connection: each counts once, as if counted in the plain",
        ],
    ),
    (
        "A20",
        "ticking what contradicts itself, so that nothing can be released",
        &["what_contradicts_itself_is_void_and_the_rest_is_released"],
    ),
    (
        "A21",
        "tying a credential to a report, or a login to a token",
        &[
            "the_portal_sees_nothing_of_what_the_operators_see",
            "the_file_of_the_codes_is_sorted_and_for_one_operator_and_task",
        ],
    ),
    (
        "A22",
        "one operator in two roles, or another task in the page",
        &[
            "two_operators_do_not_share_a_host",
            "a_page_takes_the_task_that_it_names_and_no_other",
            "a task that is not the one that the page names is refused in the widget",
        ],
    ),
    (
        "A23",
        "splitting the same answers twice: two reports whose shares could be subtracted",
        &[
            "what_is_on_its_way_can_be_sent_again_or_given_up_but_not_changed",
            "a code that is mistyped, unknown or used is named, and the right one is taken with the same sealed shares",
        ],
    ),
    ("A24", "choosing after whom a survey ends", &["operators_give_no_sum_away_before_the_last_day_is_over"]),
    (
        "A25",
        "making the operators disagree, or one of them stop: a report that is good for one, or too large",
        &[
            "report_that_is_good_for_the_helper_alone_is_left_out_by_both",
            "large_shares_for_the_helper_are_refused_so_that_every_job_is_taken",
        ],
    ),
    (
        "A26",
        "inviting more than there are: a second list of codes, or none",
        &[
            "second_list_of_codes_is_refused",
            "without_credentials_the_leader_takes_as_many_reports_as_people_were_invited_even_at_once",
        ],
    ),
    (
        "A27",
        "reading from the height of a frame which questions somebody is asked",
        &[
            "a frame is as high as the survey, and has one height while somebody answers, whatever they answer",
            "only the origin that is named is told anything",
        ],
    ),
    (
        "A28",
        "a page around the survey that invites clicks into it, or asks for a group's passphrase in its name",
        &[
            "nobody else may frame a page, unless the server was told so",
            "what is wrong in a frame's address is named, where the survey would be",
        ],
    ),
    (
        "A29",
        "letting a page, or somebody at another part of it, pass for the one who has a group's device",
        &[
            "a page that moves by itself keeps nobody's answers, and neither does somebody at another part of it",
            "without a reply the answers are erased, at least twenty seconds after the question",
        ],
    ),
    (
        "A30",
        "having a release that waits sent to another endpoint than the facilitator was told of",
        &["a release that waits for one endpoint is not sent to another"],
    ),
    (
        "A31",
        "finding on a device whose invitation code was used on it",
        &["a_code_that_was_handed_in_with_is_not_shown_to_the_next_person"],
    ),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let is_modules = path.ends_with("node_modules");
        if path.is_dir() && !is_modules {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "mjs") {
            found.push(path);
        }
    }
}

#[test]
fn every_attack_is_made_by_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    sources(&root.join("tests"), &mut files);
    let own = root.join("tests/attacks.rs");
    let texts: Vec<String> = files
        .iter()
        .map(|path| {
            let text = fs::read_to_string(path).expect("a source");
            // The list itself is no test.
            let list = text.find("const ATTACKS").filter(|_| *path == own);
            list.map_or_else(|| text.clone(), |at| text[at..].split_once("];").expect("its end").1.to_owned())
        })
        .collect();
    for (place, (number, what, tests)) in ATTACKS.iter().enumerate() {
        assert_eq!(*number, format!("A{}", place + 1));
        for test in *tests {
            let is_test = |text: &String| {
                text.contains(&format!("#[test]\nfn {test}("))
                    || text.contains(&format!("#[test]\n    fn {test}("))
                    || text.contains(&format!("scenario(\"{test}\""))
                    || text.contains(&format!("scenario(\n  \"{test}\""))
                    || text.contains(&format!("operated(\n  \"{test}\""))
                    || text.contains(&format!("frameScenario(\"{test}\""))
                    || text.contains(&format!("frameScenario(\n  \"{test}\""))
            };
            assert!(texts.iter().any(is_test), "{number}, {what}: there is no test {test:?}");
        }
    }
}

fn made(instrument: &Instrument, policy: &Policy, csv: &str, name: &str) -> Release {
    common::made(instrument, csv, policy.name(), name, None)
}

#[test]
fn two_releases_of_one_collection_are_not_merged() {
    let instrument = Instrument::find("stress-experience").expect("a built-in instrument");
    let csv = include_str!("data/stress_46.csv");
    for policy in POLICIES.iter().filter(|policy| policy.rules() != Rules::Bands) {
        let (a, b) = (made(&instrument, policy, csv, "a"), made(&instrument, policy, csv, "a"));
        assert!(a.merge(&b).is_err(), "{}", policy.name());
    }
}

/// Returns a Balint group's survey, with the statements answered like this; everything else is left out.
fn statements(answers: &[(&str, usize)]) -> String {
    let header = include_str!("data/post_6.csv").lines().next().expect("a header").to_owned();
    let cells = |code: &str| -> String {
        let cell = |name: &str| if name.starts_with('q') { code } else { "" };
        header.split(',').map(cell).collect::<Vec<_>>().join(",")
    };
    let rows = answers.iter().flat_map(|(code, count)| std::iter::repeat_n(cells(code), *count));
    [header.clone()].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_mean_is_never_shown_beside_a_table_that_is_not_full() {
    let instrument = Instrument::find("post-program").expect("a built-in instrument");
    let tables: [&[(&str, usize)]; 4] = [
        &[("1", 6), ("2", 6), ("3", 6), ("4", 6)],
        &[("1", 2), ("2", 6), ("3", 6), ("4", 6)],
        &[("3", 1), ("4", 20)],
        &[("4", 20)],
    ];
    for policy in &POLICIES {
        for table in tables {
            let report = Report::new(&made(&instrument, policy, &statements(table), "a"), &instrument);
            for item in &report.items {
                let codes = item.categories.iter().flatten();
                let full =
                    codes.filter(|found| found.count.exact().is_some() && !found.code.contains('+')).count();
                let figures = [item.mean, item.sd, item.median];
                let has_any = figures.iter().any(Option::is_some);
                assert!(!has_any || full == 4, "{} {table:?}: {item:?}", policy.name());
            }
        }
    }
}

#[test]
fn the_statements_of_a_balint_group_are_never_correlated() {
    let instrument = Instrument::find("post-program").expect("a built-in instrument");
    assert!(instrument.pairs().is_empty());
    let csv = statements(&[("1", 6), ("2", 6), ("3", 6), ("4", 6)]);
    for policy in &POLICIES {
        let release = made(&instrument, policy, &csv, "a");
        assert!(release.correlations().is_empty(), "{}", policy.name());
        let has_sum = release.derived().iter().any(|variable| variable.counts.is_some());
        assert_eq!(has_sum, policy.rules() == Rules::Exact, "{}", policy.name());
    }
}
