// The custom element in a page: several of it, moved, removed, set up wrongly.

import assert from "node:assert/strict";

import { answerClassSurvey, at, choose, press, scenario, ticked } from "./lib.mjs";

scenario("two surveys on one page are independent and share one module", async (portal) => {
  const first = await portal.open();
  await first.evaluate((element) => {
    const other = document.createElement("balint-survey");
    other.setAttribute("instrument", "post-program");
    element.after(other);
  });
  const surveys = portal.page.locator("#class-survey balint-survey");
  const [one, two] = [surveys.nth(0), surveys.nth(1)];
  await at(two, "Post-program follow-up survey");
  await press(one, "Start");
  await at(one, "About you");
  await choose(one, "Fourth", "Male", "26 – 30");
  await at(two, "Post-program follow-up survey");
  await press(two, "Start");
  await at(two, "Your Balint group");
  // Both have a #q1; a label or a link of one must not lead to the other.
  await two.locator("label[for=q1]").click();
  assert.deepEqual(await ticked(two), ["Strongly Disagree"]);
  assert.deepEqual(await ticked(one), ["Fourth", "Male", "26 – 30"]);
  await press(two, "Continue");
  await two.locator(".error-summary:focus").waitFor();
  assert.equal(await one.locator(".error-summary").count(), 0);
  await two.getByRole("link").first().click();
  await two.locator("#q2:focus").waitFor();
  await press(one, "Continue");
  await one.locator(".heading:focus", { hasText: "Stressful experiences" }).waitFor();
  await at(two, "Your Balint group");

  const loads = (name) => portal.log.requests.filter((request) => request.url().endsWith(name)).length;
  const shared = ["/balint-survey.js", "/pkg/balint_survey.js", "/pkg/balint_survey_bg.wasm", "/balint-survey.css"];
  assert.deepEqual(shared.map((name) => [name, loads(name)]), shared.map((name) => [name, 1]));
});

scenario("a survey that is moved in the page keeps its answers", async (portal) => {
  const survey = await portal.open();
  await press(survey, "Start");
  await choose(survey, "Fourth", "Male", "26 – 30");
  await press(survey, "Continue");
  await choose(survey, "1 – 4");
  await press(survey, "Continue");
  await choose(survey, "<50%", "Embarrassment");
  await survey.locator("textarea").first().fill("a word of mine");
  await survey.evaluate((element) => document.querySelector("#class-survey").append(element));
  await portal.page.locator("#class-survey > balint-survey").waitFor();
  await at(survey, "Part 3 of 3");
  assert.deepEqual(await ticked(survey), ["<50%", "Embarrassment"]);
  assert.equal(await survey.locator("textarea").first().inputValue(), "a word of mine");
  await choose(survey, "Burnout");
  await press(survey, "Continue");
  await at(survey, "Check your answers");
  await survey.getByText("26 – 30").waitFor();
  assert.equal((await portal.events("survey-progress")).length, 3);
});

scenario("a survey that is removed and added again starts anew", async (portal) => {
  const survey = await portal.open();
  const element = await survey.elementHandle();
  await press(survey, "Start");
  await choose(survey, "Fourth", "Male", "26 – 30");
  await press(survey, "Continue");
  await at(survey, "Part 2 of 3");
  await element.evaluate((element) => {
    window.taken = { element, parent: element.parentNode };
    element.remove();
  });
  assert.equal(await element.evaluate((element) => element.shadowRoot.querySelectorAll("h2, input").length), 0);
  await portal.page.evaluate(() => window.taken.parent.append(window.taken.element));
  await at(survey, "Class-wide stress-experience survey");
  await press(survey, "Start");
  await at(survey, "Part 1 of 3");
  assert.deepEqual(await ticked(survey), []);
  await press(survey, "Back");
  await answerClassSurvey(survey);
  await at(survey, "Check your answers");
});

scenario("a survey can come and go twenty times without a complaint", async (portal) => {
  const survey = await portal.open();
  const shown = await survey.evaluate(async (element) => {
    const parent = element.parentNode;
    const frame = () => new Promise(requestAnimationFrame);
    let shown = 0;
    for (let turn = 0; turn < 20; turn++) {
      const other = document.createElement("balint-survey");
      other.setAttribute("instrument", turn % 2 ? "post-program" : "stress-experience");
      parent.append(other);
      // Every third goes before it has started.
      for (let frames = 0; turn % 3 && frames < 600 && !other.shadowRoot.querySelector(".heading"); frames++) await frame();
      if (other.shadowRoot.querySelector(".heading")) shown++;
      other.remove();
      await frame();
    }
    return shown;
  });
  assert.ok(shown >= 13, `${shown}`);
  await press(survey, "Start");
  await at(survey, "Part 1 of 3");
  assert.deepEqual(await portal.events("survey-error"), []);
});

