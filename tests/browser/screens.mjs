// Every screen of both surveys, one after the other, for checks that hold on all of them.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Leader, collection, halves } from "./leader.mjs";
import {
  answerClassSurvey,
  askToClose,
  at,
  choose,
  delivery,
  instrument,
  makeTask,
  openCollection,
  openReports,
  passphrase,
  press,
  questions,
  respond,
  send,
  startOperators,
} from "./lib.mjs";

/** Opens whatever can be opened, as what is folded away is not checked. */
async function unfold(survey) {
  await survey.locator("details").evaluateAll((details) => details.forEach((one) => (one.open = true)));
}

async function failToContinue(survey) {
  await press(survey, "Continue");
  await survey.locator(".error-summary:focus").waitFor();
}

async function* introduction(survey) {
  await survey.getByRole("button", { name: "Start" }).waitFor();
  yield "introduction";
  await unfold(survey);
  yield "introduction, unfolded";
}

async function* classSections(survey) {
  await press(survey, "Start");
  await at(survey, "About you");
  yield "about you";
  await failToContinue(survey);
  yield "about you, with errors";
  await choose(survey, "Third", "Female", "21 – 25");
  yield "about you, answered";
  await press(survey, "Continue");
  await at(survey, "Stressful experiences");
  yield "experiences";
  await failToContinue(survey);
  yield "experiences, with errors";
  await choose(survey, "1 – 4");
  await press(survey, "Continue");
  await at(survey, "Talking about them");
  yield "talking";
  await failToContinue(survey);
  yield "talking, with errors";
  await choose(survey, "<50%", "Lack of time", "Burnout", "Depression");
  await survey.locator("textarea").first().fill("In my own words, at some length, ".repeat(5));
  await press(survey, "Continue");
}

async function* postSections(survey) {
  await press(survey, "Start");
  await at(survey, "Your Balint group");
  yield "group";
  await failToContinue(survey);
  yield "group, with errors";
  await agree(survey);
  yield "group, answered";
  await press(survey, "Continue");
  await at(survey, "About you");
  yield "about you";
  await failToContinue(survey);
  yield "about you, with errors";
  await choose(survey, "Third", "Female");
  await press(survey, "Continue");
  await at(survey, "In your own words");
  // It cannot fail: an open question may stay empty.
  yield "own words";
  await addNothing(survey);
  await survey.locator("textarea").first().fill("In my own words, at some length, ".repeat(5));
  await press(survey, "Continue");
}

/** Gives each statement its last answer. */
async function agree(survey) {
  const statements = (await questions(survey)).length;
  for (let number = 1; number <= statements; number++) await survey.locator(`input[name=q${number}]`).last().check();
}

async function addNothing(survey) {
  for (const nothing of await survey.getByLabel("Nothing to add", { exact: true }).all()) await nothing.check();
}

async function answerPostSurvey(survey) {
  await press(survey, "Start");
  await at(survey, "Your Balint group");
  await agree(survey);
  await press(survey, "Continue");
  await choose(survey, "Fourth", "Male");
  await press(survey, "Continue");
  await at(survey, "In your own words");
  await addNothing(survey);
  await press(survey, "Continue");
}

async function* personalEnd(survey) {
  await at(survey, "Check your answers");
  yield "check your answers";
  await press(survey, "See how you compare");
  await at(survey, "You and the study");
  yield "preview";
  await press(survey, "Finish and erase my answers");
  await at(survey, "Thank you");
  yield "thank you";
}

async function* setUp(survey, eligible) {
  await survey.getByLabel("How many people can take part?").fill("");
  yield "set-up";
  await press(survey, "Open the collection");
  await survey.locator(".error-summary:focus").waitFor();
  yield "set-up, with an error";
  await openCollection(survey, eligible);
}

