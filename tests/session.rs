//! What happens in a widget, action by action, without a browser.

use std::rc::Rc;

use balint_survey::custody::CustodyError;
use balint_survey::custody::outbox::Waiting;
use balint_survey::instrument::{CategoryId, ItemId};
use balint_survey::language::Language;
use balint_survey::settings::Settings;
use balint_survey::submit::SubmitError;
use balint_survey::view::session::{Action, Closed, Delivery, Phase, Screen, Session, Task};
use balint_survey::view::words;
use balint_survey::window::Moment;
use yew::Reducible;

fn session(attributes: &[(&str, &str)]) -> Rc<Session> {
    let find = |name: &str| attributes.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
    let settings = Settings::from_attributes(find, None, || "unnamed".to_owned()).expect("good attributes");
    Rc::new(Session::new(Rc::new(settings), false))
}

fn personal() -> Rc<Session> {
    session(&[("instrument", "stress-experience")])
}

/// Returns a group's open collection.
fn group(policy: &str) -> Rc<Session> {
    let attributes = [
        ("instrument", "stress-experience"),
        ("mode", "group"),
        ("policy", policy),
        ("collection", "c"),
        ("endpoint", "/releases"),
    ];
    act(session(&[&attributes[..], &[("eligible", "30")]].concat()), open())
}

/// Opens a collection; that the browser derives a key in between is left out.
fn open() -> [Action; 3] {
    let passphrase = Action::WritePassphrase { text: "correct horse".to_owned() };
    [passphrase, Action::Open, Action::Opened]
}

/// Asks to close a collection with the right passphrase.
const ASK_TO_CLOSE: [Action; 3] = [Action::AskToClose, Action::Unlock, Action::Unlocked];

fn act(session: Rc<Session>, actions: impl IntoIterator<Item = Action>) -> Rc<Session> {
    actions.into_iter().fold(session, |session, action| session.reduce(action))
}

fn find(session: &Session, item: &str, category: &str) -> (ItemId, CategoryId) {
    let item = session.instrument().find_item(item).expect("the item is there");
    (item, session.instrument().item(item).find_category(category).expect("the category is there"))
}

fn choose(session: &Session, item: &str, category: &str) -> Action {
    let (item, category) = find(session, item, category);
    Action::Choose { item, category }
}

fn is_chosen(session: &Session, item: &str, category: &str) -> bool {
    let (item, category) = find(session, item, category);
    session.answers.chosen(item).contains(category)
}

/// Answers from the intro to the check, with the given number of experiences.
fn answered(session: Rc<Session>, experiences: &str) -> Rc<Session> {
    let choose = |item, category| choose(&session, item, category);
    let mut actions =
        vec![Action::Begin, choose("year", "third"), choose("sex", "female"), choose("age", "21-25")];
    actions.extend([Action::Continue, choose("experiences", experiences), Action::Continue]);
    if experiences != "0" {
        actions.extend([choose("discussed", "gt50"), choose("reasons", "lack_of_time")]);
    }
    // Whoever had no experiences is shown the same questions on a shared device, and leaves them out.
    actions.extend([choose("effects", "burnout"), Action::LeaveOut]);
    act(session.clone(), actions)
}

fn handed_in(session: Rc<Session>, times: usize) -> Rc<Session> {
    (0..times).fold(session, |session, time| {
        let session = act(answered(session, if time % 2 == 0 { "0" } else { "1-4" }), [Action::Finish]);
        assert_eq!(session.screen(), Screen::Done);
        act(session, [Action::Next])
    })
}

#[test]
fn person_sees_every_part_the_check_and_the_preview() {
    let session = personal();
    assert_eq!(session.screen(), Screen::Intro);
    let session = answered(session, "1-4");
    assert_eq!(session.screen(), Screen::Check);
    let session = act(session, [Action::Finish]);
    assert_eq!(session.screen(), Screen::Preview);
    assert!(is_chosen(&session, "effects", "burnout"));
    let session = act(session, [Action::End]);
    assert_eq!(session.screen(), Screen::Done);
    assert!(!is_chosen(&session, "effects", "burnout"));
}

#[test]
fn without_preview_the_answers_are_erased_at_once() {
    let session = session(&[("instrument", "stress-experience"), ("no-preview", "")]);
    let session = act(answered(session, "1-4"), [Action::Finish]);
    assert_eq!(session.screen(), Screen::Done);
    assert!(!is_chosen(&session, "effects", "burnout"));
}

