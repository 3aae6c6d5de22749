// One device that goes round, and what becomes of its collection.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import {
  answerClassSurvey,
  askToClose,
  at,
  closeSmallGroup,
  delivery,
  everything,
  openCollection,
  press,
  respond,
  scenario,
  send,
  smallGroup,
  tables,
} from "./lib.mjs";

/** Answers that differ from one respondent to the next. */
function variedAnswers(i) {
  return {
    about: [i % 2 ? "Third" : "Fourth", i % 3 ? "Female" : "Male", "21 – 25"],
    experiences: i % 2 ? "1 – 4" : "5 – 8",
    talking: [i % 2 ? ">50%" : "<50%", "Embarrassment", "Burnout", ...(i % 2 ? ["Depression"] : [])],
    words: `canary ${i}`,
  };
}

/** Returns the bytes that the download button gives. */
async function download(portal, survey) {
  const [file] = await Promise.all([
    portal.page.waitForEvent("download"),
    press(survey, "Download the release"),
  ]);
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), "utf8") };
}

scenario("a collection opens only for a number of people that a release can be made of", async (portal) => {
  const survey = await portal.open("class-group");
  const field = survey.getByLabel("How many people can take part?");
  const words = "Enter how many people can take part: a whole number, 10 or more";
  for (const wrong of ["", "9", "-12", "ten", "12.5"]) {
    await field.fill(wrong);
    await press(survey, "Open the collection");
    await survey.locator(".error-summary:focus").waitFor();
    assert.equal((await survey.locator("#eligible-error").textContent()).trim(), `Error: ${words}`);
    assert.match(await field.getAttribute("aria-describedby"), /\beligible-error\b/);
    await survey.getByRole("link", { name: words }).click();
    await survey.locator("#eligible:focus").waitFor();
    assert.equal(await field.inputValue(), wrong);
  }
  await openCollection(survey, 10);
  assert.equal(await survey.locator(".error-summary").count(), 0);
});

scenario("eleven people answer, and the portal gets one release and reports on all eleven", async (portal) => {
  const survey = await portal.open("class-group");
  await openCollection(survey, 30);
  await respond(survey, 11, variedAnswers);
  await askToClose(survey);
  await survey.getByText("Enough people have answered.").waitFor();
  assert.deepEqual(portal.log.puts(), []);
  await press(survey, "Close and make the results");
  await at(survey, "Results of this group");
  assert.deepEqual(portal.log.puts(), []);
  await send(survey);
  await delivery(survey, "was sent to api/releases and is kept there");
  await survey.getByText("Respondents: 11 of 30 eligible; response rate 36.7%").waitFor();
  const shown = await tables(survey);
  assert.deepEqual(shown.map((table) => table.caption), [
    "Table 1. Respondents",
    "Table 2. Responses",
    "Correlations (Pearson, planned)",
  ]);

  const [put, ...others] = portal.log.puts();
  assert.deepEqual(others, []);
  assert.equal(put.url(), `${portal.server.url}api/releases/class-of-2028-seminar-a`);
  assert.equal(put.headers()["content-type"], "application/json");
  const body = put.postData();
  assert.doesNotMatch(body, /canary/);
  assert.equal(await survey.locator("pre").textContent(), body);

  const [submit] = await portal.events("survey-submit");
  assert.deepEqual(submit, {
    name: "survey-submit",
    detail: { collection: "class-of-2028-seminar-a", endpoint: "api/releases", body },
    cancelable: true,
    composed: true,
  });
  const [submitted] = await portal.events("survey-submitted");
  assert.deepEqual(submitted.detail, { collection: "class-of-2028-seminar-a", status: 201 });
  assert.deepEqual(await portal.events("survey-error"), []);

  const kept = await portal.api("releases/class-of-2028-seminar-a");
  assert.equal(await kept.text(), body);
  const report = await (await portal.api("report?instrument=stress-experience")).json();
  assert.equal(report.respondents, 11);
  assert.equal(report.eligible, 30);
  assert.ok(Math.abs(report.response_rate.value - 11 / 30) < 1e-12, `${report.response_rate.value}`);
  const burnout = report.items.find((item) => item.id === "effects");
  assert.equal(burnout.base, 11);

  // A closed collection takes nothing more, and cannot be made twice.
  for (const name of ["Start", "I am the next person", "Close and make the results"]) {
    assert.equal(await survey.getByRole("button", { name }).count(), 0, name);
  }
});

