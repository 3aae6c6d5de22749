//! The coordinator's page: files in, one report out.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DragEvent, File, FileList, FocusOptions, HtmlElement, HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::collecting::{self, Panel};
use super::desk::{Desk, DeskAction, Field, FieldworkForm, Job, Kept, Portal, Refused};
use super::markup;
use super::reading::{Found, ReadError, Terms, definitions_first, read};
use super::screens::button;
use super::words;
use crate::browser;
use crate::disclosure::POLICIES;
use crate::instrument::Instrument;
use crate::language::Language;
use crate::report::Format;
use crate::report::html::{self, Level};
use crate::report::layout::Document;
use crate::workspace::example::Example;
use crate::workspace::{Compare, Origin, Side, Source, Workspace};

/// The properties of [`Coordinator`].
#[derive(Properties, Clone, PartialEq)]
pub struct CoordinatorProps {
    /// The JSON of one release: then its report is all that is shown.
    #[prop_or_default]
    pub release: Option<String>,
    /// The JSON of an instrument that is not built in, whose releases are shown as well.
    #[prop_or_default]
    pub definition: Option<String>,
    /// Where the portal's releases are listed.
    #[prop_or_default]
    pub src: Option<String>,
    /// Which of the portal's releases are shown at once: those of this instrument.
    #[prop_or_default]
    pub instrument: Option<String>,
    /// Loads what opens the sum of a remote survey; without it, the page does not.
    #[prop_or_default]
    pub collector: Option<Function>,
}

/// The whole page, or the report of one release.
#[component]
pub fn Coordinator(props: &CoordinatorProps) -> Html {
    let desk = use_reducer(|| desk(props.definition.as_deref()));
    let cancelled = use_mut_ref(|| Rc::new(Cell::new(false)));
    let heading = use_node_ref();
    use_releases(props, &desk);
    let is_page = props.release.is_none();
    use_focus(desk.additions, &heading, is_page);
    let article =
        use_memo((desk.workspace.clone(), is_page), |(workspace, is_page)| article(workspace, *is_page));
    let key_heading = use_node_ref();
    collecting::use_focus_on_key(desk.collecting.as_deref(), &key_heading);
    let withdrawn = use_mut_ref(|| Rc::new(Cell::new(false)));
    let page = Page {
        desk: &desk,
        cancelled: cancelled.borrow().clone(),
        withdrawn: withdrawn.borrow().clone(),
        collector: &props.collector,
        key_heading: &key_heading,
    };
    let report = html! {
        <div ref={heading} class="document" part="report" tabindex="-1">
            { article.as_ref().clone() }
        </div>
    };
    if props.release.is_some() {
        return html! { <div class="report-only">{ page.refusals() }{ report }</div> };
    }
    html! {
        <div class="coordinator">
            { page.intake() }
            { page.sources() }
            if !desk.workspace.own.is_empty() {
                { page.facts() }
                { page.downloads() }
                { report }
            }
        </div>
    }
}

/// Returns the state that the page begins with; an instrument that is none is refused like a file.
fn desk(definition: Option<&str>) -> Desk {
    let brought = definition.map(|json| Instrument::check(json.as_bytes())).transpose();
    let known = Instrument::built_in().into_iter();
    match brought {
        Ok(brought) => Desk::new(Workspace::new(known.chain(brought).collect::<Vec<_>>())),
        Err(findings) => Desk {
            refusals: vec![Refused {
                name: "definition".to_owned(),
                reason: ReadError::Instrument(findings).to_string(),
            }],
            ..Desk::new(Workspace::new(known.collect::<Vec<_>>()))
        },
    }
}

/// Renders the report; those who were asked need no checklist for a paper.
fn article(workspace: &Workspace, is_page: bool) -> Html {
    let (Some(report), Some(instrument)) = (workspace.report(), workspace.instrument()) else {
        return Html::default();
    };
    let document = Document::new(&report, instrument);
    let document = if is_page { document } else { document.without_checklist() };
    markup::element(&html::article(&document, Level::Part))
}

