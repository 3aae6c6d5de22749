//! When a survey can be answered: from one moment on, and until another.
//!
//! A moment is written as in RFC 3339, with its offset from UTC: `2026-01-12T08:00:00+01:00`. The seconds may be
//! left away, as HTML's `<time datetime>` allows. What has no offset is refused, a day alone, too: the widget would
//! have to guess the time zone, and whether a survey that closes on a day can still be answered in its evening.
//!
//! It stands before everything else, since it is about no answers: the widget, the task of a remote survey, the
//! calendar and the invitation all take the window from here.

use std::fmt;

use time::{Date, Month};

/// How many seconds a day has.
const DAY: i64 = 86_400;
/// The Julian day of 1970-01-01.
const EPOCH: i64 = 2_440_588;

/// When a survey can be answered; an end that is not there is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    opens: Option<Instant>,
    closes: Option<Instant>,
}

/// Where a moment lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    BeforeOpening,
    Open,
    AfterClosing,
}

impl Window {
    /// Returns the window between two instants.
    ///
    /// # Errors
    ///
    /// If it does not open before it closes.
    pub fn new(opens: Option<Instant>, closes: Option<Instant>) -> Result<Window, WindowError> {
        match (opens, closes) {
            (Some(opens), Some(closes)) if opens.seconds >= closes.seconds => {
                Err(WindowError::Order { opens, closes })
            }
            _ => Ok(Window { opens, closes }),
        }
    }

    /// Parses the attributes `opens` and `closes`; one that is not there leaves its end open.
    ///
    /// # Errors
    ///
    /// Names the attribute, what was found and what was expected.
    pub fn parse(opens: Option<&str>, closes: Option<&str>) -> Result<Window, WindowError> {
        let parse = |name: &'static str, text: Option<&str>| {
            let refused = |(text, problem)| WindowError::Instant { name, found: text, problem };
            text.map(|text| Instant::parse(text).map_err(|problem| refused((text.to_owned(), problem))))
                .transpose()
        };
        Window::new(parse("opens", opens)?, parse("closes", closes)?)
    }

    /// Returns the first moment at which the survey can be answered.
    pub fn opens(&self) -> Option<Instant> {
        self.opens
    }

    /// Returns the first moment at which it cannot be answered any more.
    pub fn closes(&self) -> Option<Instant> {
        self.closes
    }

    /// Returns where a moment lies, in seconds since 1970.
    pub fn moment(&self, seconds: i64) -> Moment {
        match (self.opens, self.closes) {
            (Some(opens), _) if seconds < opens.seconds => Moment::BeforeOpening,
            (_, Some(closes)) if seconds >= closes.seconds => Moment::AfterClosing,
            _ => Moment::Open,
        }
    }
}

/// A moment, and how it was written: with which offset from UTC.
///
/// Its year, at its offset and in UTC, is one of 0 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instant {
    seconds: i64,
    /// In minutes, positive to the east; less than a day.
    offset: i32,
}

/// Why a text is no instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstantProblem {
    /// It is not of the form, or there is no such day or hour.
    Form,
    /// A day, without the time.
    DayAlone,
    /// Day and time, without the offset: it is another moment in every time zone.
    NoOffset,
}

impl Instant {
    /// Returns the instant so many seconds after 1970 began in UTC (before, where negative), to be written at an
    /// offset in minutes; `None` where that has no year from 0 to 9999, or the offset is a day or more.
    pub fn new(seconds: i64, offset: i32) -> Option<Instant> {
        let instant = Instant { seconds, offset };
        let has_date = |at: i64| date(at).is_some_and(|date| date.year() >= 0);
        let is_small = i64::from(offset.unsigned_abs()) * 60 < DAY;
        (is_small && has_date(seconds) && has_date(seconds.checked_add(i64::from(offset) * 60)?))
            .then_some(instant)
    }