#[test]
fn failed_continue_stays_and_lists_what_is_missing() {
    let session = personal();
    let session = act(session.clone(), [Action::Begin, choose(&session, "sex", "male"), Action::Continue]);
    assert_eq!(session.screen(), Screen::Section(0));
    let missing: Vec<&str> =
        session.errors.iter().map(|error| session.instrument().item(error.item).id.as_str()).collect();
    assert_eq!((missing, session.failures), (vec!["year", "age"], 1));
    let session = act(session, [Action::Continue]);
    assert_eq!(session.failures, 2, "so that the summary takes focus again");
    let session = act(session, [Action::LeaveOut]);
    assert_eq!(session.screen(), Screen::Section(1));
    assert!(session.errors.is_empty());
}

#[test]
fn number_of_screens_does_not_tell_the_answers() {
    let none = answered(personal(), "0");
    let many = answered(personal(), "gt8");
    assert_eq!((none.screen(), many.screen()), (Screen::Check, Screen::Check));
}

#[test]
fn answers_off_the_path_are_forgotten() {
    let session = answered(personal(), "1-4");
    let changed = [Action::Change { section: 1 }, choose(&session, "experiences", "0")];
    let session = act(session, changed);
    assert!(is_chosen(&session, "reasons", "lack_of_time"), "until one continues, a slip costs nothing");
    let session = act(session, [Action::Continue]);
    assert!(!is_chosen(&session, "reasons", "lack_of_time"));
}

#[test]
fn back_keeps_the_answers() {
    let session = answered(personal(), "1-4");
    let session = act(session, [Action::Back, Action::Back, Action::Back, Action::Back]);
    assert_eq!(session.screen(), Screen::Intro);
    assert!(is_chosen(&session, "effects", "burnout") && is_chosen(&session, "year", "third"));
}

#[test]
fn late_actions_do_nothing() {
    let session = personal();
    for action in
        [Action::Finish, Action::End, Action::Next, Action::Close, Action::Erase, Action::Send, Action::Open]
    {
        assert!(session.clone().reduce(action) == session);
    }
}

#[test]
fn collection_opens_only_for_as_many_as_the_policy_asks() {
    let attributes = [("instrument", "stress-experience"), ("mode", "group")];
    for text in ["", "9", "ten", "-1", "10.5"] {
        let write = Action::WriteEligible { text: text.to_owned() };
        let session = act(session(&attributes), [vec![write], open().into()].concat());
        assert_eq!((session.screen(), session.failures), (Screen::SetUp, 1), "{text:?}");
        assert!(!session.is_open());
    }
    let write = Action::WriteEligible { text: " 10 ".to_owned() };
    let session = act(session(&attributes), [vec![write], open().into()].concat());
    assert_eq!(session.screen(), Screen::Intro);
    assert!(session.is_open());
}

#[test]
fn facilitator_is_told_one_bit() {
    let closing = |times| act(handed_in(group("standard"), times), ASK_TO_CLOSE);
    for (times, expected) in [(0, false), (1, false), (9, false), (10, true), (11, true)] {
        assert_eq!(closing(times).has_enough(), expected, "{times}");
    }
    let nine = act(closing(9), [Action::Close]);
    assert_eq!(nine.screen(), Screen::Closing, "nine respondents are not released");
    assert!(nine.delivery == Delivery::None);
    let erased = act(nine, [Action::Erase]);
    assert_eq!(erased.screen(), Screen::Erased);
    assert!(!erased.is_open());
}

#[test]
fn closing_makes_one_release_and_ends_the_collection() {
    let session = act(handed_in(group("standard"), 11), [&ASK_TO_CLOSE[..], &[Action::Close]].concat());
    let Phase::Closed(closed) = &session.phase else { panic!("expected the results") };
    let Closed::Released(release) = closed.as_ref() else { panic!("expected a release") };
    assert_eq!(release.respondents().exact(), Some(11));
    assert!(session.delivery == Delivery::Ready, "nothing is sent before it can be looked at");
    assert!(!session.is_open() && session.would_lose());
    for action in [Action::Close, Action::Next, Action::KeepOpen, Action::Begin, Action::Finish] {
        assert_eq!(act(session.clone(), [action]).screen(), Screen::Closed);
    }
}

#[test]
fn release_can_be_sent_again_after_a_failure() {
    let session = act(handed_in(group("standard"), 10), [&ASK_TO_CLOSE[..], &[Action::Close]].concat());
    let failed = Delivery::Failed(SubmitError::Refused { status: 500, reason: None });
    let session = act(session, [Action::Deliver { delivery: failed.clone() }]);
    assert!(session.delivery == failed);
    assert!(act(session, [Action::Send]).delivery == Delivery::Sending);
}