/// Loads what the page begins with: one release, or the list of the portal's.
#[hook]
fn use_releases(props: &CoordinatorProps, desk: &UseReducerHandle<Desk>) {
    let dispatcher = desk.dispatcher();
    use_effect_with(props.clone(), move |props| {
        if let Some(json) = &props.release {
            let (name, json) = ("release".to_owned(), json.clone().into_bytes());
            dispatcher.dispatch(DeskAction::Read { name, json, origin: Origin::Portal, side: Side::Own });
        } else if let Some(src) = props.src.clone() {
            let instrument = props.instrument.clone();
            dispatcher.dispatch(DeskAction::Portal { portal: Portal::Loading });
            spawn_local(async move {
                let portal = match browser::fetch_text(&src).await {
                    Ok(json) => portal(&json),
                    Err(reason) => Portal::Failed(reason),
                };
                let chosen = wanted(&portal, instrument.as_deref());
                dispatcher.dispatch(DeskAction::Portal { portal });
                for kept in chosen {
                    dispatcher.dispatch(add_kept(&kept, Side::Own));
                }
            });
        }
    });
}

/// Reads the portal's list: an array of `{collection, release}`.
fn portal(json: &str) -> Portal {
    let kept = |entry: &serde_json::Value| {
        let text = |pointer: &str| entry.pointer(pointer)?.as_str().map(str::to_owned);
        Some(Kept {
            collection: text("/collection")?,
            instrument: text("/release/instrument/id")?,
            policy: text("/release/policy/name")?,
            json: entry.get("release")?.to_string(),
        })
    };
    let list: Option<Vec<serde_json::Value>> = serde_json::from_str(json).ok();
    match list.and_then(|list| list.iter().map(kept).collect()) {
        Some(releases) => Portal::Releases(releases),
        None => Portal::Failed("it does not answer with a list of releases".to_owned()),
    }
}

/// Returns the releases that are shown at once: those of an instrument that go with its first.
fn wanted(portal: &Portal, instrument: Option<&str>) -> Vec<Kept> {
    let Portal::Releases(releases) = portal else { return Vec::new() };
    let of_it = || releases.iter().filter(|kept| Some(kept.instrument.as_str()) == instrument);
    let Some(first) = of_it().next() else { return Vec::new() };
    let alike = of_it().filter(|kept| kept.policy == first.policy);
    // Bands cannot be added up: one at a time.
    let most = if first.policy == "small-group" { 1 } else { usize::MAX };
    alike.take(most).cloned().collect()
}

fn add_kept(kept: &Kept, side: Side) -> DeskAction {
    DeskAction::Read {
        name: kept.collection.clone(),
        json: kept.json.clone().into_bytes(),
        origin: Origin::Portal,
        side,
    }
}

/// Moves focus to the report when something was added to it.
#[hook]
fn use_focus(additions: u32, heading: &NodeRef, is_page: bool) {
    let heading = heading.clone();
    use_effect_with(additions, move |additions| {
        if let Some(report) = heading.cast::<HtmlElement>().filter(|_| is_page && *additions > 0) {
            // Focus alone would bring the middle of it into view. It fails only for an element that cannot take
            // focus, and this one can.
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            let _ = report.focus_with_options(&options);
            report.scroll_into_view();
        }
    });
}

/// The page around the report.
struct Page<'a> {
    desk: &'a UseReducerHandle<Desk>,
    /// Whether what is being read is not wanted any more.
    cancelled: Rc<Cell<bool>>,
    /// The same of what is being asked for.
    withdrawn: Rc<Cell<bool>>,
    collector: &'a Option<Function>,
    key_heading: &'a NodeRef,
}

