// Which article is shown is decided by the style sheet (`:target`), so that the
// links work without this script. It keeps the title, the list of surveys, the
// skip link and the focus in step, and fills the list of results.

const site = document.title;
const first = document.querySelector("article");
const skip = document.querySelector(".skip");

// Not `:target`: the browser may set it only after this script has run.
function shown() {
  return document.querySelector(`article[id="${CSS.escape(location.hash.slice(1))}"]`) ?? first;
}

function follow() {
  const article = shown();
  document.title = `${article.querySelector("h2").textContent} | ${site}`;
  skip.hash = article.id;
  skip.textContent = article.id === "results" ? "Skip to the results" : "Skip to the survey";
  for (const link of document.querySelectorAll(".surveys a")) {
    if (link.hash === `#${article.id}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (article.id === "results") showResults();
}

addEventListener("hashchange", () => {
  follow();
  // The browser has scrolled already; a second scroll would undo the margin it left.
  shown().querySelector("h2").focus({ preventScroll: true });
});

// Results

const status = document.querySelector(".results-status");
const list = document.querySelector(".results-list");
const retry = document.querySelector(".results-retry");

const instrumentTitles = {
  "stress-experience": "Stressful experiences on the wards",
  "post-program": "Looking back on the Balint group",
};

const collectionTitles = Object.fromEntries(
  Array.from(document.querySelectorAll("[data-collection]"), (name) => [
    name.dataset.collection,
    name.textContent,
  ]),
);

let latest = 0;

async function showResults() {
  const request = ++latest;
  status.textContent = "Looking for released results …";
  list.replaceChildren();
  retry.hidden = true;
  try {
    const releases = await fetchReleases();
    const sections = byInstrument(releases);
    if (request !== latest) return;
    status.textContent = summary(releases.length);
    list.replaceChildren(...sections);
  } catch {
    if (request !== latest) return;
    status.textContent = "The results could not be loaded just now.";
    retry.hidden = false;
  }
}

async function fetchReleases() {
  const response = await fetch("api/releases", { headers: { accept: "application/json" } });
  if (!response.ok) throw new Error(`api/releases answered ${response.status}`);
  return response.json();
}

function summary(count) {
  if (count === 0) return "No collection has been released yet.";
  return count === 1 ? "One collection has been released." : `${count} collections have been released.`;
}

function byInstrument(releases) {
  const groups = new Map();
  for (const { collection, release } of releases) {
    const instrument = release.instrument.id ?? release.instrument;
    groups.set(instrument, [...(groups.get(instrument) ?? []), collection]);
  }
  return Array.from(groups, ([instrument, collections]) => section(instrument, collections));
}

function section(instrument, collections) {
  const title = instrumentTitles[instrument] ?? instrument;
  // A new tab, because leaving this page would end a survey that is going on in it.
  const link = Object.assign(document.createElement("a"), {
    href: `report.html?instrument=${encodeURIComponent(instrument)}`,
    target: "_blank",
    textContent: `Report on “${title}” (opens in a new tab)`,
  });
  const items = collections.map((collection) => element("li", collectionTitles[collection] ?? collection));
  return element("section", element("h3", title), element("ul", ...items), link);
}

function element(name, ...children) {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}

retry.addEventListener("click", () => {
  // Before the button goes, and the focus with it.
  shown().querySelector("h2").focus();
  showResults();
});

follow();

// For a seminar without a network

if ("serviceWorker" in navigator) {
  // After the survey, which is more urgent. Where the browser keeps nothing, the page still works with a network.
  addEventListener("load", () => keepPage(navigator.serviceWorker).catch(() => {}), { once: true });
}

/** Returns the address of the worker in the form that a page with Trusted Types insists on. */
function workerAddress() {
  const address = "service-worker.js";
  return window.trustedTypes?.createPolicy("portal-worker", { createScriptURL: () => address }).createScriptURL("") ?? address;
}

async function keepPage(serviceWorker) {
  const { waiting } = await serviceWorker.register(workerAddress(), { updateViaCache: "none" });
  if (!waiting || !serviceWorker.controller) return;
  // A newer version has been kept since: it is taken now, before anybody has begun, unless another page is open.
  serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  waiting.postMessage("take over");
}