/** Shows the end of one turn, and the facilitator's screen when it is too early. */
async function* handOver(survey) {
  await at(survey, "Add your answers");
  yield "add your answers";
  await press(survey, "Add my answers");
  await at(survey, "Thank you");
  yield "hand over";
  await unfold(survey);
  yield "hand over, unfolded";
  await press(survey, "Close the collection");
  yield "passphrase";
  await survey.getByLabel("Passphrase").fill("another passphrase");
  await press(survey, "Continue");
  await survey.locator(".error-summary:focus").waitFor();
  yield "passphrase, with an error";
  await press(survey, "Keep it open");
  await askToClose(survey);
  yield "closing, too early";
  await press(survey, "Keep it open");
}

async function* results(survey) {
  await askToClose(survey);
  yield "closing";
  await press(survey, "Close and make the results");
  await at(survey, "Results of this group");
  yield "results, not yet sent";
  await send(survey);
  await delivery(survey, "is kept there");
  await survey.locator("balint-report table").first().waitFor();
  yield "results";
  await unfold(survey);
  yield "results, unfolded";
}

/** The list of what was released, on the page around the survey. */
async function* releases(survey, status) {
  const page = survey.page();
  await page.getByRole("navigation", { name: "Surveys" }).getByRole("link", { name: "Results" }).click();
  await page.locator("#results").getByText(status).waitFor();
  yield `list of results: ${status}`;
}

async function* personalClassSurvey(portal) {
  const survey = await portal.open("class-survey");
  yield* introduction(survey);
  yield* classSections(survey);
  yield* personalEnd(survey);
  yield* releases(survey, "No collection has been released yet.");
}

async function* personalPostSurvey(portal) {
  const survey = await portal.place({ instrument: "post-program" });
  yield* introduction(survey);
  yield* postSections(survey);
  yield* personalEnd(survey);
}

async function* groupClassSurvey(portal) {
  const survey = await portal.open("class-group");
  yield* setUp(survey, 30);
  yield* introduction(survey);
  yield* classSections(survey);
  yield* handOver(survey);
  await respond(survey, 10, (i) => ({ experiences: i % 2 ? "1 – 4" : ">8" }));
  // Ten are stored, and the page is lost.
  await portal.page.waitForFunction(() => localStorage.length > 0);
  portal.page.once("dialog", (dialog) => dialog.accept());
  await portal.page.reload();
  await at(survey, "Go on with this collection?");
  yield "go on";
  await unfold(survey);
  yield "go on, unfolded";
  await survey.getByLabel("Passphrase").fill(passphrase);
  await press(survey, "Go on");
  await survey.getByRole("button", { name: "Start" }).waitFor();
  yield* results(survey);
  yield* releases(survey, "One collection has been released.");
}

async function* groupPostSurvey(portal) {
  const survey = await portal.open("balint-group");
  yield* setUp(survey, 10);
  yield* introduction(survey);
  yield* postSections(survey);
  yield* handOver(survey);
  for (let i = 0; i < 4; i++) {
    if (i > 0) await press(survey, "I am the next person");
    await answerPostSurvey(survey);
    await press(survey, "Add my answers");
    await at(survey, "Thank you");
  }
  yield* results(survey);
}

async function* erasedCollection(portal) {
  const survey = await portal.open("class-group");
  await openCollection(survey, 30);
  await answerClassSurvey(survey);
  await press(survey, "Add my answers");
  await at(survey, "Thank you");
  await askToClose(survey);
  await survey.getByText("End without results").click();
  await press(survey, "Erase everything");
  await at(survey, "The collection was erased");
  yield "erased";
}

async function* remoteSurvey(portal) {
  const survey = await portal.openRemote();
  yield* introduction(survey);
  yield* classSections(survey);
  await at(survey, "Check your answers");
  // The coordinator's operators are away for a moment.
  await portal.page.route("**/hpke_config*", (route) => route.fulfill({ status: 503 }));
  await press(survey, "Seal and send my answers");
  await survey.locator(".error-summary:focus").waitFor();
  yield "not handed in";
  await portal.page.unroute("**/hpke_config*");
  let arrive;
  const arrived = new Promise((resolve) => (arrive = resolve));
  await portal.page.route("**/reports", async (route) => {
    await arrived;
    await route.continue();
  });
  await press(survey, "Try again");
  await survey.getByText("Sending the sealed shares …").first().waitFor();
  yield "sending";
  arrive();
  await at(survey, "your answers were handed in");
  yield "receipt";
  await press(survey, "See how you compare");
  await at(survey, "You and the study");
  yield "preview";
  await press(survey, "Finish and erase my answers");
  await at(survey, "Thank you");
  yield "thank you";
}

