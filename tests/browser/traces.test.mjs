// Non-interference: whatever is answered, everything that can be seen from outside is the same.

import assert from "node:assert/strict";

import {
  answerClassSurvey,
  askToClose,
  at,
  everything,
  openCollection,
  passphrase,
  press,
  respond,
  scenario,
  send,
} from "./lib.mjs";

/** Writes down each write to a storage, a cookie or the history, from the first moment on. */
function recordWrites() {
  window.writes = [];
  // An empty page has no storage, and nothing to write into.
  if (!window.CacheStorage) return;
  const note = (...write) => window.writes.push(write);
  for (const name of ["setItem", "removeItem", "clear"]) {
    const before = Storage.prototype[name];
    Storage.prototype[name] = function (...given) {
      note(name, ...given);
      return before.apply(this, given);
    };
  }
  for (const name of ["pushState", "replaceState"]) {
    const before = History.prototype[name];
    History.prototype[name] = function (...given) {
      note(name, JSON.stringify(given));
      return before.apply(this, given);
    };
  }
  for (const [place, name] of [[IDBFactory.prototype, "open"], [CacheStorage.prototype, "open"]]) {
    const before = place[name];
    place[name] = function (...given) {
      note(name, String(given[0]));
      return before.apply(this, given);
    };
  }
  const cookie = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
  Object.defineProperty(Document.prototype, "cookie", {
    ...cookie,
    set(value) {
      note("cookie", value);
      cookie.set.call(this, value);
    },
  });
  const beacon = Navigator.prototype.sendBeacon;
  Navigator.prototype.sendBeacon = function (...given) {
    note("sendBeacon", String(given[0]));
    return beacon.apply(this, given);
  };
}

/** Returns all that can be seen from outside, once it is over. */
async function traces(portal, survey) {
  await portal.page.waitForLoadState("networkidle");
  const origin = portal.server.url;
  const requests = portal.log.requests.map((request) => [
    request.method(),
    request.url().replace(origin, "/"),
    request.postData(),
  ]);
  const page = await portal.page.evaluate(() => ({
    writes: window.writes,
    history: history.length,
    address: location.href.replace(location.origin, ""),
    cookies: document.cookie,
    stored: { ...localStorage },
    session: { ...sessionStorage },
    title: document.title,
  }));
  const cached = await portal.page.evaluate(async () => {
    const names = await caches.keys();
    const files = await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => url)));
    return names.map((name, i) => [name, files[i].sort()]);
  });
  const names = new Set(cached.map(([name]) => name));
  // That it was looked into before is of this test.
  page.writes = page.writes.filter(([name, place]) => name !== "open" || !names.has(place));
  return {
    // Which of the page's own files comes first is chance.
    requests: requests.map((request) => JSON.stringify(request)).sort(),
    page,
    cached,
    console: portal.log.console,
    events: await portal.events(),
    dom: await everything(survey),
  };
}

const one = {
  about: ["Third", "Female", "21 – 25"],
  experiences: "1 – 4",
  talking: ["<50%", "Fear of ridicule or negative reaction", "Burnout", "Depression"],
  words: "canary of the one",
};
const another = {
  about: ["Fourth", "Male", "26 – 30"],
  experiences: ">8",
  talking: [">50%", "No one available", "Cynicism about health care"],
  words: "canary of the other",
};
/** Who had no experiences leaves out what the words of the questions say. */
const none = { ...another, experiences: "None", talking: ["Cynicism about health care"] };

scenario("two people with different answers leave the same traces on their own devices", async (portal) => {
  await portal.page.addInitScript(recordWrites);
  // That the page was visited can be seen of the device, as the portal's service worker keeps its files.
  await portal.open();
  await portal.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
  const seen = [];
  for (const answers of [one, another]) {
    portal.log.requests.length = 0;
    await portal.page.goto("about:blank");
    const survey = await portal.open();
    await answerClassSurvey(survey, answers);
    await at(survey, "Check your answers");
    await press(survey, "See how you compare");
    await at(survey, "You and the study");
    await press(survey, "Finish and erase my answers");
    await at(survey, "Thank you");
    seen.push(await traces(portal, survey));
  }
  // Coming back to the page adds to the history, whatever was answered before.
  for (const { page } of seen) delete page.history;
  assert.deepEqual(seen[1], seen[0]);
  assert.doesNotMatch(JSON.stringify(seen), /canary/);
  assert.deepEqual(seen[0].page.writes, []);
  assert.equal(seen[0].cached.length, 1);
}, { worker: true });

