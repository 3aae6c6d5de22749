// The contract of <balint-survey> with the page around it: attributes, properties, methods, instruments of its own.

import assert from "node:assert/strict";

import { answerClassSurvey, at, choose, closeSmallGroup, instrument, openCollection, press, respond, scenario, smallGroup } from "./lib.mjs";

const classSurvey = { instrument: "stress-experience" };

/** Returns what is on the screen once all that was set is taken. */
async function settle(survey) {
  await survey.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
}

function ownInstrument() {
  return { ...instrument("post-program"), id: "ours", title: "A survey of our own" };
}

scenario("a changed attribute sets the survey up anew, unless somebody is in the middle", async (portal) => {
  const survey = await portal.place(classSurvey);
  await survey.evaluate((element) => (element.instrument = "post-program"));
  await at(survey, "Post-program follow-up survey");
  await survey.evaluate((element) => element.setAttribute("mode", "group"));
  await survey.getByLabel("How many people can take part?").waitFor();
  await survey.evaluate((element) => element.setAttribute("eligible", "23"));
  await settle(survey);
  assert.equal(await survey.getByLabel("How many people can take part?").inputValue(), "23");
  await survey.evaluate((element) => {
    element.mode = null;
    element.eligible = undefined;
    element.instrument = "stress-experience";
  });
  await at(survey, "Class-wide stress-experience survey");

  await press(survey, "Start");
  await choose(survey, "Third");
  await survey.evaluate((element) => (element.instrument = "post-program"));
  await settle(survey);
  await at(survey, "About you");
  await choose(survey, "Female", "21 – 25");
  await press(survey, "Continue");
  await press(survey, "Back");
  await press(survey, "Back");
  await settle(survey);
  await at(survey, "Class-wide stress-experience survey");
  // A new start takes the change as well.
  await survey.evaluate((element) => element.reset());
  await at(survey, "Post-program follow-up survey");
  assert.deepEqual(await portal.events("survey-error"), []);
});

scenario("a wrong value of an attribute is named, and costs nobody their answers", async (portal) => {
  const survey = await portal.place(classSurvey);
  await survey.evaluate((element) => (element.policy = "open"));
  const alert = survey.getByRole("alert");
  await alert.getByText('attribute policy: unknown policy "open"').waitFor();
  await survey.evaluate((element) => (element.policy = "strict"));
  await at(survey, "Class-wide stress-experience survey");
  assert.equal(await alert.count(), 0);

  await press(survey, "Start");
  await choose(survey, "Third");
  for (const [name, value] of [["eligible", "none"], ["mode", "remote"], ["opens", "tomorrow"]]) {
    const before = (await portal.events("survey-error")).length;
    await survey.evaluate((element, [name, value]) => (element[name] = value), [name, value]);
    await portal.page.waitForFunction((before) => window.recorded.events.filter(({ name }) => name === "survey-error").length > before, before);
    await survey.evaluate((element, name) => (element[name] = null), name);
    await settle(survey);
  }
  const messages = (await portal.events("survey-error")).map(({ detail }) => detail.message);
  assert.deepEqual(messages.slice(1), [
    'attribute eligible: found "none"; expected a whole number from 1 on',
    "attribute task: not there; expected the address of the task file",
    'attribute opens: found "tomorrow"; expected a date and time, such as 2026-01-12T08:00:00+01:00',
  ]);
  await at(survey, "About you");
  assert.ok(await survey.getByLabel("Third", { exact: true }).isChecked());
});

scenario("attributes and properties are the same", async (portal) => {
  const survey = await portal.place(classSurvey);
  const found = await survey.evaluate((element) => {
    const names = element.constructor.observedAttributes.filter((name) => name !== "lang");
    const property = (name) => name.replace(/-./g, (pair) => pair[1].toUpperCase());
    const other = document.createElement("balint-survey");
    return names.map((name) => {
      const isFlag = typeof other[property(name)] === "boolean";
      const before = other[property(name)];
      other[property(name)] = isFlag ? true : "x";
      const written = other.getAttribute(name);
      other[property(name)] = isFlag ? false : null;
      return [name, before, written, other.hasAttribute(name)];
    });
  });
  assert.ok(found.length >= 14);
  for (const [name, before, written, isLeft] of found) {
    const isFlag = name === "no-preview";
    assert.deepEqual([before, written, isLeft], isFlag ? [false, "", false] : [null, "x", false], name);
  }
});

