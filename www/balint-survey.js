// The custom element <balint-survey>.
//
// It loads the WebAssembly module once for all elements of a page, and the style sheet into each shadow root.
// Everything else happens in Rust: see src/element.rs.
//
// What it loads is named by `import("…")` and `new URL("…", import.meta.url)` with nothing computed in them: so a
// bundler finds the files, too, and each is asked for at once and not when the one before it is there.

// The file of each language that the survey can be in, and what is said before it is loaded.
const languages = {
  en: [undefined, "Loading the survey …", "This survey cannot be shown", "This browser is too old for it, or has WebAssembly switched off. Please update it, or use another browser or device."],
  ar: [new URL("./pkg/balint_ar.json", import.meta.url), "جارٍ تحميل الاستبيان…", "لا يمكن عرض هذا الاستبيان", "هذا المتصفح قديم جدًا لعرضه، أو أن WebAssembly معطَّل فيه. يُرجى تحديثه أو استخدام متصفح أو جهاز آخر."],
  de: [new URL("./pkg/balint_de.json", import.meta.url), "Die Umfrage wird geladen …", "Diese Umfrage kann nicht gezeigt werden", "Dieser Browser ist zu alt dafür, oder WebAssembly ist in ihm abgeschaltet. Bitte aktualisieren Sie ihn, oder nehmen Sie einen anderen Browser oder ein anderes Gerät."],
  es: [new URL("./pkg/balint_es.json", import.meta.url), "Cargando la encuesta…", "No se puede mostrar esta encuesta", "Este navegador es demasiado antiguo, o tiene WebAssembly desactivado. Actualízalo o usa otro navegador u otro dispositivo."],
  fr: [new URL("./pkg/balint_fr.json", import.meta.url), "Chargement de l’enquête…", "Cette enquête ne peut pas être affichée", "Ce navigateur est trop ancien, ou WebAssembly y est désactivé. Mettez-le à jour, ou utilisez un autre navigateur ou un autre appareil."],
  zh: [new URL("./pkg/balint_zh.json", import.meta.url), "正在加载调查……", "无法显示此调查", "这个浏览器版本过旧，或关闭了 WebAssembly。请更新它，或使用其他浏览器或设备。"],
};
/** The scripts that are read from right to left. */
const rightToLeft = ["Arab", "Hebr", "Thaa"];
const tooOld = languages.en[3];

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
  "results",
];
const flags = ["no-preview"];

// The hashes of the WebAssembly modules and the languages by their names: `balint-survey build --out` writes them into its copy.
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

/** The largest list of results, in bytes. */
const resultsLimit = 1024 * 1024;

// Each way to take part has a module of its own, loaded where it is asked for.
const modules = {
  personal: () => onOneDevice(import("./pkg/balint_survey.js"), new URL("./pkg/balint_survey_bg.wasm", import.meta.url)),
  group: () => onOneDevice(import("./pkg/balint_group.js"), new URL("./pkg/balint_group_bg.wasm", import.meta.url)),
  remote: () => import("./balint-remote.js").then((module) => module.start(load, readFile)),
};
const started = {};
let sheet;