/** The introduction that asks for a code, with operators of its own. */
async function* invitedSurvey(portal) {
  const operators = await startOperators(portal.server.folder, { instrument: "post-program", eligible: 60 });
  try {
    const survey = await portal.placeRemote(operators);
    yield* introduction(survey);
    await press(survey, "Start");
    await survey.locator(".error-summary:focus").waitFor();
    yield "introduction, without a code";
  } finally {
    await operators.stop();
  }
}

async function* reportPage(portal) {
  const report = await openReports(portal);
  yield "no report yet";
  await unfold(report);
  yield "no report yet, unfolded";
  await report.locator("#own").setInputFiles([
    { name: "broken.json", mimeType: "application/json", buffer: Buffer.from("{") },
    { name: "semicolons.csv", mimeType: "text/csv", buffer: Buffer.from("year;sex;age\n") },
  ]);
  await report.locator(".refusals li").nth(1).waitFor();
  yield "two files refused";
  for (const name of ["Class survey", "Balint group"]) {
    await press(report, name);
    await report.locator("table").first().waitFor();
    yield `example: ${name}`;
    await report.getByLabel("Compare with").selectOption("study");
    await report.getByRole("heading", { name: /^Comparison with/ }).waitFor();
    yield `example: ${name}, compared with the study`;
  }
  await unfold(report);
  await report.getByLabel("People at each session").fill("7, two");
  await report.getByLabel("Reminders sent").focus();
  await report.getByText("expected whole numbers").waitFor();
  yield "facts, with an error";
  await report.getByLabel("Compare with").selectOption("releases");
  await report.locator("#others").waitFor();
  yield "compared with other releases";
}

async function* wrongAttribute(portal) {
  await portal.place({ instrument: "unknown" });
  yield "a survey that cannot be shown";
}

async function* keyOfRemoteSurvey(portal) {
  const folder = mkdtempSync(join(tmpdir(), "balint-key-"));
  try {
    const out = join(folder, "class");
    makeTask({ leader: "https://faculty.example/", helper: "https://union.example/", closes: "2999-12-31", out });
    const task = JSON.parse(readFileSync(join(out, "task.json"), "utf8"));
    await portal.allow("https://faculty.example");
    const leader = new Leader(portal.page, task, [{ status: 201 }, { status: 202, headers: { "retry-after": "60" } }]);
    await leader.ready;
    const report = await openReports(portal);
    await report.locator("#own").setInputFiles(join(out, "collector.json"));
    await report.getByLabel("Close it now, for good").check();
    yield "a survey whose sum can be asked for";
    await press(report, "Ask for the sum");
    await report.getByRole("status").filter({ hasText: "adds up" }).waitFor();
    yield "a sum that is not ready";
    await press(report, "Stop asking");
    await report.getByRole("alert").filter({ hasText: "where it stopped" }).waitFor();
    yield "a sum that was asked for in vain";
    leader.answers = [
      { status: 201 },
      { status: 200, body: collection(task, 60, halves(task, instrument("stress-experience"), 60)) },
    ];
    await press(report, "Ask for the sum");
    await report.getByText("The sum was opened").waitFor();
    yield "a sum that was opened";
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The ways through both surveys, each a function from a portal to its screens. */
export const ways = {
  "the class survey on one's own device": personalClassSurvey,
  "the post-program survey on one's own device": personalPostSurvey,
  "the class survey in a group": groupClassSurvey,
  "the post-program survey in a group": groupPostSurvey,
  "the class survey from home": remoteSurvey,
  "a survey from home with a code": invitedSurvey,
  "a collection that is erased": erasedCollection,
  "a survey set up wrongly": wrongAttribute,
  "the page for reports": reportPage,
  "the close of a survey answered from home": keyOfRemoteSurvey,
};