#[test]
fn a_release_is_kept_until_it_has_arrived_or_was_downloaded() {
    let closed = act(handed_in(group("standard"), 10), [&ASK_TO_CLOSE[..], &[Action::Close]].concat());
    let unsent = |session: &Session| session.unsent().map(|(_, is_wanted)| is_wanted);
    let deliver = |delivery| Action::Deliver { delivery };
    assert_eq!((unsent(&closed), closed.would_lose()), (Some(false), true));
    let kept = act(closed.clone(), [Action::Keep { is_kept: true }]);
    assert!(!kept.would_lose(), "the device has it");
    assert_eq!(unsent(&act(closed.clone(), [Action::Save])), None);
    let waiting = act(closed.clone(), [Action::Send, deliver(Delivery::Waiting)]);
    assert_eq!((unsent(&waiting), waiting.would_lose()), (Some(true), true));
    assert_eq!(
        unsent(&act(waiting.clone(), [Action::Save])),
        Some(true),
        "it was asked for, and is still sent"
    );
    assert_eq!(unsent(&act(waiting, [deliver(Delivery::Kept)])), None);
    let refused = deliver(Delivery::Failed(SubmitError::Refused { status: 409, reason: None }));
    assert_eq!(unsent(&act(closed.clone(), [Action::Send, refused, Action::Save])), None);

    // The page was closed and is opened again.
    let (release, _) = closed.unsent().expect("a release");
    let found =
        |is_wanted| Action::Find { waiting: Box::new(Waiting { release: release.clone(), is_wanted }) };
    for (is_wanted, delivery) in [(true, Delivery::Sending), (false, Delivery::Ready)] {
        let again = Rc::new(Session::new(Rc::clone(&closed.settings), false));
        let again = act(again, [found(is_wanted)]);
        assert_eq!((again.screen(), again.unsent()), (Screen::Closed, Some((release, is_wanted))));
        assert!(again.delivery == delivery && !again.would_lose());
    }
    let open = group("standard");
    assert_eq!(act(open, [found(true)]).screen(), Screen::Intro, "nobody's collection is taken away");
}

#[test]
fn draft_is_forgotten_when_the_facilitator_takes_the_device() {
    let session = group("standard");
    let begun = act(session.clone(), [Action::Begin, choose(&session, "sex", "male"), Action::Back]);
    let session = act(begun, [&ASK_TO_CLOSE[..], &[Action::KeepOpen]].concat());
    assert!(!is_chosen(&session, "sex", "male"));
}

#[test]
fn next_person_begins_with_an_empty_form() {
    let session = handed_in(group("published"), 1);
    assert_eq!(session.screen(), Screen::Intro);
    for (item, asked) in session.instrument().items() {
        assert!(session.answers.chosen(item).is_empty(), "{}", asked.id);
    }
}

#[test]
fn whoever_gives_up_on_a_shared_device_leaves_nothing() {
    let session = group("standard");
    let begun = |session: Rc<Session>| act(session.clone(), [Action::Begin, choose(&session, "sex", "male")]);
    let back = act(begun(session.clone()), [Action::Back, Action::Begin]);
    assert!(!is_chosen(&back, "sex", "male"), "the next person begins anew");
    let stopped = act(begun(session.clone()), [Action::Stop]);
    assert_eq!(stopped.screen(), Screen::Done);
    assert!(!is_chosen(&stopped, "sex", "male"));
    let stopped_at_the_end = act(answered(session.clone(), "1-4"), [Action::Stop]);
    assert!(!is_chosen(&stopped_at_the_end, "effects", "burnout"));

    // Giving up counts for nothing: nine who handed in are still nine.
    let nine = handed_in(group("standard"), 9);
    let closing = act(begun(nine), [&[Action::Stop][..], &ASK_TO_CLOSE].concat());
    assert!(!closing.has_enough());
}

#[test]
fn a_personal_device_has_nothing_to_stop() {
    let session = personal();
    let begun = act(session.clone(), [Action::Begin, choose(&session, "sex", "male"), Action::Stop]);
    assert_eq!(begun.screen(), Screen::Section(0));
    assert!(is_chosen(&begun, "sex", "male"));
}

// The facilitator's passphrase, and what the device keeps.

fn write(text: &str) -> Action {
    Action::WritePassphrase { text: text.to_owned() }
}