scenario("below the threshold there is no release, no figure, and no sign of how many have answered", async (portal) => {
  const survey = await portal.open("class-group");
  await openCollection(survey, 30);
  await portal.page.waitForLoadState("networkidle");
  const requests = portal.log.requests.length;
  const introduction = await everything(survey);
  const screens = { handedIn: [], closing: [], reopened: [] };
  for (let i = 0; i < 9; i++) {
    await answerClassSurvey(survey, variedAnswers(i));
    await press(survey, "Add my answers");
    await at(survey, "Thank you");
    screens.handedIn.push(await everything(survey));
    if (i === 0 || i === 8) {
      await askToClose(survey);
      await survey.getByText("Not yet enough: fewer than 10 people have answered.").waitFor();
      assert.equal(await survey.getByRole("button", { name: "Close and make the results" }).count(), 0);
      assert.equal(await survey.locator("table").count(), 0);
      screens.closing.push(await everything(survey));
      await press(survey, "Keep it open");
      await at(survey, "Class-wide stress-experience survey");
      screens.reopened.push(await everything(survey));
    } else {
      await press(survey, "I am the next person");
    }
  }
  // What is shown after one answer and after nine is the same, to the letter.
  for (const [name, states] of Object.entries(screens)) {
    assert.equal(new Set(states).size, 1, name);
    assert.doesNotMatch(states.join("\n"), /\b9\b|\bnine\b|canary/i, name);
  }
  assert.equal(screens.reopened[0], introduction);
  assert.deepEqual(await portal.events("survey-submit"), []);

  await askToClose(survey);
  await survey.getByText("End without results").click();
  await press(survey, "Erase everything");
  await survey.locator(".heading:focus", { hasText: "The collection was erased" }).waitFor();
  assert.equal(await survey.getByRole("button").count(), 0);
  assert.deepEqual(portal.log.requests.slice(requests).map((request) => request.url()), []);
  assert.deepEqual(await (await portal.api("releases")).json(), []);
});

scenario(
  "another release of the same collection is refused, and can be downloaded",
  async (portal) => {
    const before = await portal.place(smallGroup);
    await closeSmallGroup(before, variedAnswers);
    await send(before);
    await delivery(before, "is kept there");
    const survey = await portal.place(smallGroup);
    await closeSmallGroup(survey, () => ({ experiences: ">8" }));
    await send(survey);
    const reason = "the portal refused it with status 409: small has another release; expected the same bytes";
    await delivery(survey, `The release could not be sent: ${reason}.`);
    assert.deepEqual((await portal.events("survey-error")).map((event) => event.detail.message), [reason]);

    const [first, second] = portal.log.puts().map((put) => put.postData());
    assert.notEqual(first, second);
    assert.deepEqual(await download(portal, survey), { name: "small.json", text: second });
    assert.equal(await (await portal.api("releases/small")).text(), first);
  },
  { mayLog: [/status of 409/] },
);

scenario(
  "a release that could not be sent is sent again, byte for byte",
  async (portal) => {
    const survey = await portal.place(smallGroup);
    await portal.page.route("**/api/releases/*", (route) => route.abort());
    await closeSmallGroup(survey, variedAnswers);
    await send(survey);
    const failure = "The portal cannot be reached just now. The release waits on this device and is sent when the portal can be reached";
    await delivery(survey, failure);
    const file = await download(portal, survey);
    await press(survey, "Send again");
    await survey.locator(".delivery", { hasText: "Sending" }).waitFor({ state: "detached" });
    await delivery(survey, failure);
    await portal.page.unroute("**/api/releases/*");
    await press(survey, "Send again");
    await delivery(survey, "is kept there");
    assert.equal(await survey.getByRole("button", { name: "Send again" }).count(), 0);
    // The button that had the focus is gone.
    await survey.locator(".heading:focus", { hasText: "Results of this group" }).waitFor();

    const bodies = portal.log.puts().map((put) => put.postData());
    // The widget itself may have tried once more.
    assert.ok(bodies.length >= 3, `${bodies.length}`);
    assert.deepEqual(new Set(bodies), new Set([file.text]));
    assert.equal(await (await portal.api("releases/small")).text(), file.text);
    const told = await portal.events();
    const names = told.map((event) => event.name).filter((name) => !/progress|complete/.test(name));
    const attempt = ["survey-submit", "survey-error"];
    assert.deepEqual(names, [...attempt, ...attempt, "survey-submit", "survey-submitted"]);
  },
  { mayLog: [/net::ERR_FAILED/] },
);

scenario(
  "a release that waits for one endpoint is not sent to another",
  async (portal) => {
    const survey = await portal.place(smallGroup);
    await portal.page.route("**/api/releases/*", (route) => route.abort());
    await closeSmallGroup(survey, variedAnswers);
    await send(survey);
    await delivery(survey, "The release waits on this device");
    const before = portal.log.puts().length;
    const other = await portal.place({ ...smallGroup, endpoint: "elsewhere" });
    await at(other, "Results of this group");
    await delivery(other, "Nothing was sent yet. Look at what will be sent, to elsewhere and nowhere else");
    assert.deepEqual(portal.log.puts().slice(before).map((put) => put.url()), []);
  },
  { mayLog: [/net::ERR_FAILED/] },
);

