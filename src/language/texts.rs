//! All that the widget says, in English: the one place where a text is declared.
//!
//! Each declaration makes a method of [`Language`] that returns the text in that language, so that a name that is
//! not declared does not compile, and a value that a text needs cannot be forgotten. What no screen of a module says
//! is not in the module. A text with two forms, divided by `|`, is about a number, its first value: one, and others.

use super::Language;

/// A text as it is declared.
#[cfg(not(target_family = "wasm"))]
pub struct Declared {
    pub name: &'static str,
    pub values: &'static [&'static str],
    /// One text, or two forms.
    pub english: &'static [&'static str],
}

macro_rules! texts {
    ($($name:ident($($value:ident),*) = $($english:literal)|+;)+) => {
        impl Language {
            $(texts!(@method $name ($($value)*) $($english)+);)+
        }

        /// All texts, in the order of their declaration.
        #[cfg(not(target_family = "wasm"))]
        pub const TEXTS: &[Declared] = &[
            $(Declared { name: stringify!($name), values: &[$(stringify!($value)),*], english: &[$($english),+] }),+
        ];
    };
    (@method $name:ident () $english:literal) => {
        #[doc = $english]
        pub fn $name(&self) -> &str {
            self.text(stringify!($name), $english)
        }
    };
    (@method $name:ident ($($value:ident)+) $english:literal) => {
        #[doc = $english]
        pub fn $name(&self, $($value: &str),+) -> String {
            self.fill(self.text(stringify!($name), $english), &[$((stringify!($value), $value)),+])
        }
    };
    (@method $name:ident ($count:ident $($value:ident)*) $one:literal $other:literal) => {
        #[doc = $other]
        pub fn $name(&self, $count: u64 $(, $value: &str)*) -> String {
            let form = self.form(stringify!($name), $one, $other, $count);
            self.fill(form, &[(stringify!($count), &self.whole($count)) $(, (stringify!($value), $value))*])
        }
    };
}