#[test]
fn a_collection_opens_with_a_passphrase_of_eight_characters_which_is_forgotten_at_once() {
    let attributes = [("instrument", "stress-experience"), ("mode", "group"), ("eligible", "30")];
    let short = act(session(&attributes), [write("1234567"), Action::Open]);
    let Phase::SetUp { error: Some(error) } = &short.phase else { panic!("expected an error") };
    assert_eq!((error.field, short.task), ("passphrase", None));
    let session = act(short, [write("12345678"), Action::Open]);
    assert_eq!((session.task, session.screen()), (Some(Task::Open), Screen::SetUp));
    assert!(session.clone().reduce(Action::Open) == session, "one thing at a time");
    let opened = act(session, [Action::Opened]);
    assert!(opened.is_open() && opened.passphrase.is_empty() && opened.task.is_none());
}

#[test]
fn without_the_passphrase_nobody_closes_or_sees_whether_there_are_enough() {
    let session = act(handed_in(group("standard"), 10), [Action::AskToClose]);
    assert_eq!(session.screen(), Screen::Locked);
    for action in [Action::Close, Action::Erase, Action::Unlocked, Action::Send] {
        assert!(session.clone().reduce(action) == session);
    }
    let failed = Action::Failed { error: CustodyError::NotOpened };
    let wrong = act(session, [write("wrong horse"), Action::Unlock, failed]);
    let Phase::Locked { error: Some(error) } = &wrong.phase else { panic!("expected an error") };
    assert_eq!(
        (error.field, words::field_error(&Language::default(), &error.problem).as_str()),
        ("passphrase", "This is not the passphrase of this collection, or the survey was changed since")
    );
    assert!(wrong.passphrase.is_empty() && wrong.failures == 1);
    let kept = act(wrong, [write("half"), Action::KeepOpen]);
    assert!(kept.screen() == Screen::Intro && kept.passphrase.is_empty() && kept.is_open());
}

#[test]
fn the_state_is_stored_after_every_five_and_never_after_one() {
    let mut session = group("standard");
    let mut stored = Vec::new();
    for respondents in 1..=12 {
        session = handed_in(session, 1);
        if let Some(state) = session.unstored() {
            assert_eq!(state.tally.respondents(), respondents);
            stored.push(respondents);
            session = act(session, [Action::Stored { respondents, is_safe: true }]);
        }
    }
    assert_eq!(stored, [5, 10]);
}

#[test]
fn a_stored_collection_goes_on_where_it_was() {
    let before = handed_in(group("standard"), 5);
    let state = Box::new(before.unstored().expect("five are stored"));
    let find = |name: &str| match name {
        "instrument" => Some("stress-experience".to_owned()),
        "mode" => Some("group".to_owned()),
        "collection" => Some("c".to_owned()),
        _ => None,
    };
    let settings = Rc::new(
        Settings::from_attributes(find, None, || unreachable!("it is named")).expect("good attributes"),
    );
    let session = Rc::new(Session::new(settings, true));
    assert_eq!(session.screen(), Screen::Resume);
    assert!(session.clone().reduce(Action::Open) == session, "not opened anew by accident");
    let resumed = act(session.clone(), [write("correct horse"), Action::Resume, Action::Resumed { state }]);
    assert_eq!(resumed.screen(), Screen::Intro);
    assert!(resumed.unstored().is_none(), "what is stored is not stored again");
    let closing = act(handed_in(resumed, 5), ASK_TO_CLOSE);
    assert!(closing.has_enough(), "five before and five after");
    assert_eq!(act(session, [Action::Discard]).screen(), Screen::SetUp);
}

#[test]
fn on_a_shared_device_everybody_is_shown_the_same_questions() {
    let shown = |experiences: &str| {
        let session = answered(group("standard"), experiences);
        let sections = session.instrument().sections().iter();
        sections.map(|section| session.asked(section).count()).collect::<Vec<_>>()
    };
    assert_eq!(shown("0"), shown("gt8"));
    assert_eq!(shown("0"), [3, 1, 3]);
}

