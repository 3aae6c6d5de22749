//! What a coordinator is told before the sum is asked for, in plain words.

use serde::Serialize;

use super::super::Role;
use super::super::credential::Credentials;
use super::super::task::{Moment, Task};

/// A task, as the coordinator's page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Description {
    pub collection: String,
    /// The names of both operators.
    pub operators: String,
    /// What is known of the survey: labels with values.
    pub facts: Vec<(&'static str, String)>,
    /// What will happen.
    pub sentences: Vec<String>,
    /// What must be confirmed first, as the survey is still open.
    pub confirmation: Option<String>,
    /// Why there is nothing to ask for yet.
    pub obstacle: Option<String>,
}

impl Description {
    /// Describes a task at a moment, in seconds since 1970.
    pub fn new(task: &Task, now: u64) -> Description {
        let document = task.document();
        let moment = task.moment(now);
        let closes = &document.closes;
        let confirmation =
            format!("The survey is open until the end of {closes} (UTC). Close it now, for good.");
        let obstacle =
            format!("The survey opens on {} (UTC): there is nothing to ask for yet.", document.opens);
        Description {
            collection: document.collection.clone(),
            operators: Role::BOTH.map(|role| task.operator(role).name.as_str()).join(" and "),
            facts: facts(task),
            sentences: sentences(task, moment),
            confirmation: (moment == Moment::Open).then_some(confirmation),
            obstacle: (moment == Moment::BeforeOpening).then_some(obstacle),
        }
    }
}

fn facts(task: &Task) -> Vec<(&'static str, String)> {
    let document = task.document();
    let operator = |role: Role| {
        let operator = task.operator(role);
        format!("{} ({})", operator.name, operator.url.trim_end_matches('/'))
    };
    let mut facts = vec![
        ("Survey", task.instrument().text().title.clone()),
        ("Collection", document.collection.clone()),
        ("Operators", Role::BOTH.map(operator).join(" and ")),
        ("Open", format!("{} to {} (UTC)", document.opens, document.closes)),
        ("Invited", document.eligible.to_string()),
        ("Minimum batch", format!("{} reports", document.minimum_batch)),
        ("Policy", document.policy.clone()),
    ];
    if task.is_demonstration() {
        facts.push(("Note", "A demonstration: one machine is not two operators.".to_owned()));
    }
    facts
}

fn sentences(task: &Task, moment: Moment) -> Vec<String> {
    let document = task.document();
    let (batch, policy) = (document.minimum_batch, &document.policy);
    let leader = &task.operator(Role::Leader).name;
    let fewer = match moment {
        Moment::AfterClosing => "the survey is over: nothing can be opened any more",
        Moment::BeforeOpening | Moment::Open => "nothing is opened and the survey goes on",
    };
    let mut sentences = vec![
        "Asking for the sum closes the survey; once it is opened, reports that come later are refused.".to_owned(),
        format!("The sum opens only with at least {batch} reports, and only once. With fewer, {fewer}."),
        format!("{leader} gives both operators’ parts, each sealed for this key. They are added in this page, and neither a part nor the sum is shown, sent or stored: what you get is the release by the policy “{policy}”."),
        "If this is broken off, or the page is closed, ask again with the same file: it goes on where it stopped.".to_owned(),
    ];
    if document.credentials == Credentials::None {
        sentences.push(
            "The survey took no credentials: anybody can have answered, as often as they liked.".to_owned(),
        );
    }
    sentences
}