/** Lets nine people answer, one fewer than the policy asks for, and returns the traces of it. */
async function nine(portal, answers) {
  portal.log.requests.length = 0;
  await portal.page.goto("about:blank");
  const survey = await portal.open("class-group");
  await openCollection(survey, 30);
  await respond(survey, 9, (i) => (i % 2 ? answers : { ...answers, words: "" }));
  await portal.page.waitForFunction(() => window.writes.length > 1);
  const thanks = await traces(portal, survey);
  await askToClose(survey);
  await survey.getByText("Not yet enough: fewer than 10 people have answered.").waitFor();
  const closing = await everything(survey);
  await survey.getByText("End without results").click();
  await press(survey, "Erase everything");
  await survey.locator(".heading", { hasText: "The collection was erased" }).waitFor();
  return { thanks, closing, end: await traces(portal, survey) };
}

scenario("two groups with different answers leave the same traces", async (portal) => {
  await portal.page.addInitScript(recordWrites);
  const seen = [await nine(portal, one), await nine(portal, another), await nine(portal, none)];
  for (const { thanks, end } of seen) {
    for (const { page } of [thanks, end]) {
      delete page.history;
      // What is stored is enciphered, each time anew: its length is all that there is to see.
      page.writes = page.writes.map(([name, key, value]) => [name, key, value?.length]);
      page.stored = Object.entries(page.stored).map(([key, value]) => [key, value.length]);
    }
    assert.equal(thanks.page.writes.length, 2, "nobody at the opening, and then one batch of nine people");
    assert.equal(thanks.page.stored.length, 1);
    assert.deepEqual(end.page.stored, [], "nothing is left");
  }
  assert.deepEqual(seen[1], seen[0]);
  assert.deepEqual(seen[2], seen[0]);
  assert.doesNotMatch(JSON.stringify(seen), /canary|\bnine\b/);
});

scenario(
  "the device keeps the sums of a group enciphered, in batches of five, and in the end the release until it has arrived",
  async (portal) => {
    await portal.page.addInitScript(recordWrites);
    portal.page.on("dialog", (dialog) => dialog.accept());
    const survey = await portal.open("class-group");
    const stored = () => portal.page.evaluate(() => Object.entries(localStorage));
    await openCollection(survey, 30);
    const [[name, nobody]] = await stored();
    assert.equal(name, "balint-survey stress-experience class-of-2028-seminar-a");
    await respond(survey, 4);
    assert.deepEqual(await stored(), [[name, nobody]], "four are not stored");
    await press(survey, "I am the next person");
    await respond(survey, 1);
    await portal.page.waitForFunction(([name, before]) => localStorage[name] !== before, [name, nobody]);
    const [[, five]] = await stored();
    assert.equal(five.length, nobody.length);
    assert.match(five, /^1 [0-9a-f]+$/);
    for (let i = 0; i < 4; i++) {
      await press(survey, "I am the next person");
      await respond(survey, 1);
      assert.deepEqual(await stored(), [[name, five]], `after ${6 + i} it is what it was after five`);
    }

    // The page is lost with four who were not stored; the facilitator goes on with the five.
    await portal.page.reload();
    const again = portal.page.locator("#class-group balint-survey");
    await at(again, "Go on with this collection?");
    const field = again.getByLabel("Passphrase");
    await field.fill("a wrong passphrase");
    await press(again, "Go on");
    await again.locator(".error-summary:focus", { hasText: "This is not the passphrase of this collection" }).waitFor();
    assert.equal(await field.inputValue(), "");
    await field.fill(passphrase);
    await press(again, "Go on");
    await again.getByRole("button", { name: "Start" }).waitFor();
    await respond(again, 5);
    await askToClose(again);
    await press(again, "Close and make the results");
    await at(again, "Results of this group");
    const release = await again.locator("pre").textContent();
    assert.equal(JSON.parse(release).respondents, 10);
    const place = "balint-survey release stress-experience class-of-2028-seminar-a";
    await portal.page.waitForFunction((place) => localStorage.length === 1 && localStorage[place], place);
    assert.deepEqual(await stored(), [[place, `keep ${release}`]]);
    await send(again);
    await again.locator(".delivery", { hasText: "is kept there" }).waitFor();
    await portal.page.waitForFunction(() => localStorage.length === 0);
    const values = await portal.page.evaluate(() => window.writes.map(([, , value]) => value).filter(Boolean));
    assert.ok(values.every((value) => !value.includes(passphrase)), "the passphrase is stored nowhere");
  },
);