#[test]
fn whoever_obeys_the_words_of_a_question_is_asked_for_nothing_more() {
    // "Leave this out if you answered None": whoever does so sees what everybody sees.
    // Nor is anybody else: or being asked would tell.
    for experiences in ["0", "gt8"] {
        let session = group("standard");
        let actions = [
            Action::Begin,
            choose(&session, "year", "third"),
            choose(&session, "sex", "female"),
            choose(&session, "age", "21-25"),
            Action::Continue,
            choose(&session, "experiences", experiences),
            Action::Continue,
            choose(&session, "effects", "burnout"),
            Action::Continue,
        ];
        let session = act(session, actions);
        assert_eq!((session.screen(), session.failures), (Screen::Check, 0), "{experiences}");
        assert_eq!(act(session, [Action::Finish]).screen(), Screen::Done, "{experiences}");
    }
}

#[test]
fn a_device_that_is_left_shows_nothing_of_who_had_it() {
    let session = handed_in(group("standard"), 10);
    let typed = act(session.clone(), [Action::AskToClose, write("half a pass"), Action::Abandon]);
    assert!(typed.screen() == Screen::Intro && typed.passphrase.is_empty());
    let unlocked = act(session.clone(), ASK_TO_CLOSE);
    assert!(unlocked.is_in_hand());
    assert_eq!(act(unlocked, [Action::Abandon]).screen(), Screen::Intro);
    let begun = act(session.clone(), [Action::Begin, choose(&session, "sex", "male"), Action::Abandon]);
    assert!(begun.screen() == Screen::Done && !is_chosen(&begun, "sex", "male"));
    assert!(!session.is_in_hand());
}

#[test]
fn the_only_release_is_not_lost_by_leaving_the_page() {
    let closed = act(handed_in(group("standard"), 10), [&ASK_TO_CLOSE[..], &[Action::Close]].concat());
    assert!(closed.would_lose());
    assert!(!act(closed.clone(), [Action::Save]).would_lose());
    let kept = Action::Deliver { delivery: Delivery::Kept };
    assert!(!act(closed, [Action::Send, kept]).would_lose());
    assert!(!personal().would_lose());
}

/// Sets a survey up anew, as the page does when an attribute changes.
fn set_up(attributes: &[(&str, &str)]) -> Action {
    Action::SetUp { settings: Box::new(Settings::clone(&session(attributes).settings)), is_stored: false }
}

#[test]
fn a_survey_is_set_up_anew_only_while_nobody_is_in_the_middle() {
    let other = || set_up(&[("instrument", "post-program")]);
    let changed = act(personal(), [other()]);
    assert_eq!((changed.instrument().id(), changed.screen()), ("post-program", Screen::Intro));

    let session = act(personal(), [Action::Begin]);
    for action in [choose(&session, "year", "third"), Action::Continue] {
        assert!(!session.is_idle());
        assert_eq!(act(session.clone(), [action, other()]).instrument().id(), "stress-experience");
    }
    // Back at the start with an answer kept, which would be lost.
    let back = act(session.clone(), [choose(&session, "year", "third"), Action::Back]);
    assert_eq!((back.screen(), back.is_idle()), (Screen::Intro, false));
    let done = act(answered(personal(), "0"), [Action::Finish, Action::End]);
    assert!(!done.is_idle(), "somebody may still read that nothing is left");

    let open = group("standard");
    assert!(!open.is_idle());
    assert_eq!(act(open, [other()]).instrument().id(), "stress-experience");
}

#[test]
fn a_reset_erases_the_answers_of_one_and_nothing_else() {
    const RESET: Action = Action::Reset { is_stored: false };
    let session = act(answered(personal(), "1-4"), [RESET]);
    assert_eq!((session.screen(), session.is_idle()), (Screen::Intro, true));

    let group = handed_in(group("standard"), 10);
    let session = act(answered(group, "1-4"), [RESET]);
    assert_eq!(session.screen(), Screen::Intro);
    assert!(session.is_open() && session.has_enough(), "the collection stays");
    let (year, _) = find(&session, "year", "third");
    assert!(session.answers.chosen(year).is_empty());

    // The only copy of a release stays until it is kept somewhere.
    let closed = act(session, ASK_TO_CLOSE.into_iter().chain([Action::Close]));
    assert_eq!(act(closed.clone(), [RESET]).screen(), Screen::Closed);
    assert_eq!(act(closed, [Action::Save, RESET]).screen(), Screen::SetUp);
}

