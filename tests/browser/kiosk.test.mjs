// One device in a room: who is there, what the next person sees, what the device keeps, and what everybody is told.

import assert from "node:assert/strict";

import {
  answerClassSurvey,
  askToClose,
  at,
  choose,
  closeSmallGroup,
  delivery,
  everything,
  makeRelease,
  openCollection,
  passphrase,
  press,
  respond,
  scenario,
  send,
  smallGroup,
  tables,
  ticked,
} from "./lib.mjs";

const tablets = [
  { width: 1024, height: 768 },
  { width: 768, height: 1024 },
];

/** Lets time go by without a touch; what the browser still had to tell of the last one comes before. */
async function stayAway({ page }, milliseconds) {
  await page.waitForTimeout(500);
  await page.clock.runFor(milliseconds);
}

/** Lets time go by only as the test says, however long the machine takes. */
async function stopClock({ page }) {
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 60_000);
}

/** Opens a group and begins a turn, with one answer given; the clock is the test's. */
async function beginTurn(portal) {
  const survey = await portal.open("class-group");
  await openCollection(survey, 30);
  await stopClock(portal);
  await press(survey, "Start");
  await at(survey, "About you");
  await choose(survey, "Female");
  return survey;
}

const question = (survey) => survey.getByRole("alertdialog", { name: "Are you still there?" });

scenario("whoever is still there is asked before their answers are erased, and any touch keeps them", async (portal) => {
  const survey = await beginTurn(portal);
  const { keyboard, mouse } = portal.page;
  const replies = [
    () => keyboard.press("Enter"),
    () => keyboard.press("Space"),
    () => keyboard.press("x"),
    () => mouse.click(5, 5),
    // Where an answer lies below the question: the touch does not fall through.
    async () => {
      const { x, y, width, height } = await survey.getByText("Are you still there?").boundingBox();
      await portal.page.touchscreen.tap(x + width / 2, y + height / 2);
    },
    () => mouse.wheel(0, 10),
    () => press(survey, "I am still here"),
    // As assistive technology does it.
    () => survey.getByRole("button", { name: "I am still here" }).evaluate((button) => button.click()),
  ];
  for (const reply of replies) {
    const focused = () => survey.evaluate((element) => element.shadowRoot.activeElement?.id);
    const before = await focused();
    await stayAway(portal, 39_000);
    assert.equal(await question(survey).count(), 0);
    await stayAway(portal, 3_000);
    await question(survey).waitFor();
    await survey.getByText("In 20 seconds your answers are erased.").waitFor();
    await survey.locator("dialog button:focus").waitFor();
    await stayAway(portal, 15_000);
    await reply();
    await question(survey).waitFor({ state: "hidden" });
    await at(survey, "About you");
    assert.deepEqual(await ticked(survey), ["Female"], `${reply}`);
    assert.equal(await focused(), before, "the focus is where it was");
    // The silence begins anew.
    await stayAway(portal, 30_000);
    assert.equal(await question(survey).count(), 0);
    await keyboard.press("Shift");
  }
}, { hasTouch: true });

scenario("a page that moves by itself keeps nobody's answers, and neither does somebody at another part of it", async (portal) => {
  const survey = await beginTurn(portal);
  // A carousel, and a script that plays somebody.
  await portal.page.evaluate(() => {
    const box = document.createElement("div");
    box.className = "moving";
    box.tabIndex = 0;
    document.body.append(box);
    setInterval(() => {
      box.dispatchEvent(new Event("scroll"));
      box.focus();
      document.body.dispatchEvent(new InputEvent("input", { bubbles: true, composed: true }));
    }, 2_000);
  });
  await stayAway(portal, 42_000);
  await question(survey).waitFor();
  await stayAway(portal, 21_000);
  await at(survey, "Thank you");

  // Another part of the portal is shown, and somebody is there.
  await press(survey, "I am the next person");
  await press(survey, "Start");
  await choose(survey, "Female");
  await portal.page.getByRole("navigation", { name: "Surveys" }).getByRole("link", { name: "Results" }).click();
  await portal.page.clock.runFor(2_000);
  await portal.page.getByRole("navigation", { name: "Surveys" }).getByRole("link", { name: "in a seminar" }).click();
  await at(survey, "Thank you");
  assert.deepEqual(await ticked(survey), []);
});