async function onOneDevice(script, address) {
  const { Widget } = await load(script, address);
  const show = (widget, host, [definition, results]) => widget.show(host, definition, results, loadForGroup);
  return { Widget, show, read: (host) => Promise.all([readDefinition(host), readResults(host)]) };
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

/** Returns the language of an element, its own or the page's, as a tag of BCP 47. */
function languageAround(element) {
  for (let node = element; node; node = node.getRootNode().host) {
    const tag = node.closest("[lang]")?.getAttribute("lang");
    if (tag) return tag;
  }
  return "en";
}

/** Returns which of the languages a tag is best answered in, and the locale for its numbers and dates. */
function matched(tag) {
  try {
    const wanted = new Intl.Locale(tag.replaceAll("_", "-"));
    const { language, script } = wanted.maximize();
    // In another script it is not read: zh-TW is not served by zh, which is simplified.
    if (language in languages && new Intl.Locale(language).maximize().script === script) {
      // The same digits as in the answers.
      const locale = new Intl.Locale(wanted.baseName, { numberingSystem: "latn" }).toString();
      return { language, locale, direction: rightToLeft.includes(script) ? "rtl" : "ltr" };
    }
  } catch {
    // What is no tag names no language, and an old browser knows none.
  }
  return { language: "en", locale: "en", direction: "ltr" };
}

const files = {};

/** Reads the file of a language, once, as text, or says why it cannot be; English needs none. */
async function readLanguage({ language }) {
  if (language === "en") return { text: undefined };
  files[language] ??= fetch(languages[language][0], { integrity: hashes[`balint_${language}.json`] }).then((response) => {
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response.text();
  });
  try {
    return { text: await files[language] };
  } catch (error) {
    delete files[language];
    return { error };
  }
}

/** Returns the bytes of the instrument that the page brings, if it brings one. */
async function readDefinition({ definition, src }) {
  if (definition != null) {
    return new TextEncoder().encode(typeof definition === "string" ? definition : JSON.stringify(definition));
  }
  return src === null ? undefined : readFile("src", src, "an instrument");
}

/**
 * Returns what the school has released, if the page says where; a survey without it is still a survey.
 *
 * It is asked for before anybody has answered, so the request is the same for everybody.
 */
async function readResults(host) {
  try {
    if (host.results === null) return undefined;
    const bytes = await readFile("results", host.results, "releases");
    if (bytes.length > resultsLimit) {
      throw new Error(`attribute results: ${host.results} has ${bytes.length} bytes; expected ${resultsLimit} or fewer`);
    }
    return bytes;
  } catch (error) {
    tell(host, error.message);
    return undefined;
  }
}

async function readFile(attribute, address, expected) {
  const response = await fetch(address, { cache: "no-cache" }).catch(() => ({ status: "unreachable" }));
  if (!response.ok) {
    throw new Error(`attribute ${attribute}: ${address} cannot be read (${response.status}); expected ${expected}`);
  }
  return new Uint8Array(await response.arrayBuffer());
}

function tell(host, message) {
  host.dispatchEvent(new CustomEvent("survey-error", { bubbles: true, composed: true, detail: { message } }));
}

// What shows a group's results; without it, the release itself is still there. And every language, so that no request
// tells which one somebody of the group has chosen.
function loadForGroup() {
  import("./balint-report.js").catch(() => {});
  for (const language of Object.keys(languages)) readLanguage({ language });
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
  /** The language that is wanted, and a watch on that of the page. */
  #wanted = matched("en");
  #watch = new MutationObserver(() => this.#listen());

  connectedCallback() {
    if (!this.#place) {
      // Until the survey is there, the slot shows what the page has put between the tags.
      const root = this.attachShadow({ mode: "open" });
      this.#place = document.createElement("div");
      this.#slot = document.createElement("slot");
      this.#place.append(this.#slot);
      root.append(this.#place);
      this.#takeEarlyProperties();
    }
    this.#watch.observe(document, { subtree: true, attributeFilter: ["lang"] });
    this.#wanted = matched(languageAround(this));
    if (!this.#shown) this.#slot.replaceChildren(this.#saying("span", 1));
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
      this.#watch.disconnect();
      this.#stop();
    });
  }

  attributeChangedCallback(name, before, after) {
    if (before === after) return;
    if (name === "lang") this.#listen();
    else this.#change();
  }

  /** Returns an element with one of the things that are said here. */
  #saying(name, place) {
    const { language, direction } = this.#wanted;
    const element = document.createElement(name);
    element.lang = language;
    element.dir = direction;
    element.textContent = languages[language][place];
    return element;
  }

  /** Goes on in another language where one is wanted now, wherever somebody is. */
  async #listen() {
    const wanted = matched(languageAround(this));
    if (wanted.locale === this.#wanted.locale) return;
    this.#wanted = wanted;
    // A survey that is about to be shown asks for it then.
    if (this.#shown) await this.#speakWanted();
  }

  async #speakWanted() {
    const wanted = this.#wanted;
    const file = await readLanguage(wanted);
    if (this.#shown && this.#wanted === wanted) this.#speak(this.#shown.widget, wanted, file);
  }

  /** Has a widget speak a language; where its file cannot be used, English, as nobody is kept from the survey by that. */
  #speak(widget, { language, locale }, { text, error }) {
    try {
      if (error) throw error;
      widget.speak(text, locale);
    } catch (error) {
      widget.speak(undefined, "en");
      this.#tell(`language ${language}: it cannot be read (${error.message}); the survey is in English`);
    }
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
      // What else the attribute may say is for the module to refuse; that of a group can read releases.
      const name = ["group", "remote"].find((name) => name === this.mode) ?? (this.results === null ? "personal" : "group");
      const wanted = (this.#wanted = matched(languageAround(this)));
      const speech = readLanguage(wanted);
      const module = await start(name);
      const [read, file] = await Promise.all([module.read(this, this.#read), speech]);
      if (isOvertaken()) return;
      if (this.#shown && this.#shown.module !== module) {
        if (!this.#shown.widget.isIdle) throw new Error("attribute mode: changed while somebody answers; it stays as it was");
        this.#park();
      }
      const shown = this.#shown ?? module.parked.pop() ?? make(module);
      this.#speak(shown.widget, wanted, file);
      try {
        module.show(shown.widget, this, read);
      } catch (error) {
        if (!this.#shown) module.parked.push(shown);
        throw error;
      }
      this.#shown = shown;
      this.shadowRoot.adoptedStyleSheets = [module.sheet];
      if (!shown.place.isConnected) this.#place.replaceChildren(shown.place);
      if (this.#wanted !== wanted) await this.#speakWanted();
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
      const title = this.#saying("h2", 2);
      const text = message === tooOld ? this.#saying("p", 3) : document.createElement("p");
      box.setAttribute("role", "alert");
      box.part = "failure";
      if (message !== tooOld) {
        // For whoever has set it up.
        text.lang = "en";
        text.dir = "ltr";
        text.textContent = message;
      }
      box.append(title, text);
      this.#slot.replaceChildren();
      this.#place.replaceChildren(box, this.#slot);
    }
    this.#tell(message);
  }

  #tell(message) {
    tell(this, message);
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