scenario("a page that prevents survey-submit keeps the release from being sent", async (portal) => {
  const survey = await portal.place(smallGroup);
  await survey.evaluate((element) => {
    element.addEventListener("survey-submit", (event) => event.preventDefault(), { once: true });
  });
  await closeSmallGroup(survey, variedAnswers);
  await send(survey);
  await delivery(survey, "The page around this survey did not let the release be sent.");
  assert.deepEqual(portal.log.puts(), []);
  const [forbidden] = await portal.events("survey-submit");

  await press(survey, "Send again");
  await delivery(survey, "is kept there");
  const [put, ...others] = portal.log.puts();
  assert.deepEqual(others, []);
  assert.equal(put.postData(), forbidden.detail.body);
});

scenario("without an endpoint the release is shown and sent nowhere", async (portal) => {
  const { endpoint, ...attributes } = smallGroup;
  const survey = await portal.place(attributes);
  await survey.getByText("nowhere; you can download them").waitFor();
  await closeSmallGroup(survey, variedAnswers);
  await delivery(survey, "Nothing was sent. Download the release: until then it is kept on this device.");
  assert.deepEqual(portal.log.puts(), []);
  assert.deepEqual(await portal.events("survey-submit"), []);
  const file = await download(portal, survey);
  assert.equal(JSON.parse(file.text).policy.name ?? JSON.parse(file.text).policy, "small-group");
});

scenario("the results need no network once the collection is open, and ask for what shows them only then", async (portal) => {
  const { endpoint, ...attributes } = smallGroup;
  const survey = await portal.place(attributes);
  const asked = () => portal.log.requests.filter((request) => request.url().includes("report")).length;
  await portal.page.waitForLoadState("networkidle");
  assert.equal(asked(), 0);
  const loaded = ["balint-report.css", "balint_report_bg.wasm"].map((name) =>
    portal.page.waitForEvent("requestfinished", (request) => request.url().endsWith(name)),
  );
  await openCollection(survey, 8);
  await Promise.all(loaded);
  assert.equal(asked(), 4, "script, glue, module and style sheet");
  await portal.context.setOffline(true);
  await respond(survey, 5, variedAnswers);
  await askToClose(survey);
  await press(survey, "Close and make the results");
  await survey.locator("balint-report").getByText("Respondents: 5–9 of 8 eligible").waitFor();
  assert.equal(asked(), 4);
});

scenario(
  "a group whose tables cannot be loaded is told so, and can still download its release",
  async (portal) => {
    await portal.page.route("**/balint-report.js", (route) => route.abort());
    const survey = await portal.place(smallGroup);
    await closeSmallGroup(survey, variedAnswers);
    await send(survey);
    await delivery(survey, "is kept there");
    await survey.getByText("The tables cannot be shown just now. The release is complete: download it").waitFor();
    assert.equal(await survey.locator("table").count(), 0);
    const file = await download(portal, survey);
    assert.equal(file.text, portal.log.puts()[0].postData());
  },
  { mayLog: [/net::ERR_FAILED/] },
);

scenario("the list of results leads to the report of what was released", async (portal) => {
  const survey = await portal.place(smallGroup);
  await closeSmallGroup(survey, variedAnswers);
  await send(survey);
  await delivery(survey, "is kept there");
  await portal.page.getByRole("navigation", { name: "Surveys" }).getByRole("link", { name: "Results" }).click();
  const link = portal.page.locator("#results").getByRole("link", { name: "Report on “Stressful experiences on the wards”" });
  assert.equal(await link.getAttribute("href"), "report.html?instrument=stress-experience");
  const [page] = await Promise.all([portal.context.waitForEvent("page"), link.click()]);
  await page.locator("balint-report").getByText("Respondents: 5–9 of 8 eligible").waitFor();
});

scenario("the page asks before it is left while a collection is open, and not after", async (portal) => {
  const dialogs = [];
  portal.page.on("dialog", (dialog) => {
    dialogs.push(dialog.type());
    dialog.accept();
  });
  const survey = await portal.place(smallGroup);
  await openCollection(survey, 8);
  await answerClassSurvey(survey);
  await portal.page.reload();
  assert.deepEqual(dialogs, ["beforeunload"]);
  // The collection that was left open is still there for whoever knows its passphrase.
  const another = { ...smallGroup, collection: "another" };
  const closed = await portal.place(another);
  await closeSmallGroup(closed, variedAnswers);
  await delivery(closed, "Until then it is kept on this device.");
  const release = await closed.locator("pre").textContent();
  await portal.page.reload();
  assert.deepEqual(dialogs, ["beforeunload"], "the release is kept on the device");
  const found = await portal.place(another);
  await at(found, "Results of this group");
  await delivery(found, "Nothing was sent yet.");
  assert.equal(await found.locator("pre").textContent(), release);

  const { collection, ...unnamed } = smallGroup;
  await closeSmallGroup(await portal.place(unnamed), variedAnswers);
  await portal.page.reload();
  assert.deepEqual(dialogs, ["beforeunload", "beforeunload"], "the only release is neither sent nor downloaded");
  const kept = await portal.place({ ...smallGroup, collection: "a-third" });
  await closeSmallGroup(kept, variedAnswers);
  await send(kept);
  await delivery(kept, "is kept there");
  await portal.page.reload();
  assert.deepEqual(dialogs, ["beforeunload", "beforeunload"]);
});
