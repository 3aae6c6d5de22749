//! The CHERRIES checklist, filled in as far as the widget knows the answer.
//!
//! Eysenbach G. Improving the quality of web surveys: the Checklist for Reporting Results of Internet
//! E-Surveys (CHERRIES). *J Med Internet Res* 2004;6(3):e34, corrected 2012;14(1):e8.

use serde::Serialize;

use super::fieldwork::Fieldwork;
use super::method::{self, collected};
use super::{Report, format};
use crate::disclosure::Policy;
use crate::instrument::{Instrument, Item, Kind, Source};

/// One entry of the checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    pub category: &'static str,
    pub item: &'static str,
    /// `None` where only the investigators know, and have not said it.
    pub text: Option<String>,
}

/// Returns the thirty entries, in the checklist's order.
pub fn checklist(report: &Report, instrument: &Instrument) -> Vec<Entry> {
    [design(report, instrument), administration(report, instrument), analysis(report)].concat()
}

fn entry(category: &'static str, item: &'static str, text: impl Into<String>) -> Entry {
    Entry { category, item, text: Some(text.into()) }
}

/// An entry that only the investigators can fill in.
fn theirs(category: &'static str, item: &'static str, text: &Option<String>) -> Entry {
    Entry { category, item, text: text.clone() }
}

/// An entry of which the widget knows a part; what the investigators say is added.
fn partly(category: &'static str, item: &'static str, known: &str, text: &Option<String>) -> Entry {
    let text = text.as_ref().map_or_else(|| known.to_owned(), |text| format!("{known} {text}"));
    entry(category, item, text)
}

fn design(report: &Report, instrument: &Instrument) -> Vec<Entry> {
    const CONSENT: &str = "IRB approval and informed consent";
    const TESTING: &str = "Development and pre-testing";
    const RECRUITMENT: &str = "Recruitment";
    let Fieldwork { design, ethics, consent, pilot, contact, announcement, .. } = &report.fieldwork;
    let population = format!(
        "Meant for {}; {} eligible.",
        instrument.text().population,
        report
            .eligible
            .map_or_else(|| "not stated how many were".to_owned(), |eligible| eligible.to_string())
    );
    vec![
        partly("Design", "Describe survey design", &population, design),
        theirs(CONSENT, "IRB approval", ethics),
        partly(
            CONSENT,
            "Informed consent",
            "The first screen states how long the survey takes, what leaves the device, and the rules of release; answering is voluntary, and respondents can stop at any point.",
            consent,
        ),
        entry(CONSENT, "Data protection", protection(report)),
        partly(TESTING, "Development and testing", &origin(instrument), pilot),
        entry(
            RECRUITMENT,
            "Open versus closed survey",
            "Closed: one collection for a named group, which was closed before its only release.",
        ),
        theirs(RECRUITMENT, "Contact mode", contact),
        Entry {
            text: [announcement.clone(), report.fieldwork.reminders.map(method::reminders)]
                .into_iter()
                .flatten()
                .reduce(|a, b| format!("{a} {b}")),
            ..theirs(RECRUITMENT, "Advertising the survey", announcement)
        },
    ]
}

fn protection(report: &Report) -> String {
    let rules = Policy::named(&report.policy).map_or_else(|_| String::new(), |policy| method::rules(&policy));
    format!(
        "No individual answer is stored or sent; answers are added up where they are given, and one aggregate is released per collection. By the policy {} (SHA-256 {}), {rules}",
        report.policy,
        method::short(&report.policy_hash)
    )
}

fn origin(instrument: &Instrument) -> String {
    let inferred = instrument.items().filter(|(_, item)| item.source == Source::Inferred).count();
    let added = match inferred {
        0 => String::new(),
        1 => " The wording of one question is this project’s.".to_owned(),
        n => format!(" The wording of {n} questions is this project’s."),
    };
    format!("{}{added}", instrument.text().origin)
}