scenario("of two windows only the one that has gone on with a collection can close it", async (portal) => {
  const survey = await portal.open("class-group");
  await openCollection(survey, 30);
  await respond(survey, 10);
  const page = await portal.context.newPage();
  await page.goto(`${portal.server.url}#class-group`);
  const other = page.locator("#class-group balint-survey");
  await at(other, "Go on with this collection?");
  await other.getByLabel("Passphrase").fill(passphrase);
  await press(other, "Go on");
  await other.getByRole("button", { name: "Start" }).waitFor();

  await survey.locator("summary", { hasText: "For the person who runs this group" }).click();
  await press(survey, "Close the collection");
  await survey.getByLabel("Passphrase").fill(passphrase);
  await press(survey, "Continue");
  await survey.locator(".error-summary", { hasText: "goes on in another window" }).waitFor();
  await askToClose(other);
  await press(other, "Close and make the results");
  await at(other, "Results of this group");
});

scenario("a changed record does not open, and can be given up", async (portal) => {
  portal.page.on("dialog", (dialog) => dialog.accept());
  const survey = await portal.open("class-group");
  await openCollection(survey, 30);
  await respond(survey, 5);
  await portal.page.waitForFunction(() => localStorage.length === 1);
  await portal.page.evaluate(() => {
    const [[name, value]] = Object.entries(localStorage);
    localStorage.setItem(name, value.slice(0, -1) + (value.endsWith("0") ? "1" : "0"));
  });
  await portal.page.reload();
  const again = portal.page.locator("#class-group balint-survey");
  await at(again, "Go on with this collection?");
  await again.getByLabel("Passphrase").fill(passphrase);
  await press(again, "Go on");
  await again.locator(".error-summary", { hasText: "This is not the passphrase of this collection" }).waitFor();
  await again.locator("summary", { hasText: "Begin anew" }).click();
  await press(again, "Erase it and begin anew");
  await again.getByLabel("How many people can take part?").waitFor();
  assert.equal(await portal.page.evaluate(() => localStorage.length), 0);
});

scenario("whoever leaves a shared device in the middle leaves no answer on it", async (portal) => {
  const survey = await portal.open("class-group");
  await openCollection(survey, 30);
  const begin = async () => {
    await press(survey, "Start");
    await survey.getByLabel("Female", { exact: true }).check();
  };
  const isGone = async () => {
    await at(survey, "Thank you");
    await press(survey, "I am the next person");
    await press(survey, "Start");
    assert.equal(await survey.locator("input:checked").count(), 0);
    await press(survey, "Stop and erase my answers");
    await press(survey, "I am the next person");
  };
  // Another application is opened.
  await begin();
  await portal.page.evaluate(() => {
    Object.defineProperty(document, "hidden", { configurable: true, value: true });
    document.dispatchEvent(new Event("visibilitychange"));
    delete document.hidden;
  });
  await isGone();
  // Nobody touches it for a minute.
  await portal.page.clock.install();
  await begin();
  await portal.page.clock.runFor(50_000);
  await at(survey, "About you");
  await portal.page.clock.runFor(15_000);
  await isGone();
});