scenario("a survey that is taken out while it loads, and put back, is shown once", async (portal) => {
  const survey = await portal.open();
  await survey.evaluate((element) => {
    const other = document.createElement("balint-survey");
    other.setAttribute("instrument", "post-program");
    element.replaceWith(other);
    const parent = other.parentNode;
    other.remove();
    parent.append(other);
  });
  await at(survey, "Post-program follow-up survey");
  assert.equal(await survey.locator(".heading").count(), 1);
  await press(survey, "Start");
  await at(survey, "Your Balint group");
});

scenario("a wrong attribute is named where the survey would be, with what was expected", async (portal) => {
  const instrument = { instrument: "stress-experience" };
  const known = "expected stress-experience or post-program, or";
  const cases = [
    [{}, `attribute instrument: not there; ${known} src`],
    [{ instrument: "stres" }, `attribute instrument: unknown instrument "stres"; ${known} the address of one in src`],
    [{ ...instrument, mode: "kiosk" }, 'attribute mode: unknown mode "kiosk"; expected personal, group or remote'],
    [
      { ...instrument, policy: "none" },
      'attribute policy: unknown policy "none"; expected standard, strict, small-group, published',
    ],
    [
      { ...instrument, eligible: "ten" },
      'attribute eligible: found "ten"; expected a whole number from 1 on',
    ],
    [
      { ...instrument, collection: "a/b" },
      'attribute collection: collection "a/b"; expected 1 to 64 of the characters A-Z a-z 0-9 . _ -',
    ],
  ];
  for (const [attributes, message] of cases) {
    const survey = await portal.place(attributes);
    const alert = survey.getByRole("alert");
    await alert.getByRole("heading", { name: "This survey cannot be shown" }).waitFor();
    assert.equal(await alert.locator("p").textContent(), message);
    assert.ok(await alert.locator("p").isVisible());
    const told = await portal.events("survey-error");
    assert.deepEqual(told.map(({ detail, composed }) => [detail, composed]), [[{ message }, true]]);
  }
});

scenario("what stands between the tags is shown until the survey is there", async (portal) => {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await portal.page.route("**/*.wasm", async (route) => {
    await held;
    await route.continue();
  });
  await portal.page.goto(portal.server.url);
  const survey = portal.page.locator("#class-survey balint-survey");
  const contact = survey.getByText("If the survey does not appear here");
  await contact.waitFor();
  release();
  await at(survey, "Class-wide stress-experience survey");
  assert.ok(!(await contact.isVisible()));
});

scenario(
  "a module that cannot be loaded is said where the survey would be, and is tried again for the next survey",
  async (portal) => {
    await portal.page.route("**/*.wasm", (route) => route.abort());
    await portal.page.goto(portal.server.url);
    const survey = portal.page.locator("#class-survey balint-survey");
    const alert = survey.getByRole("alert");
    await alert.getByRole("heading", { name: "This survey cannot be shown" }).waitFor();
    assert.ok((await alert.locator("p").textContent()).length > 10);
    // One for each survey of the page.
    await portal.page.waitForFunction(() => window.recorded.events.filter(({ name }) => name === "survey-error").length === 3);

    await portal.page.unroute("**/*.wasm");
    await survey.evaluate((element) => element.replaceWith(element.cloneNode()));
    await at(survey, "Class-wide stress-experience survey");
  },
  { mayLog: [/net::ERR_FAILED/, /preload/] },
);

scenario("leaving the page erases the answers, also for who comes back to it", async (portal) => {
  const survey = await portal.open();
  await press(survey, "Start");
  await choose(survey, "Fourth", "Male", "26 – 30");
  await portal.page.goto("about:blank");
  await portal.page.goBack();
  await press(survey, "Start");
  await at(survey, "Part 1 of 3");
  assert.deepEqual(await ticked(survey), []);

  // As when the browser keeps the whole page for the way back, which it does not under a driver.
  await choose(survey, "Fourth", "Male", "26 – 30");
  const transit = (type) => portal.page.evaluate((type) => dispatchEvent(new PageTransitionEvent(type, { persisted: true })), type);
  await transit("pagehide");
  assert.equal(await survey.locator("input, h2").count(), 0);
  await transit("pageshow");
  await press(survey, "Start");
  await at(survey, "Part 1 of 3");
  assert.deepEqual(await ticked(survey), []);
});
