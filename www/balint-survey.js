// The custom element <balint-survey>.
//
// It loads the WebAssembly module once for all elements of a page, and the style sheet into each shadow root.
// Everything else happens in Rust: see src/element.rs.
//
// What it loads is named by `import("…")` and `new URL("…", import.meta.url)` with nothing computed in them: so a
// bundler finds the files, too, and each is asked for at once and not when the one before it is there.

const loading = "Loading the survey …";
const failed = "This survey cannot be shown";
const tooOld = "This browser is too old for it, or has WebAssembly switched off. Please update it, or use another browser or device.";

// What is set up with attributes, or with properties of the same names.
const attributes = [
  "instrument",
  "src",
  "mode",
  "policy",
  "collection",
  "eligible",
  "endpoint",
  "task",
  "task-hash",
  "tokens",
  "code",
  "opens",
  "closes",
  "no-preview",
];
const flags = ["no-preview"];

// The hashes of the WebAssembly modules by their names: `balint-survey build --out` writes them into its copy.
const hashes = {};

/** Starts a WebAssembly module whose script is asked for already; the browser refuses one with another hash. */
async function load(script, address) {
  const name = address.pathname.split("/").at(-1);
  const refuse = () => Promise.reject(new Error(`${name}: not to be had; expected the file that was built`));
  const wasm = fetch(address, { integrity: hashes[name] }).catch(refuse);
  const [module, response] = await Promise.all([script, wasm]);
  await module.default({ module_or_path: response });
  return module;
}

// Each way to take part has a module of its own, loaded where it is asked for.
const modules = {
  personal: () => onOneDevice(import("./pkg/balint_survey.js"), new URL("./pkg/balint_survey_bg.wasm", import.meta.url)),
  group: () => onOneDevice(import("./pkg/balint_group.js"), new URL("./pkg/balint_group_bg.wasm", import.meta.url)),
  remote: () => import("./balint-remote.js").then((module) => module.start(load)),
};
const started = {};
let sheet;

async function onOneDevice(script, address) {
  const { Widget } = await load(script, address);
  const show = (widget, host, definition) => widget.show(host, definition, loadReport);
  return { Widget, show, read: readDefinition };
}

/** Returns whether the browser has what came last to all of them: style sheets that a script makes, in 2023. */
function isCurrent() {
  return typeof WebAssembly === "object" && "replace" in CSSStyleSheet.prototype;
}

/** Starts a module and reads the style sheet, each once; a failed start can be tried again. */
function start(name) {
  if (!isCurrent()) return Promise.reject(new Error(tooOld));
  sheet ??= styleSheet().catch((error) => {
    sheet = undefined;
    throw error;
  });
  started[name] ??= Promise.all([modules[name](), sheet]).then(
    // A widget that no element needs any more waits here for the next one: what it holds of the browser is never freed.
    ([module, sheet]) => ({ ...module, sheet, parked: [] }),
    (error) => {
      delete started[name];
      throw error;
    },
  );
  return started[name];
}

// A constructed style sheet passes a strict Content-Security-Policy; a <style> element would not.
async function styleSheet() {
  // Vite's development server answers with a script, unless a style sheet is asked for.
  const response = await fetch(new URL("./balint-survey.css", import.meta.url), { headers: { accept: "text/css" } });
  if (!response.ok) throw new Error(`balint-survey.css: status ${response.status}`);
  return new CSSStyleSheet().replace(await response.text());
}

/** Returns the bytes of the instrument that the page brings, if it brings one. */
async function readDefinition({ definition, src }) {
  if (definition != null) {
    return new TextEncoder().encode(typeof definition === "string" ? definition : JSON.stringify(definition));
  }
  if (src === null) return undefined;
  const response = await fetch(src, { cache: "no-cache" }).catch(() => ({ status: "unreachable" }));
  if (!response.ok) throw new Error(`attribute src: ${src} cannot be read (${response.status}); expected an instrument`);
  return new Uint8Array(await response.arrayBuffer());
}

// What shows a group's results; without it, the release itself is still there.
function loadReport() {
  import("./balint-report.js").catch(() => {});
}

class BalintSurvey extends HTMLElement {
  static observedAttributes = [...attributes, "lang"];

  #place;
  #slot;
  /** The widget that shows this survey, the place where it does, and the module that both are of. */
  #shown;
  #definition;
  /** What the module has read for this survey, such as the code of the page's address. */
  #read = {};
  /** Counts the starts, so that of several only the last one shows something. */
  #starts = 0;
  /** Whether there is something that the widget does not know yet. */
  #isStale = true;

