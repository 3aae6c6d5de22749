// The custom element <balint-report>.
//
// It loads its WebAssembly module once for all elements of a page, and the style sheet into each shadow root.
// Everything else happens in Rust: see src/element/report.rs.

const loading = "Loading …";
const failed = "Reports cannot be shown";
const tooOld = "this browser is too old for them, or has WebAssembly switched off; please update it, or use another one";

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

let started;

/** Starts the module and reads the style sheet, once; a failed start can be tried again. */
function start() {
  if (typeof WebAssembly !== "object" || !("replace" in CSSStyleSheet.prototype)) return Promise.reject(new Error(tooOld));
  started ??= Promise.all([
    load(import("./pkg/balint_report.js"), new URL("./pkg/balint_report_bg.wasm", import.meta.url)),
    styleSheet(),
  ]).then(([{ mount_report: mount }, sheet]) => ({ mount, sheet }), (error) => {
    started = undefined;
    throw error;
  });
  return started;
}

// A constructed style sheet passes a strict Content-Security-Policy; a <style> element would not.
async function styleSheet() {
  // Vite's development server answers with a script, unless a style sheet is asked for.
  const response = await fetch(new URL("./balint-report.css", import.meta.url), { headers: { accept: "text/css" } });
  if (!response.ok) throw new Error(`balint-report.css: status ${response.status}`);
  return new CSSStyleSheet().replace(await response.text());
}

let collector;

/** Loads what opens the sum of a remote survey: only a page that is given a coordinator's key needs it. */
function loadCollector() {
  collector ??= load(import("./pkg/balint_collect.js"), new URL("./pkg/balint_collect_bg.wasm", import.meta.url)).catch(() => {
    collector = undefined;
    throw new Error("the module for keys cannot be loaded; choose the file again to try it again");
  });
  return collector;
}

class BalintReport extends HTMLElement {
  #place;
  #page;
  #isStarting = false;

  static observedAttributes = ["release", "definition"];

  attributeChangedCallback() {
    this.#stop();
    if (this.isConnected) this.#start();
  }

  connectedCallback() {
    if (!this.#place) {
      const root = this.attachShadow({ mode: "open" });
      this.#place = document.createElement("div");
      this.#place.append(loading);
      root.append(this.#place);
    }
    this.#start();
  }

  disconnectedCallback() {
    // In a microtask, and only if it is still out: an element that is moved keeps what it shows.
    queueMicrotask(() => {
      if (!this.isConnected) this.#stop();
    });
  }

  #stop() {
    this.#page?.destroy();
    this.#page = undefined;
  }

  async #start() {
    if (this.#page || this.#isStarting) return;
    this.#isStarting = true;
    try {
      const { mount, sheet } = await start();
      if (!this.isConnected) return;
      this.shadowRoot.adoptedStyleSheets = [sheet];
      this.#place.replaceChildren();
      this.#page = mount(this, this.#place, loadCollector);
    } catch (error) {
      const message = document.createElement("p");
      message.setAttribute("role", "alert");
      message.textContent = `${failed}: ${error instanceof Error ? error.message : error}`;
      this.#place.replaceChildren(message);
    } finally {
      this.#isStarting = false;
    }
  }
}

// Whoever loads this will show a report: on a shared device the network may be gone when it is time.
start().catch(() => {});

if (!customElements.get("balint-report")) customElements.define("balint-report", BalintReport);