scenario("without a reply the answers are erased, at least twenty seconds after the question", async (portal) => {
  const survey = await beginTurn(portal);
  await stayAway(portal, 42_000);
  await question(survey).waitFor();
  await stayAway(portal, 18_000);
  await question(survey).waitFor();
  await stayAway(portal, 4_000);
  await at(survey, "Thank you");
  await question(survey).waitFor({ state: "hidden" });
  assert.equal(await survey.getByRole("status").textContent(), "Nothing of yours is left on this screen.");
  await press(survey, "I am the next person");
  await press(survey, "Start");
  assert.deepEqual(await ticked(survey), []);
});

scenario("the facilitator's screen closes after the same question, and nobody is asked where nothing can be lost", async (portal) => {
  const survey = await portal.open("class-group");
  await openCollection(survey, 30);
  await stopClock(portal);
  await stayAway(portal, 120_000);
  assert.equal(await question(survey).count(), 0);
  await survey.locator("summary", { hasText: "For the person who runs this group" }).click();
  await press(survey, "Close the collection");
  await survey.getByLabel("Passphrase").fill(passphrase);
  await stayAway(portal, 42_000);
  await question(survey).getByText("This screen closes in 20 seconds.").waitFor();
  await stayAway(portal, 22_000);
  await survey.getByRole("button", { name: "Start" }).waitFor();
  assert.doesNotMatch(await everything(survey), new RegExp(passphrase));
});

/** Plays the browser's way to keep the screen on. */
function playWakeLock({ refuses }) {
  window.wake = [];
  class Sentinel {
    async release() {
      window.wake.push("release");
    }
  }
  const request = async (kind) => {
    window.wake.push(kind);
    if (refuses) throw new DOMException("no", "NotAllowedError");
    return new Sentinel();
  };
  Object.defineProperty(Navigator.prototype, "wakeLock", { configurable: true, get: () => ({ request }) });
}

const wake = (portal) => portal.page.evaluate(() => window.wake);

scenario("the screen stays on while a collection is open and seen, and no longer", async (portal) => {
  await portal.page.addInitScript(playWakeLock, { refuses: false });
  const survey = await portal.open("class-group");
  assert.deepEqual(await wake(portal), []);
  await openCollection(survey, 30);
  await portal.page.waitForFunction(() => window.wake.length === 1);
  const see = (hidden) =>
    portal.page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
      document.dispatchEvent(new Event("visibilitychange"));
      delete document.hidden;
    }, hidden);
  await see(true);
  await see(false);
  await portal.page.waitForFunction(() => window.wake.length === 3);
  assert.deepEqual(await wake(portal), ["screen", "screen", "release"]);
  await askToClose(survey);
  await survey.getByText("End without results").click();
  await press(survey, "Erase everything");
  await at(survey, "The collection was erased");
  await portal.page.waitForFunction(() => window.wake.length === 4);
  assert.deepEqual((await wake(portal)).at(-1), "release");
});

for (const [name, script, argument] of [
  ["refuses to", playWakeLock, { refuses: true }],
  ["cannot", () => delete Navigator.prototype.wakeLock, undefined],
]) {
  scenario(`a browser that ${name} keep the screen on runs a group all the same`, async (portal) => {
    await portal.page.addInitScript(script, argument);
    const survey = await portal.open("class-group");
    await openCollection(survey, 30);
    await respond(survey, 1);
  });
}

scenario("between two people a tablet shows one thing to do, and nothing of the last one", async (portal) => {
  portal.page.on("dialog", (dialog) => dialog.accept());
  await portal.page.setViewportSize(tablets[0]);
  const survey = await portal.open("class-group");
  await openCollection(survey, 30);
  await answerClassSurvey(survey, { words: "canary" });
  await press(survey, "Add my answers");
  await at(survey, "Thank you");
  for (const tablet of tablets) {
    await portal.page.setViewportSize(tablet);
    const buttons = survey.locator(".screen button:visible");
    assert.deepEqual(await buttons.allTextContents(), ["I am the next person"]);
    await buttons.scrollIntoViewIfNeeded();
    const { height } = await buttons.boundingBox();
    assert.ok(height >= 60, `a target for a thumb: ${height} px`);
  }
  assert.doesNotMatch(await everything(survey), /canary|Burnout|21 – 25/);
  // Whoever goes on a long time after finds the same screen.
  await portal.page.clock.install();
  await stayAway(portal, 600_000);
  await at(survey, "Thank you");

  await press(survey, "I am the next person");
  await press(survey, "Start");
  assert.deepEqual(await ticked(survey), []);
  await portal.page.goBack().catch(() => {});
  await portal.open("class-group");
  await at(survey, "Go on with this collection?");
  assert.doesNotMatch(await everything(survey), /canary|Burnout/);
});

