//! The invitation and the reminders, as plain text.
//!
//! **Invariant:** they promise nothing that the survey's first screen does not say in the same words.

use super::{Letter, Plan, Way};
use crate::language::Language;
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
            Language::default().all_is_optional().to_owned(),
            format!("Questions: {}", self.contact),
        ];
        first.into_iter().chain(rest).collect::<Vec<_>>().join("\n\n") + "\n"
    }

    /// Returns what the first screen says of the answers.
    pub fn promise(&self) -> Vec<String> {
        let said = Language::default();
        match &self.way {
            Way::Personal => vec![said.stays_on_device().to_owned(), said.not_stored().to_owned()],
            Way::Group { policy, is_named } => {
                let mut sentences = vec![said.added_to_sums().to_owned()];
                if *is_named {
                    sentences.push(said.sums_are_kept().to_owned());
                }
                sentences.extend(words::policy(&said, policy));
                sentences
            }
            Way::Remote(task) => {
                let (leader, helper) = (&task.leader.name, &task.helper.name);
                vec![
                    said.split_in_two(leader, helper),
                    said.neither_can_read().to_owned(),
                    said.only_both_sums(task.minimum_batch),
                ]
            }
        }
    }

    /// Returns the first thing that no way of answering protects from; the survey itself tells the others.
    pub fn risk(&self) -> String {
        let said = Language::default();
        let [page, room, ..] = words::residual_risks(&said);
        match &self.way {
            Way::Personal => page.to_owned(),
            Way::Group { .. } => format!("{page} {room}"),
            Way::Remote(task) => {
                format!("{} {page}", said.risk_together(&task.leader.name, &task.helper.name))
            }
        }
    }
}