scenario("what a page sets before the module is there is taken", async (portal) => {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await portal.page.route("**/balint-survey.js", async (route) => {
    await held;
    await route.continue();
  });
  await portal.page.goto(portal.server.url, { waitUntil: "commit" });
  const survey = portal.page.locator("#class-survey balint-survey");
  await survey.waitFor({ state: "attached" });
  await survey.evaluate((element, definition) => {
    element.removeAttribute("instrument");
    element.definition = definition;
    element.noPreview = true;
  }, ownInstrument());
  release();
  await at(survey, "A survey of our own");
  assert.ok(await survey.evaluate((element) => element.hasAttribute("no-preview")));
});

scenario("a page brings an instrument of its own, as a file or as data", async (portal) => {
  const text = JSON.stringify(ownInstrument(), null, 2);
  await portal.page.route("**/our-survey.json", (route) => route.fulfill({ body: text, contentType: "application/json" }));
  const survey = await portal.place({ src: "our-survey.json" });
  await at(survey, "A survey of our own");
  await press(survey, "Start");
  await at(survey, "Your Balint group");
  await press(survey, "Back");

  await survey.evaluate((element, text) => (element.definition = text.replace("A survey of our own", "Another")), text);
  await at(survey, "Another");
  await survey.evaluate((element, definition) => (element.definition = { ...definition, title: "A third" }), ownInstrument());
  await at(survey, "A third");
  await survey.evaluate((element) => (element.definition = null));
  await at(survey, "A survey of our own");
});

scenario("an instrument that is none is named with the place of the mistake", async (portal) => {
  const good = ownInstrument();
  const bodies = {
    "list.json": "[]",
    "cut.json": JSON.stringify(good, null, 2).slice(0, 200),
    "field.json": JSON.stringify({ ...good, colour: "red" }),
    "bytes.json": Buffer.from([0x7b, 0xff, 0x7d]),
    "huge.json": JSON.stringify({ ...good, about: "x".repeat(1024 * 1024) }),
  };
  await portal.page.route("**/*.json", (route) => {
    const body = bodies[new URL(route.request().url()).pathname.slice(1)];
    return body === undefined ? route.fulfill({ status: 404 }) : route.fulfill({ body });
  });
  for (const [src, pattern] of [
    ["list.json", /^the instrument: .*expected an object/],
    ["cut.json", /^the instrument: line \d+, column \d+: EOF/],
    ["field.json", /^the instrument: instrument: unknown field "colour"/],
    ["bytes.json", /^the instrument: line 1, column 2: a byte that is no UTF-8/],
    ["huge.json", /^the instrument: it has \d+ bytes; expected at most 1048576/],
    ["absent.json", /^attribute src: absent.json cannot be read \(404\); expected an instrument/],
  ]) {
    const survey = await portal.place({ src });
    const alert = survey.getByRole("alert");
    await alert.waitFor();
    assert.match(await alert.locator("p").textContent(), pattern);
  }
}, { mayLog: [/404/] });

scenario("a group answers an instrument of the page's own, up to its results", async (portal) => {
  const definition = { ...instrument("stress-experience"), id: "ours", title: "Our class survey" };
  await portal.page.goto(portal.server.url);
  const survey = portal.page.locator("#class-survey balint-survey");
  await survey.evaluate(
    (element, { attributes, definition }) => {
      const other = document.createElement("balint-survey");
      for (const [name, value] of Object.entries(attributes)) other.setAttribute(name, value);
      other.definition = definition;
      element.replaceWith(other);
    },
    { attributes: { mode: "group", policy: "small-group", collection: "small" }, definition },
  );
  await at(survey, "Our class survey");
  await closeSmallGroup(survey);
  const report = survey.locator("balint-report");
  await report.getByRole("heading", { name: /Our class survey/ }).waitFor();
});