    /// Parses a date-time of RFC 3339, whose seconds may be left away; fractions of a second are.
    ///
    /// # Errors
    ///
    /// If it is none, or its time zone is not known.
    pub fn parse(text: &str) -> Result<Instant, InstantProblem> {
        let mut rest = Rest(text.trim().as_bytes());
        let day = rest.day().ok_or(InstantProblem::Form)?;
        if rest.0.is_empty() {
            return Err(InstantProblem::DayAlone);
        }
        let time = rest.time().ok_or(InstantProblem::Form)?;
        if rest.0.is_empty() {
            return Err(InstantProblem::NoOffset);
        }
        let offset = rest.offset().filter(|_| rest.0.is_empty()).ok_or(InstantProblem::Form)?;
        Instant::new(day * DAY + time - i64::from(offset) * 60, offset).ok_or(InstantProblem::Form)
    }

    /// Returns the seconds since 1970 began in UTC, negative before.
    pub fn seconds(self) -> i64 {
        self.seconds
    }

    /// Returns the offset from UTC at which it is written, in minutes, positive to the east.
    pub fn offset(self) -> i32 {
        self.offset
    }

    /// Returns the same moment, written at another offset.
    pub fn at_offset(self, offset: i32) -> Option<Instant> {
        Instant::new(self.seconds, offset)
    }

    /// Returns the date, and the hour, minute and second, at the instant's offset.
    pub fn civil(self) -> (Date, [u8; 3]) {
        let local = self.seconds + i64::from(self.offset) * 60;
        let second = local.rem_euclid(DAY);
        // OK because an instant is checked for it when it is made, and each part is less than 60.
        let date = date(local).expect("a checked date");
        (date, [second / 3600, second / 60 % 60, second % 60].map(|part| part as u8))
    }

    /// Returns the instant as a sentence has it: `Monday, 12 January 2026, 08:00 (UTC+01:00)`.
    pub fn in_words(self) -> String {
        let (date, [hour, minute, _]) = self.civil();
        let (weekday, day, month, year) = (date.weekday(), date.day(), date.month(), date.year());
        let zone = if self.offset == 0 { String::new() } else { Offset(self.offset).to_string() };
        format!("{weekday}, {day} {month} {year}, {hour:02}:{minute:02} (UTC{zone})")
    }
}

/// Returns the date of a moment in seconds since 1970.
fn date(seconds: i64) -> Option<Date> {
    Date::from_julian_day(i32::try_from(seconds.div_euclid(DAY) + EPOCH).ok()?).ok()
}

impl fmt::Display for Instant {
    /// Writes it as in RFC 3339.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, [hour, minute, second]) = self.civil();
        let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if self.offset == 0 { f.write_str("Z") } else { Offset(self.offset).fmt(f) }
    }
}

/// An offset in minutes, written as `+01:00`.
struct Offset(i32);

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, minutes) = (if self.0 < 0 { '-' } else { '+' }, self.0.unsigned_abs());
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// What is still to be parsed.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    /// Takes one of some characters.
    fn one_of(&mut self, expected: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first().filter(|(first, _)| expected.contains(first))?;
        self.0 = rest;
        Some(*first)
    }

    fn digit(&mut self) -> Option<i32> {
        self.one_of(b"0123456789").map(|digit| i32::from(digit - b'0'))
    }

    fn two_digits(&mut self) -> Option<i32> {
        Some(self.digit()? * 10 + self.digit()?)
    }

    /// Takes two digits that are less than a limit.
    fn below(&mut self, limit: i32) -> Option<i32> {
        self.two_digits().filter(|number| *number < limit)
    }

    /// Takes a day, and returns the days since 1970.
    fn day(&mut self) -> Option<i64> {
        let year = self.two_digits()? * 100 + self.two_digits()?;
        self.one_of(b"-")?;
        let month = Month::try_from(self.two_digits()? as u8).ok()?;
        self.one_of(b"-")?;
        let date = Date::from_calendar_date(year, month, self.two_digits()? as u8).ok()?;
        Some(i64::from(date.to_julian_day()) - EPOCH)
    }

    /// Takes a time, and returns the seconds since midnight.
    ///
    /// Neither 24:00 nor a leap second: RFC 3339 does not know the one, and no survey needs the other.
    fn time(&mut self) -> Option<i64> {
        self.one_of(b"Tt")?;
        let hour = self.below(24)?;
        self.one_of(b":")?;
        let minute = self.below(60)?;
        let mut second = 0;
        if self.one_of(b":").is_some() {
            second = self.below(60)?;
            if self.one_of(b".").is_some() {
                self.digit()?;
                while self.digit().is_some() {}
            }
        }
        Some(i64::from((hour * 60 + minute) * 60 + second))
    }

    /// Takes an offset, and returns its minutes.
    fn offset(&mut self) -> Option<i32> {
        let sign = match self.one_of(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return Some(0),
        };
        let hours = self.below(24)?;
        self.one_of(b":")?;
        Some(sign * (hours * 60 + self.below(60)?))
    }
}