fn administration(report: &Report, instrument: &Instrument) -> Vec<Entry> {
    const ADMINISTRATION: &str = "Administration";
    const RATES: &str = "Response rates";
    let Fieldwork { context, incentives, .. } = &report.fieldwork;
    let items = instrument.items().len();
    let sections = instrument.sections().len();
    let per_screen: Vec<String> =
        instrument.sections().iter().map(|section| section.items.len().to_string()).collect();
    let window = collected(&report.fieldwork).map(|window| format!("{window} Only days are kept, no times."));
    vec![
        entry(
            ADMINISTRATION,
            "Web/E-mail",
            "On the web, in the browser; nothing was entered by hand from paper.",
        ),
        theirs(ADMINISTRATION, "Context", context),
        entry(ADMINISTRATION, "Mandatory/voluntary", "Voluntary; every question could be left out."),
        theirs(ADMINISTRATION, "Incentives", incentives),
        Entry { category: ADMINISTRATION, item: "Time/Date", text: window },
        entry(ADMINISTRATION, "Randomization of items", "None: the same order for everybody."),
        entry(ADMINISTRATION, "Adaptive questioning", adaptive(instrument)),
        entry(
            ADMINISTRATION,
            "Number of items",
            format!("{items} questions, on screens of {}.", per_screen.join(", ")),
        ),
        entry(
            ADMINISTRATION,
            "Number of screens",
            format!("{sections} screens of questions, after an introduction and before a review."),
        ),
        entry(
            ADMINISTRATION,
            "Completeness check",
            "Before each next screen, unanswered questions are named; they can be left out on purpose. How many did so is in the tables, as far as the policy allows.",
        ),
        entry(
            ADMINISTRATION,
            "Review step",
            "Yes: all answers were shown, and could be changed, before they were handed in.",
        ),
        entry(RATES, "Unique site visitor", "Not measured, by design: it would need a cookie or an address."),
        entry(RATES, "View rate", "Not measured, by design: visits are not counted."),
        entry(
            RATES,
            "Participation rate",
            "Not measured, by design: who opened the survey and did not answer is not counted.",
        ),
        entry(RATES, "Completion rate", completion(report)),
        entry("Multiple entries", "Cookies used", "None."),
        entry("Multiple entries", "IP check", "None; the widget never sees an address."),
        entry("Multiple entries", "Log file analysis", "None."),
        entry(
            "Multiple entries",
            "Registration",
            "None; more respondents than were eligible are refused a release.",
        ),
    ]
}

fn adaptive(instrument: &Instrument) -> String {
    let rule = |item: &Item| {
        let condition = item.condition.as_ref()?;
        let (on, labels) = (instrument.item(condition.item), condition.labels(instrument));
        let is = if condition.negated { "is not" } else { "is" };
        Some(format!("“{}” counts where “{}” {is} {labels}", item.label, on.label))
    };
    let rules: Vec<String> = instrument.items().filter_map(|(_, item)| rule(item)).collect();
    match rules[..] {
        [] => "None.".to_owned(),
        _ => {
            format!("None on the shared device: everybody is shown the same questions. {}.", rules.join("; "))
        }
    }
}

fn completion(report: &Report) -> String {
    match report.complete {
        Some(complete) => {
            format!("Break-offs are not counted. Of those who handed in, {}.", complete.words())
        }
        None => "Break-offs are not counted, and how many left nothing out is withheld.".to_owned(),
    }
}

fn analysis(report: &Report) -> Vec<Entry> {
    const ANALYSIS: &str = "Analysis";
    let correction = match report.correlations.len() {
        0 => "None: no weights.".to_owned(),
        _ if !method::is_adjusted(report) => {
            "No weights; no adjustment of p-values, since not all are released.".to_owned()
        }
        n => format!(
            "No weights. Holm’s adjustment over the {} planned {}.",
            format::number_word(n),
            if n == 1 { "correlation" } else { "correlations" }
        ),
    };
    vec![
        entry(
            ANALYSIS,
            "Handling of incomplete questionnaires",
            "Available cases: whoever answered a question is in its base, and each figure stands with its base.",
        ),
        entry(
            ANALYSIS,
            "Questionnaires submitted with an atypical timestamp",
            "None excluded: no times are kept, and answers that are added up cannot be taken out again.",
        ),
        entry(ANALYSIS, "Statistical correction", correction),
    ]
}

/// Returns whether an instrument has open questions, whose words are never collected.
pub(super) fn has_open(instrument: &Instrument) -> bool {
    instrument.items().any(|(_, item)| item.kind == Kind::Open)
}