impl Page<'_> {
    fn on<E>(&self, action: impl Fn(E) -> DeskAction + 'static) -> Callback<E>
    where
        E: 'static,
    {
        let dispatcher = self.desk.dispatcher();
        Callback::from(move |event: E| dispatcher.dispatch(action(event)))
    }

    /// Returns a callback that reads files, one after the other.
    fn reader(&self, side: Side) -> Callback<Vec<File>> {
        let dispatcher = self.desk.dispatcher();
        let cancelled = Rc::clone(&self.cancelled);
        let terms = self.desk.terms.clone();
        let instruments = Rc::clone(self.desk.workspace.instruments());
        let is_busy = self.desk.job.is_some();
        let collector = self.collector.clone();
        Callback::from(move |files: Vec<File>| {
            if is_busy {
                return;
            }
            let (dispatcher, cancelled, terms) = (dispatcher.clone(), Rc::clone(&cancelled), terms.clone());
            let (mut instruments, collector) = (Rc::clone(&instruments), collector.clone());
            cancelled.set(false);
            spawn_local(async move {
                if let Some(first) = files.first() {
                    let job = Some(Job { name: first.name(), done: 0.0 });
                    dispatcher.dispatch(DeskAction::Progress { job });
                }
                for file in definitions_first(files).await {
                    let name = file.name();
                    let progress = |done: f64| {
                        let job = Some(Job { name: name.clone(), done });
                        dispatcher.dispatch(DeskAction::Progress { job });
                        !cancelled.get()
                    };
                    progress(0.0);
                    let found = match terms.eligible() {
                        Ok(eligible) => {
                            let terms = Terms { policy: terms.policy, eligible };
                            read(&file, &instruments, terms, progress)
                                .await
                                .map_err(|error| error.to_string())
                        }
                        Err(reason) => Err(reason),
                    };
                    if let Ok(Found::Instrument(instrument)) = &found {
                        Rc::make_mut(&mut instruments).insert(0, (**instrument).clone());
                    }
                    dispatcher.dispatch(match found {
                        Ok(Found::Instrument(instrument)) => DeskAction::Know { instrument },
                        Ok(Found::Release(json)) => {
                            DeskAction::Read { name: name.clone(), json, origin: Origin::File(name), side }
                        }
                        Ok(Found::Key(key)) => match collecting::open(collector.as_ref(), key).await {
                            Ok(collecting) => DeskAction::Key { collecting: Box::new(collecting) },
                            Err(reason) => DeskAction::Refuse { name, reason },
                        },
                        Ok(Found::Responses(release)) => {
                            let source = Source { release: *release, origin: Origin::Responses(name) };
                            DeskAction::Add { source: Box::new(source), side }
                        }
                        Err(reason) => DeskAction::Refuse { name, reason },
                    });
                }
                dispatcher.dispatch(DeskAction::Progress { job: None });
            });
        })
    }

    /// Renders where files are dropped or chosen.
    fn intake(&self) -> Html {
        html! {
            <section class="intake" aria-labelledby="intake">
                <h2 id="intake">{ "Make a report" }</h2>
                <p class="lead">{ "Drop releases (.json) here, or responses exported from REDCap and others (.csv). They are read in this page and never leave it. The key of a survey that was answered from home (collector.json) opens its sum, and the definition of a survey of your own makes its files understood." }</p>
                { self.drop_zone("own", "Releases and responses", Side::Own) }
                { self.job() }
                { self.brought() }
                { self.refusals() }
                { self.collecting() }
                { self.terms() }
                { self.portal() }
                <div class="buttons">
                    <span id="examples">{ "Or look at a worked example, of synthetic data:" }</span>
                    { for Example::ALL.into_iter().map(|example| self.example(example)) }
                </div>
            </section>
        }
    }

    fn drop_zone(&self, id: &'static str, label: &'static str, side: Side) -> Html {
        let read = self.reader(side);
        let ondragover = Callback::from(|event: DragEvent| event.prevent_default());
        let ondrop = {
            let read = read.clone();
            Callback::from(move |event: DragEvent| {
                event.prevent_default();
                read.emit(files(event.data_transfer().and_then(|data| data.files())));
            })
        };
        let onchange = Callback::from(move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            read.emit(files(input.files()));
            // So that the same file can be chosen again.
            input.set_value("");
        });
        html! {
            <div class="drop" part="drop" {ondragover} {ondrop}>
                <label for={id}>{ label }</label>
                <input {id} type="file" multiple=true accept=".json,.csv" disabled={self.desk.job.is_some()} {onchange} />
            </div>
        }
    }

    fn job(&self) -> Html {
        let Some(job) = &self.desk.job else { return html! { <div role="status"></div> } };
        let cancelled = Rc::clone(&self.cancelled);
        let percent = (100.0 * job.done).round() as u32;
        html! {
            <div class="job" role="status">
                <label for="progress">{ format!("Reading {}", job.name) }</label>
                <progress id="progress" max="100" value={percent.to_string()}>{ format!("{percent}%") }</progress>
                { button("Cancel", false, Some(Callback::from(move |_| cancelled.set(true)))) }
            </div>
        }
    }

    /// Renders which surveys the page has learned of.
    fn brought(&self) -> Html {
        let name = |instrument: &Instrument| {
            format!("“{}” ({}, version {})", instrument.text().title, instrument.id(), instrument.version())
        };
        let names: Vec<String> = self.desk.workspace.brought().map(name).collect();
        html! {
            <p class="brought" role="status">
                if !names.is_empty() {
                    { format!("Releases and responses of these are understood, too: {}", names.join(", ")) }
                }
            </p>
        }
    }

    fn refusals(&self) -> Html {
        if self.desk.refusals.is_empty() {
            return html! { <div role="alert"></div> };
        }
        let refusal = |refused: &super::desk::Refused| {
            html! { <li><strong>{ refused.name.clone() }</strong>{ ": " }<span class="reason">{ refused.reason.clone() }</span></li> }
        };
        html! {
            <div class="refusals" part="refusals" role="alert">
                <p>{ "Not read, as a whole:" }</p>
                <ul>{ for self.desk.refusals.iter().map(refusal) }</ul>
            </div>
        }
    }

    /// Renders the remote survey whose key was read.
    fn collecting(&self) -> Html {
        let Some(collecting) = &self.desk.collecting else { return Html::default() };
        let dispatcher = self.desk.dispatcher();
        collecting::panel(&Panel {
            collecting: (**collecting).clone(),
            collector: self.collector.clone(),
            withdrawn: Rc::clone(&self.withdrawn),
            onaction: Callback::from(move |action| dispatcher.dispatch(action)),
            heading: self.key_heading.clone(),
        })
    }

    /// Renders how responses in a file are released.
    fn terms(&self) -> Html {
        let onpolicy = self.on(|event: Event| DeskAction::Policy {
            policy: event.target_unchecked_into::<HtmlSelectElement>().value(),
        });
        // At once, as a file that is dropped does not take the focus out of the field.
        let oneligible = self.on(|event: InputEvent| DeskAction::Eligible {
            text: event.target_unchecked_into::<HtmlInputElement>().value(),
        });
        let chosen = self.desk.terms.policy;
        html! {
            <details>
                <summary>{ format!("For responses (.csv) that are read from now on: policy “{}”", chosen.name()) }</summary>
                <div class="fields">
                    <div class="field">
                        <label for="policy">{ "Policy" }</label>
                        <select id="policy" onchange={onpolicy}>
                            { for POLICIES.iter().map(|policy| html! {
                                <option value={policy.name()} selected={*policy == chosen}>{ policy.name() }</option>
                            }) }
                        </select>
                    </div>
                    <div class="field">
                        <label for="eligible">{ "People who could answer (may stay empty)" }</label>
                        <input id="eligible" type="text" inputmode="numeric" value={self.desk.terms.eligible.clone()} oninput={oneligible} />
                    </div>
                </div>
                <p>{ "Choose the policy once, before you look at results, and publish one release of these responses: two of them, under two policies or with one response more, can tell what each of them hides." }</p>
                <ul class="policy">{ for words::policy(&Language::default(), &chosen).into_iter().map(|sentence| html! { <li>{ sentence }</li> }) }</ul>
            </details>
        }
    }

    fn portal(&self) -> Html {
        match &self.desk.portal {
            Portal::None => Html::default(),
            Portal::Loading => html! { <p>{ "Looking for the portal’s releases …" }</p> },
            Portal::Failed(reason) => {
                html! { <p>{ format!("The portal’s releases could not be loaded: {reason}.") }</p> }
            }
            Portal::Releases(releases) if releases.is_empty() => {
                html! { <p>{ "The portal keeps no releases yet." }</p> }
            }
            Portal::Releases(releases) => html! {
                <details>
                    <summary>{ format!("Kept by the portal: {}", releases.len()) }</summary>
                    <ul class="sources">{ for releases.iter().map(|kept| self.kept(kept)) }</ul>
                </details>
            },
        }
    }

    fn kept(&self, kept: &Kept) -> Html {
        let kept = kept.clone();
        let text = format!("{} ({}, {})", kept.collection, kept.instrument, kept.policy);
        let label = format!("Add {}", kept.collection);
        let onclick = self.on(move |_: MouseEvent| add_kept(&kept, Side::Own));
        html! { <li><span>{ text }</span><button type="button" part="button" aria-label={label} {onclick}>{ "Add" }</button></li> }
    }

    fn example(&self, example: Example) -> Html {
        let onclick = self.on(move |_: MouseEvent| DeskAction::Example {
            source: Box::new(example.source()),
            form: Box::new(example_form(example)),
        });
        html! { <button type="button" part="button" aria-describedby="examples" {onclick}>{ example.label() }</button> }
    }

    /// Renders what the report is made of, and what it is compared with.
    fn sources(&self) -> Html {
        let workspace = &self.desk.workspace;
        if workspace.own.is_empty() {
            return Html::default();
        }
        html! {
            <section class="workspace" aria-labelledby="workspace">
                <h2 id="workspace">{ "This report" }</h2>
                <ul class="sources">{ for self.list(&workspace.own, Side::Own) }</ul>
                { self.compare() }
                <div class="buttons">
                    { button("Start over", false, Some(self.start_over())) }
                </div>
            </section>
        }
    }

    /// Clears everything; what is being read is cancelled, so that it does not come after all.
    fn start_over(&self) -> Callback<MouseEvent> {
        let (cancelled, withdrawn) = (Rc::clone(&self.cancelled), Rc::clone(&self.withdrawn));
        self.on(move |_| {
            cancelled.set(true);
            withdrawn.set(true);
            DeskAction::Clear
        })
    }

    fn list(&self, sources: &[Source], side: Side) -> Vec<Html> {
        let row = |(place, source): (usize, &Source)| {
            let name = source.release.collections().join(", ");
            let text =
                format!("{name}: {} respondents, {}", source.release.respondents(), origin(&source.origin));
            let onclick = self.on(move |_: MouseEvent| DeskAction::Remove { side, place });
            let label = format!("Remove {name}");
            html! { <li><span>{ text }</span><button type="button" part="button" aria-label={label} {onclick}>{ "Remove" }</button></li> }
        };
        sources.iter().enumerate().map(row).collect()
    }

    fn compare(&self) -> Html {
        let workspace = &self.desk.workspace;
        let study = workspace.instrument().and_then(|instrument| instrument.reference());
        let onchange = self.on(|event: Event| DeskAction::Compare {
            compare: match event.target_unchecked_into::<HtmlSelectElement>().value().as_str() {
                "study" => Compare::Study,
                "releases" => Compare::Releases,
                _ => Compare::Nothing,
            },
        });
        let choice = |value: &'static str, compare: Compare, label: String| {
            html! { <option {value} selected={workspace.compare == compare}>{ label }</option> }
        };
        html! {
            <>
                <div class="field">
                    <label for="compare">{ "Compare with" }</label>
                    <select id="compare" {onchange}>
                        { choice("nothing", Compare::Nothing, "nothing".to_owned()) }
                        if let Some(study) = study {
                            { choice("study", Compare::Study, format!("the study: {} (n = {})", study.name, study.respondents)) }
                        }
                        { choice("releases", Compare::Releases, "other releases".to_owned()) }
                    </select>
                </div>
                if workspace.compare == Compare::Releases {
                    { self.drop_zone("others", "Releases and responses to compare with", Side::Others) }
                    <ul class="sources">{ for self.list(&workspace.others, Side::Others) }</ul>
                }
            </>
        }
    }

    /// Renders what only the coordinator knows.
    fn facts(&self) -> Html {
        html! {
            <details class="facts">
                <summary>{ "Add what only you know: dates, reminders, attendance, ethics" }</summary>
                <div class="fields">{ for Field::ALL.into_iter().map(|field| self.field(field)) }</div>
                <p class="error" role="alert">{ self.desk.form_error.clone().unwrap_or_default() }</p>
            </details>
        }
    }

    fn field(&self, field: Field) -> Html {
        let id = format!("{field:?}").to_ascii_lowercase();
        let onchange = self.on(move |event: Event| DeskAction::Fill {
            field,
            text: event.target_unchecked_into::<HtmlInputElement>().value(),
        });
        html! {
            <div class="field">
                <label for={id.clone()}>{ field.label() }</label>
                <input {id} type={field.kind()} value={self.desk.form.text(field).to_owned()} {onchange} />
            </div>
        }
    }

    fn downloads(&self) -> Html {
        let print = Callback::from(|_| browser::print());
        html! {
            <section class="downloads" aria-label="Downloads">
                <div class="buttons">
                    <span>{ "Save or print:" }</span>
                    { for Format::ALL.into_iter().map(|format| self.download(format)) }
                    { button("The release", false, Some(self.download_release())) }
                    { button("Print", false, Some(print)) }
                </div>
            </section>
        }
    }

    fn download(&self, format: Format) -> Html {
        let workspace = self.desk.workspace.clone();
        let onclick = Callback::from(move |_| {
            if let (Some(report), Some(instrument)) = (workspace.report(), workspace.instrument()) {
                let name = format!("{}-report.{}", instrument.id(), format.extension());
                browser::download(&name, &format.write(&report, instrument), format.media_type());
            }
        });
        let label = match format {
            Format::Html => "Web page",
            Format::Markdown => "Markdown",
            Format::Csv => "CSV",
            Format::Json => "JSON",
            Format::Text => "Text",
        };
        button(label, false, Some(onclick))
    }

    fn download_release(&self) -> Callback<MouseEvent> {
        let workspace = self.desk.workspace.clone();
        Callback::from(move |_| {
            if let Some(release) = workspace.release() {
                let name = format!("{}.json", release.collections().join("+"));
                browser::download(&name, &release.to_json(), "application/json");
            }
        })
    }
}