  connectedCallback() {
    if (!this.#place) {
      // Until the survey is there, the slot shows what the page has put between the tags.
      const root = this.attachShadow({ mode: "open" });
      this.#place = document.createElement("div");
      this.#slot = document.createElement("slot");
      this.#slot.append(loading);
      this.#place.append(this.#slot);
      root.append(this.#place);
      this.#takeEarlyProperties();
    }
    addEventListener("pagehide", this);
    addEventListener("pageshow", this);
    this.#soon();
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

  attributeChangedCallback(_name, before, after) {
    if (before !== after) this.#change();
  }

  /** An instrument as JSON, text or object, in the place of `src`. */
  get definition() {
    return this.#definition;
  }

  set definition(value) {
    this.#definition = value ?? undefined;
    this.#change();
  }

  /** Goes back to the start and erases the answers; an open collection stays open, and what is sent is sent. */
  reset() {
    this.#shown?.widget.reset();
  }

  /** Focuses the heading of the screen. */
  focus(options) {
    this.shadowRoot?.querySelector(".heading")?.focus(options);
  }

  /** Erases everything when the page is left, so that going back to it does not show the answers. */
  handleEvent(event) {
    if (event.type === "pagehide") this.#stop();
    else if (event.persisted) this.#soon();
  }

  // What was set before the module came is on the element itself, and hides what the class has.
  #takeEarlyProperties() {
    for (const name of ["definition", ...attributes.map(property)]) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
  }

  #change() {
    this.#isStale = true;
    this.#soon();
  }

  // In a microtask, so that what a framework sets one after the other is taken together.
  #soon() {
    queueMicrotask(() => {
      if (this.isConnected && this.#place && this.#isStale) this.#start();
    });
  }

  #stop() {
    this.#starts++;
    this.#isStale = true;
    this.#read = {};
    this.#park();
  }

  #park() {
    if (!this.#shown) return;
    const { widget, place, module } = this.#shown;
    this.#shown = undefined;
    place.remove();
    widget.park();
    module.parked.push({ widget, place, module });
  }

  async #start() {
    const turn = ++this.#starts;
    this.#isStale = false;
    const isOvertaken = () => turn !== this.#starts || !this.isConnected;
    try {
      // What else the attribute may say is for the module to refuse.
      const name = ["group", "remote"].find((name) => name === this.mode) ?? "personal";
      const module = await start(name);
      const read = await module.read(this, this.#read);
      if (isOvertaken()) return;
      if (this.#shown && this.#shown.module !== module) {
        if (!this.#shown.widget.isIdle) throw new Error("attribute mode: changed while somebody answers; it stays as it was");
        this.#park();
      }
      const shown = this.#shown ?? module.parked.pop() ?? make(module);
      try {
        module.show(shown.widget, this, read);
      } catch (error) {
        if (!this.#shown) module.parked.push(shown);
        throw error;
      }
      this.#shown = shown;
      this.shadowRoot.adoptedStyleSheets = [module.sheet];
      if (!shown.place.isConnected) this.#place.replaceChildren(shown.place);
    } catch (error) {
      if (!isOvertaken()) this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  /** Says what is wrong where the survey would be, above what the page has put between the tags, and to the page. */
  #fail(message) {
    // Nobody who is in the middle of the survey loses it.
    if (!this.#shown || this.#shown.widget.isIdle) {
      this.#park();
      const box = document.createElement("div");
      const title = document.createElement("h2");
      const text = document.createElement("p");
      box.setAttribute("role", "alert");
      box.dir = "ltr";
      box.part = "failure";
      title.textContent = failed;
      text.textContent = message;
      box.append(title, text);
      this.#slot.replaceChildren();
      this.#place.replaceChildren(box, this.#slot);
    }
    this.dispatchEvent(new CustomEvent("survey-error", { bubbles: true, composed: true, detail: { message } }));
  }
}

/** Makes a widget that shows nothing yet. */
function make(module) {
  const place = document.createElement("div");
  return { widget: new module.Widget(place), place, module };
}

/** Returns the name of the property that an attribute is set with: `taskHash` for `task-hash`. */
function property(attribute) {
  return attribute.replace(/-./g, ([, letter]) => letter.toUpperCase());
}

for (const name of attributes) {
  const isFlag = flags.includes(name);
  Object.defineProperty(BalintSurvey.prototype, property(name), {
    get() {
      return isFlag ? this.hasAttribute(name) : this.getAttribute(name);
    },
    set(value) {
      if (isFlag) this.toggleAttribute(name, Boolean(value));
      else if (value == null) this.removeAttribute(name);
      else this.setAttribute(name, value);
    },
    configurable: true,
    enumerable: true,
  });
}

if (!customElements.get("balint-survey")) customElements.define("balint-survey", BalintSurvey);
