//! The coordinator's calendar: opening, reminders and closing, as an iCalendar file (RFC 5545).

use icalendar::{Alarm, Calendar, Component, Event, EventLike, Property, Trigger};

use super::{Letter, Plan, Way};
use crate::digest::Digest;
use crate::window::Instant;

impl Plan {
    /// Returns the calendar; `now` is when it is made, in seconds since 1970.
    ///
    /// Each moment is written in UTC: an offset names no time zone, and this way none has to be guessed. An event of
    /// the same survey has the same UID in every calendar, so that a changed plan replaces the one before.
    pub fn calendar(&self, now: Instant) -> String {
        let mut calendar = Calendar::empty();
        for property in
            [("VERSION", "2.0"), ("PRODID", "-//balint-survey//planning//EN"), ("CALSCALE", "GREGORIAN")]
        {
            calendar.append_property(property);
        }
        calendar.name(&self.title);
        let send = |kind: &str, letter: &Letter| {
            let merge = if self.has_codes() { " (a mail merge with invitations.csv)" } else { "" };
            format!("Send the {kind} to everybody{merge}.\n\n{}\n\n{}", letter.subject, letter.body)
        };
        let invitation = self.invitation();
        let opening = (format!("Opens: {}", self.title), send("invitation", &invitation));
        calendar.push(self.event("opening", self.opens, now, opening));
        let reminders = self.reminders();
        for (place, letter) in reminders.iter().enumerate() {
            let summary = format!("Reminder {} of {}: {}", place + 1, reminders.len(), self.title);
            let texts = (summary, send("reminder", letter));
            calendar.push(self.event(&format!("reminder-{}", place + 1), letter.at, now, texts));
        }
        let closing = (format!("Closes: {}", self.title), self.what_to_do_at_the_close());
        calendar.push(self.event("closing", self.closes, now, closing));
        calendar.to_string()
    }

    fn event(
        &self,
        kind: &str,
        at: Instant,
        now: Instant,
        (summary, description): (String, String),
    ) -> Event {
        let uid = Digest::of(format!("{}\n{}\n{kind}", self.title, self.link).as_bytes());
        // OK because it is written as RFC 5545 has it.
        let trigger = Trigger::try_from(&Property::new("TRIGGER", "PT0S")).expect("a duration");
        let mut alarm = Alarm::display(&summary, trigger);
        // The library would give it the clock's time, and an id by chance.
        alarm.uid(&format!("{uid}-alarm@balint-survey")).add_property("DTSTAMP", utc(now));
        Event::new()
            .uid(&format!("{uid}@balint-survey"))
            .add_property("DTSTAMP", utc(now))
            // A new plan counts higher than the one before.
            .add_property("SEQUENCE", (now.seconds().max(0) / 60).to_string())
            .add_property("DTSTART", utc(at))
            .add_property("TRANSP", "TRANSPARENT")
            .url(&self.link)
            .description(&description)
            .summary(&summary)
            .alarm(alarm)
            .done()
    }

    fn what_to_do_at_the_close(&self) -> String {
        match self.way {
            Way::Personal => "Nobody can begin any more. There is nothing to collect: the answers stayed on the devices.",
            Way::Group { .. } => "Nobody can begin any more. Whoever has the passphrase closes the collection on its device, and keeps the release.",
            Way::Remote(_) => "Drop collector.json on the page for reports, or run `balint-survey collect`. Publish the release, and tell both operators to delete their stores.",
        }
        .to_owned()
    }
}

/// Returns a moment as a date-time of RFC 5545, in UTC.
fn utc(at: Instant) -> String {
    // OK because an instant has a year from 0 to 9999 in UTC, too.
    let (date, [hour, minute, second]) = at.at_offset(0).expect("a date in UTC").civil();
    format!(
        "{:04}{:02}{:02}T{hour:02}{minute:02}{second:02}Z",
        date.year(),
        u8::from(date.month()),
        date.day()
    )
}