const worst = { experiences: ">8", talking: ["0", "Fear of ridicule or negative reaction", "Burnout", "Depression"] };
const best = { experiences: "None", talking: ["None of these"] };

scenario("what the portal says to somebody in distress is shown to everybody at the end, whatever they answered", async (portal) => {
  const shown = async (survey) => {
    const support = survey.locator("[slot=support]");
    await support.waitFor();
    return { text: await support.innerText(), requests: portal.log.requests.length };
  };
  const seen = [];
  for (const answers of [worst, best]) {
    const survey = await portal.open();
    await portal.page.reload();
    await survey.locator(".heading").waitFor();
    await portal.page.waitForLoadState("networkidle");
    portal.log.requests.length = 0;
    assert.equal(await survey.locator("[slot=support]").isVisible(), false, "not before the end");
    await answerClassSurvey(survey, answers);
    await press(survey, "See how you compare");
    const preview = await shown(survey);
    await press(survey, "Finish and erase my answers");
    await at(survey, "Thank you");
    seen.push([preview, await shown(survey)]);
  }
  assert.match(seen[0][0].text, /Student Support/);
  assert.deepEqual(seen[0][0], seen[0][1]);
  assert.deepEqual(seen[1], seen[0]);

  // On a shared device all questions are shown, and those that ask for nothing are left out.
  const survey = await portal.open("class-group");
  await openCollection(survey, 30);
  const turns = [];
  for (const answers of [worst, { ...best, talking: ["0", "None – I discussed all of them", "None of these"] }]) {
    await answerClassSurvey(survey, answers);
    await press(survey, "Add my answers");
    await at(survey, "Thank you");
    turns.push([(await shown(survey)).text, await everything(survey)]);
    await press(survey, "I am the next person");
  }
  assert.deepEqual(turns[1], turns[0]);
});

/** Fills the storage of the page's origin, so that not even a few letters more are kept. */
function fillStorage() {
  for (let size = 1024 * 1024, count = 0; size >= 1; ) {
    try {
      localStorage.setItem(`full ${count}`, "x".repeat(size));
      count++;
    } catch {
      size = Math.floor(size / 2);
    }
  }
}

scenario("a full storage is told before anybody answers, and costs no release", async (portal) => {
  const survey = await portal.place(smallGroup);
  await portal.page.evaluate(fillStorage);
  await survey.getByLabel("How many people can take part?").fill("8");
  await survey.getByLabel("Choose a passphrase for closing").fill(passphrase);
  await press(survey, "Open the collection");
  const summary = survey.locator(".error-summary:focus");
  await summary.getByText("The browser keeps nothing for this page, as its storage is full or is not allowed.").waitFor();
  assert.equal(await summary.getAttribute("role"), "alert");

  // It fills up while the collection is open: what was stored keeps its place.
  await portal.page.evaluate(() => localStorage.clear());
  await openCollection(survey, 8);
  await portal.page.evaluate(fillStorage);
  await respond(survey, 5);
  assert.equal(await survey.getByText("this device does not keep the collection any more").count(), 0);
  // A release is larger than the sums, whose place is free by then.
  await askToClose(survey);
  await press(survey, "Close and make the results");
  await delivery(survey, "then send it, before this page is closed: it is kept nowhere else.");
  await send(survey);
  await delivery(survey, "is kept there");
});

scenario("a storage that is not allowed is told in the same words", async (portal) => {
  await portal.page.addInitScript(() => {
    Object.defineProperty(window, "localStorage", {
      get() {
        throw new DOMException("not allowed", "SecurityError");
      },
    });
  });
  const survey = await portal.place(smallGroup);
  await survey.getByLabel("How many people can take part?").fill("8");
  await survey.getByLabel("Choose a passphrase for closing").fill(passphrase);
  await press(survey, "Open the collection");
  await survey.locator(".error-summary:focus", { hasText: "its storage is full or is not allowed" }).waitFor();
});

scenario("a device that loses what it kept says so to whoever has it", async (portal) => {
  const survey = await portal.place(smallGroup);
  await openCollection(survey, 8);
  await portal.page.evaluate(() => localStorage.clear());
  await respond(survey, 5);
  await survey.getByText("Please tell the person who runs this group: this device does not keep the collection any more.").waitFor();
});

