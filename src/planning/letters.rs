//! The invitation and the reminders, as plain text.
//!
//! **Invariant:** they promise nothing that the survey's first screen does not say in the same words.

use super::{Letter, Plan, Way};
use crate::view::words;
use crate::window::Instant;

/// What a mail merge with `invitations.csv` puts in the place of the link.
const OWN_LINK: &str = "{link}";

impl Plan {
    /// Returns the text of the invitation.
    pub fn invitation(&self) -> Letter {
        let length = self.length.as_ref().map(|length| format!(" It has {length}.")).unwrap_or_default();
        let opening = format!("You are invited to take part in “{}”.{length}", self.title);
        let when = format!(
            "It can be answered from {} until {}, here:",
            self.opens.in_words(),
            self.closes.in_words()
        );
        Letter {
            at: self.opens,
            subject: format!("Invitation: {}", self.title),
            body: self.body([opening, when, self.link_of_each()]),
        }
    }

    /// Returns the texts of the reminders, in order.
    pub fn reminders(&self) -> Vec<Letter> {
        self.reminders.iter().enumerate().map(|(place, at)| self.reminder(place, *at)).collect()
    }

    fn reminder(&self, place: usize, at: Instant) -> Letter {
        let opening = format!(
            "This reminder of “{}” goes to everybody who was invited. If you have answered, there is nothing more to do.",
            self.title
        );
        let when =
            format!("The survey closes on {}. Until then it can be answered here:", self.closes.in_words());
        let is_last = place + 1 == self.reminders.len();
        let kind = if is_last && place > 0 { "Last reminder" } else { "Reminder" };
        Letter {
            at,
            subject: format!("{kind}: {}", self.title),
            body: self.body([opening, when, self.link_of_each()]),
        }
    }

    fn link_of_each(&self) -> String {
        if self.has_codes() { OWN_LINK.to_owned() } else { self.link.clone() }
    }

    /// Returns whether everybody has a link of their own.
    pub(super) fn has_codes(&self) -> bool {
        matches!(&self.way, Way::Remote(task) if task.credentials.kind == "codes")
    }

    fn body(&self, first: [String; 3]) -> String {
        let promise: Vec<String> =
            self.promise().into_iter().map(|sentence| format!("- {sentence}\n")).collect();
        let promise =
            format!("What happens with your answers, as the first screen says:\n{}", promise.concat());
        let rest = [
            promise.trim_end().to_owned(),
            format!("What this cannot protect from: {}", self.risk()),
            "You can leave out any question. What you write in your own words is never passed on.".to_owned(),
            format!("Questions: {}", self.contact),
        ];
        first.into_iter().chain(rest).collect::<Vec<_>>().join("\n\n") + "\n"
    }

    /// Returns what the first screen says of the answers.
    pub fn promise(&self) -> Vec<String> {
        match &self.way {
            Way::Personal => vec![
                "They stay on this device. Nothing is sent to the school or to anybody else.".to_owned(),
                "They are not stored: when you finish or close this page, they are gone.".to_owned(),
            ],
            Way::Group { policy, is_named } => {
                let mut sentences = vec![
                    "They are added to the sums of this group, and then forgotten. Nobody sees them."
                        .to_owned(),
                ];
                if *is_named {
                    sentences.push("The device keeps the sums, enciphered, until the end.".to_owned());
                }
                sentences.extend(words::policy(policy));
                sentences
            }
            Way::Remote(task) => {
                let (leader, helper, batch) = (&task.leader.name, &task.helper.name, task.minimum_batch);
                vec![
                    format!("At the end your answers are split on this device into two shares, each of them nothing but random numbers. One is sealed for {leader}, the other for {helper}; what is sent goes through {leader}."),
                    "Each of the two adds the shares of everybody. Neither can read an answer from what it has.".to_owned(),
                    format!("Only the two sums together tell something: of at least {batch} people, once, to the person who runs the survey."),
                ]
            }
        }
    }

    /// Returns the first thing that no way of answering protects from; the survey itself tells the others.
    pub fn risk(&self) -> String {
        let page = words::residual_risks()[0];
        match &self.way {
            Way::Personal => page.to_owned(),
            Way::Group { .. } => format!("{page} {}", words::residual_risks()[1]),
            Way::Remote(task) => format!(
                "If {} and {} put their shares together, they can read every answer. {page}",
                task.leader.name, task.helper.name
            ),
        }
    }
}