/// What is wrong with a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowError {
    Instant { name: &'static str, found: String, problem: InstantProblem },
    Order { opens: Instant, closes: Instant },
}

impl fmt::Display for WindowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instant { name, found, problem } => {
                write!(f, "{name}: found {found:?}; expected {problem}")
            }
            Self::Order { opens, closes } => {
                write!(f, "closes: found {closes}; expected a moment after {opens}, when it opens")
            }
        }
    }
}

impl std::error::Error for WindowError {}

impl fmt::Display for InstantProblem {
    /// Writes what was expected.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "a date and time",
            Self::DayAlone => "the time of the day and the offset from UTC as well",
            Self::NoOffset => "the offset from UTC as well",
        })?;
        f.write_str(", such as 2026-01-12T08:00:00+01:00")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, seconds: i64, written: &str) {
        let instant = Instant::parse(text).unwrap();
        assert_eq!((instant.seconds(), instant.to_string().as_str()), (seconds, written), "{text}");
        assert_eq!(Instant::parse(written), Ok(instant), "what is written is read again");
    }

    #[test]
    fn a_date_time_with_its_offset_is_a_moment() {
        // Seconds from GNU date 9.1: date -d TEXT +%s.
        check("2026-01-12T08:00:00+01:00", 1_768_201_200, "2026-01-12T08:00:00+01:00");
        check("2026-01-12T07:00:00Z", 1_768_201_200, "2026-01-12T07:00:00Z");
        check("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z");
        check("1969-12-31T23:59:59Z", -1, "1969-12-31T23:59:59Z");
        check("2024-02-29T12:00:00Z", 1_709_208_000, "2024-02-29T12:00:00Z");
        check("2000-02-29T00:00:00-09:30", 951_816_600, "2000-02-29T00:00:00-09:30");
    }

    #[test]
    fn an_offset_moves_the_day() {
        check("2026-01-01T00:30:00+05:45", 1_767_206_700, "2026-01-01T00:30:00+05:45");
        check("2025-12-31T23:30:00-03:30", 1_767_236_400, "2025-12-31T23:30:00-03:30");
        let instant = Instant::parse("2026-01-01T00:30:00+05:45").unwrap();
        assert_eq!(instant.at_offset(0).unwrap().to_string(), "2025-12-31T18:45:00Z");
    }

    #[test]
    fn seconds_may_be_left_away_and_their_fractions_are() {
        check("2026-01-12T08:00+01:00", 1_768_201_200, "2026-01-12T08:00:00+01:00");
        check("2026-01-12t07:00:00.999999999999999999999z", 1_768_201_200, "2026-01-12T07:00:00Z");
        check(" 2026-01-12T07:00:00.0-00:00\n", 1_768_201_200, "2026-01-12T07:00:00Z");
    }

    #[test]
    fn far_years_are_moments_as_long_as_they_have_four_digits() {
        check("0000-01-01T00:00:00Z", -62_167_219_200, "0000-01-01T00:00:00Z");
        check("9999-12-31T23:59:59Z", 253_402_300_799, "9999-12-31T23:59:59Z");
        for text in ["9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00+00:01"] {
            assert_eq!(Instant::parse(text), Err(InstantProblem::Form), "{text}");
        }
        for (seconds, offset) in
            [(i64::MAX, 0), (i64::MIN, 0), (253_402_300_799, 1), (0, 1440), (0, i32::MIN)]
        {
            assert_eq!(Instant::new(seconds, offset), None, "{seconds} {offset}");
        }
    }

    #[test]
    fn what_has_no_time_zone_is_refused() {
        assert_eq!(Instant::parse("2026-01-12"), Err(InstantProblem::DayAlone));
        for text in ["2026-01-12T08:00", "2026-01-12T08:00:00", "2026-01-12T08:00:00.5"] {
            assert_eq!(Instant::parse(text), Err(InstantProblem::NoOffset), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "soon",
            "2025-02-29T12:00:00Z",
            "1900-02-29T12:00:00Z",
            "2026-13-01T12:00:00Z",
            "2026-00-01T12:00:00Z",
            "2026-04-31T12:00:00Z",
            "2026-01-12T24:00:00Z",
            "2026-01-12T08:60:00Z",
            "2026-01-12T08:00:60Z",
            "2026-01-12T08:00:00.Z",
            "2026-01-12T08:00:00,5Z",
            "2026-01-12 08:00:00Z",
            "2026-01-12T8:00:00Z",
            "2026-01-12T08:00:00+1:00",
            "2026-01-12T08:00:00+0100",
            "2026-01-12T08:00:00+01",
            "2026-01-12T08:00:00+24:00",
            "2026-01-12T08:00:00+01:60",
            "2026-01-12T08:00:00Zulu",
            "2026-01-12T08:00:00Z+01:00",
            "2026-01-12T08:00:00 CET",
            "2026-01-12T08:00:00\u{2212}01:00",
            "+2026-01-12T08:00:00Z",
            "12026-01-12T08:00:00Z",
            "20260112T080000Z",
            "12.01.2026",
            "２０２６-01-12T08:00:00Z",
        ] {
            assert_eq!(Instant::parse(text), Err(InstantProblem::Form), "{text:?}");
        }
    }

    #[test]
    fn a_window_is_open_from_its_opening_on_and_not_at_its_closing() {
        let check = |opens, closes, seconds, expected| {
            let window = Window::parse(opens, closes).unwrap();
            assert_eq!(window.moment(seconds), expected, "{opens:?} {closes:?} {seconds}");
        };
        let (opens, closes) = (Some("1970-01-01T00:01:40Z"), Some("1970-01-01T02:03:20+02:00"));
        check(opens, closes, 99, Moment::BeforeOpening);
        check(opens, closes, 100, Moment::Open);
        check(opens, closes, 199, Moment::Open);
        check(opens, closes, 200, Moment::AfterClosing);
        check(opens, None, 99, Moment::BeforeOpening);
        check(opens, None, i64::MAX, Moment::Open);
        check(None, closes, i64::MIN, Moment::Open);
        check(None, closes, 200, Moment::AfterClosing);
        check(None, None, 0, Moment::Open);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let check = |opens, closes, expected| {
            assert_eq!(Window::parse(opens, closes).unwrap_err().to_string(), expected);
        };
        check(
            Some("2026-01-12"),
            None,
            "opens: found \"2026-01-12\"; expected the time of the day and the offset from UTC as well, such as 2026-01-12T08:00:00+01:00",
        );
        check(
            None,
            Some("2026-01-12T08:00"),
            "closes: found \"2026-01-12T08:00\"; expected the offset from UTC as well, such as 2026-01-12T08:00:00+01:00",
        );
        check(
            Some("soon"),
            Some("later"),
            "opens: found \"soon\"; expected a date and time, such as 2026-01-12T08:00:00+01:00",
        );
        // The same moment, in two time zones.
        check(
            Some("2026-01-12T08:00:00+01:00"),
            Some("2026-01-12T07:00:00Z"),
            "closes: found 2026-01-12T07:00:00Z; expected a moment after 2026-01-12T08:00:00+01:00, when it opens",
        );
    }

    #[test]
    fn an_instant_is_written_out_at_its_own_offset() {
        let words = |text| Instant::parse(text).unwrap().in_words();
        assert_eq!(words("2026-01-12T08:00:00+01:00"), "Monday, 12 January 2026, 08:00 (UTC+01:00)");
        assert_eq!(words("2026-02-22T23:59:59Z"), "Sunday, 22 February 2026, 23:59 (UTC)");
        assert_eq!(words("2026-03-01T00:00:00-03:30"), "Sunday, 1 March 2026, 00:00 (UTC-03:30)");
    }

    #[test]
    fn every_offset_and_day_is_read_as_it_is_written() {
        for offset in -1439..1440 {
            let instant = Instant::new(i64::from(offset) * 86_413 + 1_700_000_000, offset).unwrap();
            assert_eq!(Instant::parse(&instant.to_string()), Ok(instant));
        }
    }
}