scenario("waiting for a passphrase can be given up, and leaves nothing", async (portal) => {
  await portal.page.addInitScript(() => {
    const derive = SubtleCrypto.prototype.deriveKey;
    window.slow = new Promise((resolve) => (window.goOn = resolve));
    SubtleCrypto.prototype.deriveKey = async function (...given) {
      await window.slow;
      return derive.apply(this, given);
    };
  });
  const survey = await portal.place(smallGroup);
  await survey.getByLabel("How many people can take part?").fill("8");
  await survey.getByLabel("Choose a passphrase for closing").fill(passphrase);
  await press(survey, "Open the collection");
  await survey.getByRole("progressbar", { name: "Opening the collection …" }).waitFor();
  assert.equal(await survey.getByRole("status").textContent(), "Opening the collection …");
  await press(survey, "Cancel");
  await survey.locator(".heading:focus").waitFor();
  await portal.page.evaluate(() => window.goOn());
  await survey.getByRole("button", { name: "Open the collection" }).waitFor();
  assert.equal(await portal.page.evaluate(() => localStorage.length), 0);
  await openCollection(survey, 8);
  await respond(survey, 1);
});

/** Goes to the figures with these answers. */
async function compare(survey) {
  await answerClassSurvey(survey, { about: ["Third", "Female", "31 – 35"], experiences: "1 – 4", talking: [">50%", "Lack of time", "Burnout"] });
  await press(survey, "See how you compare");
  await at(survey, "You and the study");
}

scenario("a respondent reads in sentences where they stand, beside the study and what the school has released", async (portal) => {
  const release = makeRelease("stress_46.csv", "standard", "seminar-b", "--eligible", "60");
  const put = await portal.api("releases/seminar-b", { method: "PUT", body: release });
  assert.equal(put.status, 201);
  await portal.page.setViewportSize({ width: 375, height: 800 });
  const survey = await portal.open();
  await portal.page.waitForLoadState("networkidle");
  const asked = portal.log.requests.filter((request) => request.url().endsWith("api/releases")).length;
  assert.equal(asked, 1, "with the page, before anybody has answered");
  const requests = portal.log.requests.length;
  await compare(survey);
  assert.equal(portal.log.requests.length, requests);
  const part = (title) => survey.locator(".comparison").filter({ has: portal.page.getByRole("heading", { name: title, exact: true }) });
  const sentences = (title) => part(title).locator("p").allTextContents();
  await survey.getByText("Your school: 46 of 60 answered, as it was released.").waitFor();
  assert.deepEqual(await sentences("Stressful experiences in the past year"), [
    "You answered: ✓ 1 – 4",
    "About half of those in the study gave this answer (22 of 46).",
    "About half of those who answered at your school gave this answer (22 of 46).",
  ]);
  // Few were over 30: the policy counts them with others, or shows nothing.
  assert.match((await sentences("Age")).join("\n"), /Very few of those in the study gave this answer \(2 of 46\)\.\n.*which is counted with it/);
  assert.match((await sentences("Potential effects")).join("\n"), /Burnout\nAbout nine in ten of those in the study/);
  await survey.locator("summary", { hasText: "All figures, as tables" }).click();
  const [, , , experiences] = await tables(survey);
  assert.deepEqual(experiences.columns, ["Answer", "You", "Study (n = 46)", "Your school (n = 46)"]);
  assert.deepEqual(experiences.rows[1].cells, ["✓your answer", "48%", "48%"]);
});

scenario("results that cannot be had leave the survey as it is, and the page is told why", async (portal) => {
  const attributes = { instrument: "stress-experience" };
  await portal.page.route("**/broken.json", (route) => route.fulfill({ contentType: "application/json", body: "{\"release\": 1}" }));
  for (const [results, message] of [
    ["absent.json", /^attribute results: absent\.json cannot be read \(404\); expected releases$/],
    ["broken.json", /^attribute results: release 1: /],
  ]) {
    const survey = await portal.place({ ...attributes, results });
    const [error] = await portal.events("survey-error");
    assert.match(error.detail.message, message);
    await compare(survey);
    assert.equal(await survey.getByText("Your school").count(), 0);
  }
  await portal.place({ ...attributes, results: "api/releases" });
  assert.deepEqual(await portal.events("survey-error"), [], "nothing was released yet");
}, { mayLog: [/status of 404/] });