texts! {
    // Between what stands above a heading and the heading, for those who hear both.
    caption_end() = ": ";
    error_prefix() = "Error: ";
    quote(text) = "“{text}”";
    either(first, second) = "{first} or {second}";
    start() = "Start";
    proceed() = "Continue";
    back() = "Back";
    finish() = "Finish";
    progress() = "Progress";
    problem() = "There is a problem";

    // Before the first question.
    meant_for(population, length) = "For {population}. {length}.";
    length(questions, minutes) = "{questions}, about {minutes}";
    questions(count) = "{count} question" | "{count} questions";
    minutes(count) = "{count} minute" | "{count} minutes";
    unreviewed() = "Unreviewed translation, not validated. The questions were written in English; this wording is ours.";
    what_happens() = "What happens with your answers";
    stays_on_device() = "They stay on this device. Nothing is sent to the school or to anybody else.";
    not_stored() = "They are not stored: when you finish or close this page, they are gone.";
    seen_beside_study() = "At the end you see them beside the figures of the published study.";
    seen_alone() = "At the end you see them once more, alone: there are no figures of others to compare them with.";
    added_to_sums() = "They are added to the sums of this group, and then forgotten. Nobody sees them.";
    sums_are_kept() = "The device keeps the sums, enciphered, until the end.";
    erased_when_left() = "If nobody touches the device for a minute, or something else is opened on it, unfinished answers are erased.";
    all_is_optional() = "You can leave out any question. What you write in your own words is never passed on.";
    all_is_optional_until(closes) = "You can leave out any question. What you write in your own words is never passed on. The survey can be answered until {closes}.";
    where_from() = "Where the questions come from";
    opens_on(moment) = "This survey opens on {moment}. Please come back then.";
    closed_on(moment) = "This survey closed on {moment}. Thank you for coming.";

    // What a policy lets anybody know.
    gate(threshold) = "Until {threshold} person has answered, there are no results at all. After that there is one result, made once."
        | "Until {threshold} people have answered, there are no results at all. After that there is one result, made once.";
    gate_of_sum(batch) = "Until {batch} person has answered, nothing can be opened. After that there is one result, made once."
        | "Until {batch} people have answered, nothing can be opened. After that there is one result, made once.";
    few_are_joined(most) = "An answer that only {most} person gave is joined with others or not shown. So is one that nearly everybody gave."
        | "An answer that only 1 to {most} people gave is joined with others or not shown. So is one that nearly everybody gave.";
    no_combinations() = "No combination of two answers is shown, apart from the correlations that were planned beforehand.";
    nonresponse_is_shown() = "How many left a question out, or preferred not to say, is shown.";
    bands_only() = "No numbers are shown; only whether 80% or more agreed, 20% or fewer, or something between.";
    nothing_about_you() = "Nothing is shown about who you are: no year, no sex.";
    every_count() = "Every count is shown as it is, small ones too. In a small group an answer that one person gave can be recognised as theirs.";
    needs_approval() = "This way of publishing needs the approval of an ethics board.";

    // What no rule protects from.
    no_protection() = "What this cannot protect from";
    risk_page() = "Whoever serves this page could change it. So could an extension of this browser.";
    risk_room() = "The person who runs the group, and whoever is in the room, knows who takes part.";
    risk_passphrase() = "Whoever has both this device and the passphrase can read the sums of those who have answered so far.";
    risk_all_but_you() = "If all but you put their answers together, they can compute yours from an exact count.";
    risk_in_common() = "What a group has in common is known of each of its members.";
    risk_frame() = "Where the survey stands in a frame from another site, that site is trusted with it as well.";

    // The questions.
    part(part, of) = "Part {part} of {of}";
    nothing_to_answer() = "There is nothing to answer here after what you answered before. Please continue.";
    stop() = "Stop and erase my answers";
    unanswered() = "There are questions without an answer";
    both_are_fine() = "Answer them, or leave them out: both are fine.";
    leave_out() = "Leave them out and continue";
    choose_one(label) = "{label}: choose an answer";
    choose_some(label) = "{label}: choose at least one answer";
    none_and_others() = "Choose either “none” or the others";
    leave_out_if(answers, question) = "Leave this out if you answered {answers} to {question}.";
    leave_out_unless(answers, question) = "Leave this out unless you answered {answers} to {question}.";
    all_that_apply() = "Choose all that apply.";
    may_be_empty() = "You can leave this empty.";
    other_words() = "Other, in your own words (optional; the words never leave this page, only the tick is counted)";
    own_words() = "Your own words (they never leave this page)";
    which_themes() = "Which themes do they touch? Choose all that apply; only these are counted.";

    // After the last question.
    check_answers() = "Check your answers";
    still_here() = "They are still only on this device.";
    change() = "Change";
    not_answered() = "Not answered";
    see_comparison() = "See how you compare";
    see_answers() = "See my answers once more";
    add_answers() = "Add your answers";
    adding_is_final() = "They are added to the sums of this group and then forgotten. After that they cannot be changed or taken out.";
    add_my_answers() = "Add my answers";
    you_and_study() = "You and the study";
    your_answers() = "Your answers";
    only_you_see() = "Only you see this page. Nothing on it was sent.";
    only_you_see_made_here() = "Only you see this page. It is made on your device, and nothing of it is sent.";
    finish_and_erase() = "Finish and erase my answers";
    thank_you() = "Thank you";
    all_erased() = "Your answers were erased from this device. Nothing was sent.";
    erased_status() = "Your answers were erased.";

    // The answers beside the published figures.
    study(name, respondents, eligible, population) = "The study: {name}; {respondents} of {eligible} answered, {population}.";
    answer() = "Answer";
    theme() = "Theme";
    you() = "You";
    study_base(base) = "Study (n = {base})";
    your_words() = "Your words, which only you see: ";
    your_answer() = "your answer";
    not_in_study() = "not in the study";
    not_shown() = "not shown";
    all_figures() = "All figures, as tables";
    you_answered() = "You answered: ";
    left_out() = "You left this out.";
    // What comes first in the sentences below; a language whose verb would have to follow it says it in another way,
    // such as “This answer in the study: about half (22 of 46).”
    share_none() = "None";
    share_few() = "Very few";
    share_tenth() = "About one in ten";
    share_fifth() = "About one in five";
    share_quarter() = "About a quarter";
    share_third() = "About a third";
    share_two_fifths() = "About two in five";
    share_half() = "About half";
    share_three_fifths() = "About three in five";
    share_two_thirds() = "About two thirds";
    share_three_quarters() = "About three quarters";
    share_four_fifths() = "About four in five";
    share_nine_tenths() = "About nine in ten";
    share_nearly_all() = "Nearly all";
    share_all() = "All";
    band_most(percent) = "{percent} or more";
    band_few(percent) = "{percent} or fewer";
    band_between(low, high) = "Between {low} and {high}";
    in_study(share, count, base) = "{share} of those in the study gave this answer ({count} of {base}).";
    most_frequent_in_study(share, answer, count, base) = "{share} of those in the study answered {answer}, the most frequent answer ({count} of {base}).";
    average_in_study(answer, mean) = "In the study, the average was nearest to {answer} ({mean}).";
    not_offered_in_study() = "The study did not offer this answer.";
    school(respondents, eligible) = "Your school: {respondents} of {eligible} answered, as it was released.";
    school_without_rate(respondents) = "Your school: {respondents} answered, as it was released.";
    from_five_to_nine() = "5 to 9";
    ten_or_more() = "10 or more";
    at_school(share, count, base) = "{share} of those who answered at your school gave this answer ({count} of {base}).";
    at_school_joined(share, others, count, base) = "{share} of those who answered at your school gave this answer or {others}, which is counted with it ({count} of {base}).";
    band_at_school(band) = "{band} of those who answered at your school gave this answer.";
    band_at_school_joined(band, others) = "{band} of those who answered at your school gave this answer or {others}, which is counted with it.";
    nothing_of_school() = "Of your school, nothing is shown for this answer.";
    your_school() = "Your school";
    your_school_base(base) = "Your school (n = {base})";
    your_school_mean() = "Your school, mean";
    joined_with(share, others) = "{share}, with {others}";
    statement() = "Statement";
    study_mean() = "Study, mean";
    scale(low, lowest, high, highest) = "{low} = {lowest} to {high} = {highest}";

    // The person who runs a group opens the collection.
    for_facilitator() = "For the person who runs this group";
    eligible_label() = "How many people can take part?";
    eligible_hint() = "Everybody who is invited, whether or not they answer. If more people answer than you enter here, there are no results.";
    eligible_error(threshold) = "Enter how many people can take part: a whole number, {threshold} or more";
    choose_passphrase() = "Choose a passphrase for closing";
    passphrase_hint(least) = "{least} character or more. Only whoever knows it can close the collection, or go on with it after this page was closed. This page stores it nowhere, and neither should the browser: if you lose it, the collection is lost."
        | "{least} characters or more. Only whoever knows it can close the collection, or go on with it after this page was closed. This page stores it nowhere, and neither should the browser: if you lose it, the collection is lost.";
    passphrase_error(least) = "Choose a passphrase of {least} character or more" | "Choose a passphrase of {least} characters or more";
    device_goes_round() = "One device goes round. Each person answers, hands in and passes it on; you close the collection at the end.";
    what_is_released(policy) = "What is released: policy “{policy}”";
    everybody_reads_this() = "Everybody reads this before the first question. It cannot be changed once the collection is open.";
    collection() = "Collection";
    results_go_to() = "Results go to";
    nowhere() = "nowhere; you can download them";
    keep_open_stored(batch) = "Keep this page open until the end. After every {batch} person the sums are stored on this device, enciphered with your passphrase; closing the page loses the few since then."
        | "Keep this page open until the end. After every {batch} people the sums are stored on this device, enciphered with your passphrase; closing the page loses the few since then.";
    keep_open_or_lose() = "Keep this page open until the end: closing or reloading it loses the collection.";
    opening_collection() = "Opening the collection …";
    cancel() = "Cancel";
    open_collection() = "Open the collection";

    // Goes on with it.
    passphrase() = "Passphrase";
    passphrase_chosen() = "The one that was chosen when the collection was opened.";
    resume_question() = "Go on with this collection?";
    is_open_here(collection) = "The collection “{collection}” is open on this device.";
    up_to_the_last(batch, most) = "Everybody up to the last {batch} is kept. Whoever answered after that, {most} at most, can answer again.";
    resume() = "Go on";
    opening_stored() = "Opening what this device keeps …";
    begin_anew() = "Begin anew";
    stored_is_erased() = "What is stored of the collection is erased. This cannot be undone.";
    erase_and_begin_anew() = "Erase it and begin anew";
    custody_no_crypto() = "This page is not served over https, so the browser cannot keep a passphrase safe";
    custody_not_opened() = "This is not the passphrase of this collection, or the survey was changed since";
    custody_no_storage() = "The browser keeps nothing for this page, as its storage is full or is not allowed. Free some space, or allow it, and try again";
    custody_elsewhere() = "This collection was ended, or goes on in another window";

    // Between two people.
    nothing_left() = "Nothing of yours is left on this screen.";
    hand_on() = "Please hand the device to the next person.";
    next_person() = "I am the next person";
    not_kept_any_more() = "Please tell the person who runs this group: this device does not keep the collection any more. It was erased from the device, or goes on in another window.";
    still_there() = "Are you still there?";
    erased_soon(seconds) = "In {seconds} second your answers are erased." | "In {seconds} seconds your answers are erased.";
    closes_soon(seconds) = "This screen closes in {seconds} second." | "This screen closes in {seconds} seconds.";
    i_am_here() = "I am still here";
    when_everybody() = "When everybody has had the device, close the collection.";
    close_collection() = "Close the collection";

    // Closes it.
    close_question() = "Close the collection?";
    checking_passphrase() = "Checking the passphrase …";
    keep_it_open() = "Keep it open";
    enough() = "Enough people have answered. After closing, nobody can answer any more; the results are made once and shown.";
    close_and_make() = "Close and make the results";
    not_enough(threshold) = "Not yet enough: fewer than {threshold} person has answered. There are no results, and nothing to see."
        | "Not yet enough: fewer than {threshold} people have answered. There are no results, and nothing to see.";
    end_without_results() = "End without results";
    everybodys_are_erased() = "The answers of everybody so far are erased. This cannot be undone.";
    erase_everything() = "Erase everything";
    collection_erased() = "The collection was erased";
    all_are_gone() = "All answers of this group are gone. Nothing was sent.";

    // Its results.
    no_results() = "There are no results";
    too_few(threshold) = "Nothing was released: there were fewer than {threshold} respondent." | "Nothing was released: there were fewer than {threshold} respondents.";
    more_than_eligible(eligible) = "Nothing was released: there were more respondents than the {eligible} who was eligible."
        | "Nothing was released: there were more respondents than the {eligible} who were eligible.";
    other_instrument() = "Nothing was released: there were answers to another instrument.";
    results_of_group() = "Results of this group";
    send_release() = "Send the release";
    send_again() = "Send again";
    download_release() = "Download the release";
    to_the_letter() = "The release, to the letter";
    these_bytes() = "These bytes, and no others, are sent, downloaded and shown below as tables.";
    no_tables() = "The tables cannot be shown just now. The release is complete: download it, and open it on the page for reports.";
    ready_kept(endpoint) = "Nothing was sent yet. Look at what will be sent, to {endpoint} and nowhere else; then send it. Until then it is kept on this device.";
    ready(endpoint) = "Nothing was sent yet. Look at what will be sent, to {endpoint} and nowhere else; then send it, before this page is closed: it is kept nowhere else.";
    unsent_kept() = "Nothing was sent. Download the release: until then it is kept on this device.";
    unsent() = "Nothing was sent. Download the release to keep it.";
    waiting_kept() = "The portal cannot be reached just now. The release waits on this device and is sent when the portal can be reached, also after this page was closed and opened again.";
    waiting() = "The portal cannot be reached just now. Keep this page open: the release is sent when the portal can be reached. Or download it.";
    sending_to(endpoint) = "Sending the release to {endpoint} …";
    is_kept_there(endpoint) = "The release was sent to {endpoint} and is kept there.";
    stop_sending() = "Stop sending";
    settled_elsewhere() = "The release waits on this device no longer: another window has sent it, or it was downloaded there.";
    release_forbidden() = "The page around this survey did not let the release be sent.";
    not_sent(reason) = "The release could not be sent: {reason}. It is still here: send it again, or download it.";
    portal_unreachable() = "the portal cannot be reached";
    portal_refused(status) = "the portal refused it with status {status}";
    portal_refused_since(status, reason) = "the portal refused it with status {status}: {reason}";

    // A survey that is answered from home.
    demonstration() = "A demonstration: ";
    demonstration_text() = "both operators run on one machine, so whoever runs it could read the answers. Answer with something made up.";
    split_in_two(leader, helper) = "At the end your answers are split on this device into two shares, each of them nothing but random numbers. One is sealed for {leader}, the other for {helper}; what is sent goes through {leader}.";
    neither_can_read() = "Each of the two adds the shares of everybody. Neither can read an answer from what it has.";
    only_both_sums(minimum) = "Only the two sums together tell something: of at least {minimum} person, once, to the person who runs the survey."
        | "Only the two sums together tell something: of at least {minimum} people, once, to the person who runs the survey.";
    here_until_sent() = "Until you send them, your answers are on this device only. They are not stored: if you close this page, they are gone.";
    shown_of_sum() = "What is shown of the sum";
    operators(leader, helper) = "The two operators: {leader} and {helper}";
    operators_see() = "Each sees the internet address of your device, and when you answer. Neither sees what you answer, or which questions you leave out.";
    operators_see_code() = "Each sees the internet address of your device, and when you answer, and that an invitation code was used, but not whose. Neither sees what you answer, or which questions you leave out.";
    operators_see_login() = "Each sees the internet address of your device, and when you answer, and that the portal let somebody take part, but not whom. Neither sees what you answer, or which questions you leave out.";
    risk_together(leader, helper) = "If {leader} and {helper} put their shares together, they can read every answer.";
    risk_everybody_but_you() = "If everybody but you put their answers together, they can compute yours from an exact count.";
    risk_nearly_everybody() = "What nearly everybody in the class says is known of each of its members.";
    risk_anybody() = "Anybody can answer here, as often as they like.";
    risk_codes() = "Whoever has the list of invitation codes can answer in the place of others, and find out whether a code was used. If they also open the sum, or work together with one operator, they can single out answers that way.";
    risk_login() = "The portal knows that you have opened the survey with your login, though not what you answer. If those who run it take part in the place of others, and also open the sum or work together with one operator, they can single out answers that way.";
    code_label() = "Your invitation code";
    code_hint() = "Twenty letters and digits, such as 7KQ4X-MMT2W-01ABC-9ZXY8. It opens one submission, and the operators do not know whose it is.";
    code_missing() = "Enter the code from your invitation";
    code_length(found, expected) = "Check the code: found {found} letters and digits; expected {expected}, such as 7KQ4X-…";
    code_letter(found) = "Check the code: found {found}; expected letters without U, and digits";
    code_slip() = "Check the code: a letter or a digit is not as in the invitation; expected the code as it is there";
    seal_and_send() = "Seal and send my answers";
    sending_answers() = "Sending your answers";
    step_keys() = "Asking both operators for their keys";
    step_credential() = "Checking that you can take part";
    step_sealing() = "Splitting and sealing your answers";
    step_sending() = "Sending the sealed shares";
    and_so_on(step) = "{step} …";
    not_handed_in() = "Your answers were not handed in";
    try_again() = "Try again";
    give_up() = "Give up and erase my answers";
    failed_tokens() = "The portal cannot be asked whether you can take part.";
    failed_tokens_since(reason) = "The portal does not let you take part: {reason}.";
    failed_operator(operator) = "{operator} cannot be reached.";
    failed_stopped() = "You have stopped it.";
    failed_forbidden() = "The page around this survey did not let it be sent.";
    failed_unreachable() = "The connection was lost before an answer came.";
    failed_refused(status) = "The operator refused it with status {status}.";
    failed_refused_since(reason) = "The operator refused it: {reason}.";
    reason_full() = "as many have answered as were invited";
    reason_closed() = "the survey is closed: no more answers are taken";
    reason_unknown_code() = "this code is not known; expected one that was handed out for this survey";
    reason_used_code() = "this code was used already";
    reason_used_login() = "this login was used already";
    advice_used() = "If an earlier try was interrupted, your answers arrived then, and they count once. If you have not answered before, tell whoever invited you.";
    advice_refused() = "Nothing of this try was kept. Your answers are still on this page.";
    advice_unreachable() = "They may have arrived all the same. Trying again sends the very same sealed shares, and they count once.";
    advice_forbidden() = "Nothing was sent. Your answers are still on this page.";
    advice_later() = "Nothing was sent yet, and your answers are still on this page. Check your connection, or try again later.";
    handed_in() = "Thank you: your answers were handed in";
    left_as_shares(leader, helper) = "They left this device as two sealed shares, for {leader} and for {helper}. They cannot be changed or taken out any more.";
    receipt() = "Receipt";
    results() = "Results";
    results_after(closes) = "after {closes}, if enough people answer";
    about_receipt() = "The receipt is a random number. It shows that something was handed in, and nothing of what it was. You do not need to keep it.";
    erased_uncertain() = "Your answers were erased from this device. It is not certain whether they were handed in before.";
    erased_not_handed_in() = "Your answers were erased from this device. They were not handed in.";
    erased_handed_in() = "Your answers were handed in, and erased from this device.";

    // What `www/balint-survey.js` says before there is anything else, from a list of its own.
    loading() = "Loading the survey …";
    cannot_be_shown() = "This survey cannot be shown";
    too_old() = "This browser is too old for it, or has WebAssembly switched off. Please update it, or use another browser or device.";
}
