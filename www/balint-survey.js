// The custom element <balint-survey>.
//
// It loads the WebAssembly module once for all elements of a page, and the style sheet into each shadow root.
// Everything else happens in Rust: see src/element.rs.
import init, { mount } from "./pkg/balint_survey.js";

const loading = "Loading the survey …";
const failed = "This survey cannot be shown";

// What happens on one device, and what goes to two operators: a module of its own, loaded where it is asked for.
const modules = {
  local: () => init({ module_or_path: new URL("./pkg/balint_survey_bg.wasm", import.meta.url) }).then(() => mount),
  remote: () => import("./balint-remote.js").then((module) => module.start().then(() => module.mount)),
};
const started = {};

/** Starts a module and reads the style sheet, once; a failed start can be tried again. */
function start(name) {
  started[name] ??= Promise.all([modules[name](), styleSheet()]).catch((error) => {
    delete started[name];
    throw error;
  });
  return started[name];
}

// A constructed style sheet passes a strict Content-Security-Policy; a <style> element would not.
async function styleSheet() {
  const response = await fetch(new URL("./balint-survey.css", import.meta.url));
  if (!response.ok) throw new Error(`balint-survey.css: status ${response.status}`);
  return new CSSStyleSheet().replace(await response.text());
}

// What shows a group's results; without it, the release itself is still there.
function loadReport() {
  import("./balint-report.js").catch(() => {});
}

class BalintSurvey extends HTMLElement {
  #place;
  #slot;
  #widget;
  #isStarting = false;

  connectedCallback() {
    if (!this.#place) {
      // Until the survey is there, the slot shows what the page has put between the tags.
      const root = this.attachShadow({ mode: "open" });
      this.#place = document.createElement("div");
      this.#slot = document.createElement("slot");
      this.#slot.append(loading);
      this.#place.append(this.#slot);
      root.append(this.#place);
    }
    addEventListener("pagehide", this);
    addEventListener("pageshow", this);
    this.#start();
  }

  disconnectedCallback() {
    // In a microtask, and only if it is still out: an element that is moved keeps its answers.
    queueMicrotask(() => {
      if (this.isConnected) return;
      removeEventListener("pagehide", this);
      removeEventListener("pageshow", this);
      this.#stop();
    });
  }

  /** Erases everything when the page is left, so that going back to it does not show the answers. */
  handleEvent(event) {
    if (event.type === "pagehide") this.#stop();
    else if (event.persisted) this.#start();
  }

  #stop() {
    this.#widget?.destroy();
    this.#widget = undefined;
  }

  async #start() {
    if (this.#widget || this.#isStarting) return;
    this.#isStarting = true;
    try {
      const [show, sheet] = await start(this.getAttribute("mode") === "remote" ? "remote" : "local");
      if (!this.isConnected) return;
      this.shadowRoot.adoptedStyleSheets = [sheet];
      const widget = await show(this, this.#place, loadReport);
      if (this.isConnected) this.#widget = widget;
      else widget.destroy();
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    } finally {
      this.#isStarting = false;
    }
  }

  /** Says what is wrong where the survey would be, above what the page has put between the tags, and to the page. */
  #fail(message) {
    const box = document.createElement("div");
    const title = document.createElement("h2");
    const text = document.createElement("p");
    box.setAttribute("role", "alert");
    box.part = "failure";
    title.textContent = failed;
    text.textContent = message;
    box.append(title, text);
    this.#slot.replaceChildren();
    this.#place.replaceChildren(box, this.#slot);
    this.dispatchEvent(new CustomEvent("survey-error", { bubbles: true, composed: true, detail: { message } }));
  }
}

if (!customElements.get("balint-survey")) customElements.define("balint-survey", BalintSurvey);