#[test]
fn outside_its_window_nobody_begins_and_whoever_has_begun_goes_on() {
    let tick = |moment| Action::Tick { moment };
    for moment in [Moment::BeforeOpening, Moment::AfterClosing] {
        let early = act(personal(), [tick(moment), Action::Begin]);
        assert_eq!(early.screen(), Screen::Intro);
        assert_eq!(act(early, [tick(Moment::Open), Action::Begin]).screen(), Screen::Section(0));

        let attributes = [("instrument", "stress-experience"), ("mode", "group"), ("eligible", "30")];
        let group = act(session(&attributes), [tick(moment)]);
        assert_eq!(act(group, open()).screen(), Screen::SetUp, "no collection is opened");
    }
    let begun = answered(personal(), "0");
    let finished = act(begun, [tick(Moment::AfterClosing), Action::Finish]);
    assert_eq!(finished.screen(), Screen::Preview);

    let group = act(handed_in(group("standard"), 10), [tick(Moment::AfterClosing), Action::Begin]);
    assert_eq!(group.screen(), Screen::Intro);
    let closed = act(group, ASK_TO_CLOSE.into_iter().chain([Action::Close]));
    assert_eq!(closed.screen(), Screen::Closed, "what was collected can be released");
}

#[test]
fn whoever_is_asked_whether_they_are_there_keeps_their_answers_by_any_reply() {
    let session = group("standard");
    let begun = act(session.clone(), [Action::Begin, choose(&session, "sex", "male")]);
    let asked = act(begun, [Action::Warn]);
    assert!(asked.is_warned);
    let stayed = act(asked.clone(), [Action::Stay]);
    assert!(!stayed.is_warned && is_chosen(&stayed, "sex", "male"));
    let gone = act(asked, [Action::Abandon]);
    assert!(!gone.is_warned && !is_chosen(&gone, "sex", "male"));
    assert_eq!(gone.screen(), Screen::Done);
    // Where nothing can be lost, nobody is asked.
    for calm in [session, gone, act(personal(), [Action::Begin])] {
        assert!(!act(calm, [Action::Warn]).is_warned);
    }
}

#[test]
fn waiting_for_a_passphrase_can_be_given_up() {
    let attributes = [("instrument", "stress-experience"), ("mode", "group"), ("eligible", "30")];
    let passphrase = Action::WritePassphrase { text: "correct horse".to_owned() };
    let waiting = act(session(&attributes), [passphrase, Action::Open]);
    assert_eq!(waiting.task, Some(Task::Open));
    let given_up = act(waiting, [Action::Cancel]);
    assert_eq!((given_up.task, given_up.screen()), (None, Screen::SetUp));
    // What the browser has done all the same comes too late.
    assert!(!act(given_up.clone(), [Action::Opened]).is_open());
    assert!(act(given_up, [Action::Open, Action::Opened]).is_open(), "what was typed is still there");
}

#[test]
fn a_release_that_is_on_its_way_can_be_taken_back() {
    let closed = act(handed_in(group("standard"), 10), [&ASK_TO_CLOSE[..], &[Action::Close]].concat());
    let waiting = Action::Deliver { delivery: Delivery::Waiting };
    for before in [vec![Action::Send], vec![Action::Send, waiting]] {
        let stopped = act(closed.clone(), [before, vec![Action::StopSending]].concat());
        assert!(stopped.delivery == Delivery::Ready);
        assert_eq!(stopped.unsent().map(|(_, is_wanted)| is_wanted), Some(false));
    }
    let kept = act(closed.clone(), [Action::Send, Action::Deliver { delivery: Delivery::Kept }]);
    assert!(act(kept, [Action::StopSending]).delivery == Delivery::Kept, "what has arrived has arrived");
}

#[test]
fn what_another_window_has_settled_is_neither_kept_nor_lost_here() {
    let closed = act(handed_in(group("standard"), 10), [&ASK_TO_CLOSE[..], &[Action::Close]].concat());
    let kept = act(closed, [Action::Keep { is_kept: true }, Action::Send]);
    let settled = act(kept, [Action::Deliver { delivery: Delivery::Elsewhere }]);
    assert!(settled.unsent().is_none() && !settled.is_kept && !settled.would_lose());
    assert!(act(settled, [Action::Send]).delivery == Delivery::Sending, "it can be sent all the same");
}

#[test]
fn a_collection_that_is_not_kept_any_more_is_known_as_such_until_it_is() {
    let session = handed_in(group("standard"), 5);
    let stored = |respondents, is_safe| Action::Stored { respondents, is_safe };
    assert!(!session.is_unsafe());
    let lost = act(session, [stored(5, false)]);
    assert!(lost.is_unsafe() && lost.unstored().is_none(), "it is tried again after another batch");
    let ten = handed_in(lost, 5);
    assert!(ten.unstored().is_some() && !act(ten, [stored(10, true)]).is_unsafe());
}