fn files(list: Option<FileList>) -> Vec<File> {
    let list = list.map(|list| js_sys::Array::from(list.unchecked_ref())).unwrap_or_default();
    list.iter().map(JsCast::unchecked_into).collect()
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::File(name) => format!("from {name}"),
        Origin::Responses(name) => format!("counted here from {name}"),
        Origin::Collected(operators) => format!("collected from {operators}"),
        Origin::Portal => "from the portal".to_owned(),
        Origin::Example => "synthetic".to_owned(),
    }
}

/// Returns what the study tells of the survey; the headcounts are synthetic like the responses.
fn example_form(example: Example) -> FieldworkForm {
    let form = FieldworkForm::default()
        .with(Field::Note, "Synthetic data: nobody gave these answers. They were made so that every count and coefficient matches the tables that the study published.")
        .with(Field::Ethics, "Exempt, 45 CFR 46.101(b)(1) (the study’s).")
        .with(Field::Design, "The study’s: synthetic data that match its tables.");
    match example {
        Example::ClassSurvey => form
            .with(Field::Reminders, "2")
            .with(Field::Contact, "By e-mail.")
            .with(Field::Context, "Open for six weeks in the academic year 2013–2014."),
        Example::BalintGroup => form.with(Field::Attendance, "7, 2, 5, 6, 2, 3, 2, 7"),
    }
}