scenario("a new start erases the answers of one, and keeps the group's collection", async (portal) => {
  const survey = await portal.place({ ...smallGroup });
  await openCollection(survey, 8);
  await respond(survey, 1);
  await press(survey, "I am the next person");
  await press(survey, "Start");
  await choose(survey, "Fourth");
  await survey.evaluate((element) => element.reset());
  await at(survey, "Class-wide stress-experience survey");
  await press(survey, "Start");
  assert.equal(await survey.locator("input:checked").count(), 0);
  await survey.evaluate((element) => element.focus());
  assert.equal(await survey.evaluate((element) => element.shadowRoot.activeElement?.className), "heading");
});

scenario("a survey opens and closes in time, also on a page that stays open", async (portal) => {
  await portal.page.clock.install({ time: new Date("2026-01-12T06:59:30Z") });
  const survey = await portal.place({ ...classSurvey, opens: "2026-01-12T08:00:00+01:00", closes: "2026-02-23T18:00:00+01:00" });
  await survey.getByText(/^This survey opens on Monday,? 12 January 2026/).waitFor();
  assert.equal(await survey.getByRole("button", { name: "Start" }).count(), 0);
  await portal.page.clock.runFor(60_000);
  await press(survey, "Start");
  await at(survey, "About you");
  await press(survey, "Back");
  await portal.page.clock.setFixedTime(new Date("2026-02-23T17:00:00Z"));
  await portal.page.clock.runFor(20_000);
  await survey.getByText(/^This survey closed on Monday,? 23 February 2026/).waitFor();
  assert.equal(await survey.getByRole("button", { name: "Start" }).count(), 0);
});

scenario("whoever has begun in time can finish, and a group that was opened in time can be closed", async (portal) => {
  await portal.page.clock.install({ time: new Date("2026-02-23T16:59:30Z") });
  const survey = await portal.place({ ...classSurvey, closes: "2026-02-23T18:00:00+01:00" });
  await press(survey, "Start");
  await choose(survey, "Third");
  await portal.page.clock.runFor(60_000);
  await choose(survey, "Female", "21 – 25");
  await press(survey, "Continue");
  await at(survey, "Stressful experiences");
});

scenario("a thousand surveys come and go without a trace in memory", async (portal) => {
  await portal.open();
  const session = await portal.context.newCDPSession(portal.page);
  await session.send("Performance.enable");
  const measure = async () => {
    // Twice, with time between: what the first finds, a finalizer may let go of only then.
    for (let turn = 0; turn < 2; turn++) {
      await session.send("HeapProfiler.collectGarbage");
      await portal.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 200)));
    }
    const { metrics } = await session.send("Performance.getMetrics");
    const metric = (name) => metrics.find((one) => one.name === name).value;
    const module = await portal.page.evaluate(async () => {
      const module = await import("/pkg/balint_survey.js");
      return (await module.default()).memory.buffer.byteLength;
    });
    return { wasm: module, heap: metric("JSHeapUsedSize"), listeners: metric("JSEventListeners"), nodes: metric("Nodes") };
  };
  const comeAndGo = (turns) =>
    portal.page.evaluate(async (turns) => {
      const place = document.querySelector("#class-survey");
      const pause = () => new Promise((resolve) => setTimeout(resolve, 0));
      for (let turn = 0; turn < turns; turn++) {
        const element = document.createElement("balint-survey");
        element.setAttribute("instrument", turn % 2 ? "post-program" : "stress-experience");
        place.append(element);
        while (!element.shadowRoot?.querySelector("button.primary")) await pause();
        element.shadowRoot.querySelector("button.primary").click();
        while (!element.shadowRoot.querySelector("input")) await pause();
        element.shadowRoot.querySelector("input").click();
        element.remove();
        await pause();
      }
    }, turns);
  await comeAndGo(300);
  const before = await measure();
  await comeAndGo(1000);
  const after = await measure();
  console.log(`after 300 and after 1300 surveys: ${JSON.stringify(before)}, ${JSON.stringify(after)}`);
  // One page of 64 KiB is what an allocator may need at any time; a listener kept for each survey would be thirty.
  assert.ok(after.wasm <= before.wasm + 64 * 1024, `${after.wasm - before.wasm} bytes more`);
  assert.ok(after.heap < before.heap + 256 * 1024, `${after.heap - before.heap} bytes more`);
  assert.ok(after.listeners <= before.listeners + 5, `${after.listeners - before.listeners} listeners more`);
  assert.ok(after.nodes <= before.nodes + 50, `${after.nodes - before.nodes} nodes more`);
});
