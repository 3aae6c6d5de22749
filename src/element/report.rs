//! What `<balint-report>` calls: `www/balint-report.js`.

use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement};

use crate::view::coordinator::{Coordinator, CoordinatorProps};

/// A running page for reports.
#[wasm_bindgen]
pub struct ReportPage {
    app: yew::AppHandle<Coordinator>,
}

#[wasm_bindgen]
impl ReportPage {
    /// Stops the page and empties its place.
    pub fn destroy(self) {
        self.app.destroy();
    }
}

/// Shows reports at `place`, an element inside the shadow root of `host`.
///
/// With a release in the attribute `release` it shows the report of that alone; otherwise it takes files, and
/// releases from the address in the attribute `src`. `definition` is the JSON of an instrument that is not built in.
/// `collector` promises the module that opens the sum of a remote survey; it is called when the page is given a
/// coordinator's key.
#[wasm_bindgen]
pub fn mount_report(host: HtmlElement, place: Element, collector: Function) -> ReportPage {
    let props = CoordinatorProps {
        release: host.get_attribute("release"),
        definition: host.get_attribute("definition"),
        src: host.get_attribute("src"),
        instrument: host.get_attribute("instrument"),
        collector: Some(collector),
    };
    ReportPage { app: yew::Renderer::<Coordinator>::with_root_and_props(place, props).render() }
}
