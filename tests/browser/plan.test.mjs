// The page for planning, and its calendar as another program reads it.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import axe from "axe-core";
import ICAL from "ical.js";

import { makeTask, newFolder, run, scenario } from "./lib.mjs";

const shots = fileURLToPath(new URL("shots", import.meta.url));
const title = 'Übung; “Stress”, \\n und mehr: ein Name, der so lang ist, dass er in keine Zeile passt 🩺🩺🩺';

/** Returns the events of a calendar, in order, as ical.js reads them; it throws at what is not of RFC 5545. */
function readCalendar(text) {
  // CRLF at the end of each line, and none longer than 75 octets: RFC 5545 recommends that, and the library that
  // folds counts the space before the last piece of a line too late, so that it can have 76.
  assert.ok(text.endsWith("END:VCALENDAR\r\n"));
  for (const line of text.split("\r\n")) {
    assert.ok(Buffer.byteLength(line) <= 76, line);
    assert.doesNotMatch(line, /[\r\n]|\ufffd/);
  }
  ICAL.design.strict = true;
  const calendar = new ICAL.Component(ICAL.parse(text));
  assert.equal(calendar.getFirstPropertyValue("version"), "2.0");
  assert.equal(calendar.getAllProperties("prodid").length, 1);
  const events = calendar.getAllSubcomponents("vevent").map((component) => {
    for (const name of ["uid", "dtstamp", "dtstart", "summary", "description", "sequence"]) {
      assert.equal(component.getAllProperties(name).length, 1, name);
    }
    const alarms = component.getAllSubcomponents("valarm");
    assert.equal(alarms.length, 1);
    // The library gives every component a DTSTAMP and a UID; RFC 9074 has the UID of an alarm, too.
    assert.deepEqual(alarms[0].getAllProperties().map(({ name }) => name).sort(), ["action", "description", "dtstamp", "trigger", "uid"]);
    assert.equal(alarms[0].getFirstPropertyValue("action"), "DISPLAY");
    assert.equal(alarms[0].getFirstPropertyValue("trigger").toSeconds(), 0);
    const value = (name) => component.getFirstPropertyValue(name);
    assert.equal(value("dtstamp").zone, ICAL.Timezone.utcTimezone);
    assert.equal(value("dtstart").zone, ICAL.Timezone.utcTimezone);
    return { uid: value("uid"), start: value("dtstart").toJSDate().toISOString(), made: value("dtstamp").toJSDate(), sequence: value("sequence"), summary: value("summary"), description: value("description"), url: value("url") };
  });
  const uids = Array.from(text.replaceAll("\r\n ", "").matchAll(/^UID:(.*)\r$/gm), ([, uid]) => uid);
  assert.equal(new Set(uids).size, 2 * events.length, "each event and each alarm has one of its own");
  return events;
}

const study = ["--instrument", "stress-experience", "--opens", "2026-03-16T08:00:00+01:00", "--closes", "2026-04-27T08:00:00+02:00", "--link", "https://school.example/survey?a=1,2;b", "--contact", "Ada; Lovelace, ada@school.example"];

test("the calendar of the command line is read by another program, to the letter and the moment", () => {
  const { folder, remove } = newFolder();
  try {
    const out = join(folder, "plan");
    const printed = run("plan", ...study, "--title", title, "--out", out);
    assert.match(printed, /opens="2026-03-16T08:00:00\+01:00" closes="2026-04-27T08:00:00\+02:00"><\/balint-survey>/);
    const events = readCalendar(readFileSync(join(out, "calendar.ics"), "utf8"));
    assert.deepEqual(events.map(({ start }) => start), [
      "2026-03-16T07:00:00.000Z",
      "2026-03-29T07:00:00.000Z",
      "2026-04-12T07:00:00.000Z",
      "2026-04-27T06:00:00.000Z",
    ]);
    assert.deepEqual(events.map(({ summary }) => summary), [`Opens: ${title}`, `Reminder 1 of 2: ${title}`, `Reminder 2 of 2: ${title}`, `Closes: ${title}`]);
    const invitation = readFileSync(join(out, "invitation.txt"), "utf8");
    const [, subject, body] = /^Send: .*\nSubject: (.*)\n\n([^]*)$/.exec(invitation);
    assert.equal(events[0].description, `Send the invitation to everybody.\n\n${subject}\n\n${body}`);
    assert.match(body, /Ada; Lovelace, ada@school\.example/);
    for (const { url, made } of events) {
      assert.equal(url, "https://school.example/survey?a=1,2;b");
      assert.ok(Math.abs(Date.now() - made) < 600_000);
    }

    // A later plan of the same survey replaces this one.
    const again = join(folder, "again");
    run("plan", ...study, "--title", title, "--reminders", "1", "--out", again);
    const later = readCalendar(readFileSync(join(again, "calendar.ics"), "utf8"));
    assert.deepEqual(later.map(({ uid }) => uid), [events[0], events[1], events[3]].map(({ uid }) => uid));
    assert.ok(later.every(({ sequence }, place) => sequence >= events[place].sequence));
    assert.throws(() => run("plan", ...study, "--out", out), /is there already, and nothing is overwritten/);
  } finally {
    remove();
  }
});

test("a survey from home is planned from its task", () => {
  const { folder, remove } = newFolder();
  try {
    const task = join(folder, "task");
    makeTask({ leader: "https://a.example/", helper: "https://b.example/", opens: "2030-01-13", closes: "2030-02-23", out: task });
    const out = join(folder, "plan");
    const file = join(task, "task.json");
    run("plan", "--task", file, "--link", "https://school.example/survey", "--contact", "Ada", "--out", out);
    const events = readCalendar(readFileSync(join(out, "calendar.ics"), "utf8"));
    assert.deepEqual([events.at(0).start, events.at(-1).start], ["2030-01-13T00:00:00.000Z", "2030-02-24T00:00:00.000Z"]);
    assert.match(events[0].description, /a mail merge with invitations\.csv[^]*\{link\}[^]*One is sealed for Faculty IT, the other for Students’ union/);
  } finally {
    remove();
  }
});

async function open(portal) {
  await portal.page.goto(new URL("plan.html", portal.server.url).href);
  await portal.page.waitForLoadState("networkidle");
  return portal.page;
}

async function save(page, name) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), "utf8") };
}

async function violations(page) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

for (const width of [320, 1024]) {
  scenario(
    `a coordinator plans a survey in the page, at ${width} px`,
    async (portal) => {
      const page = await open(portal);
      assert.ok(await page.getByLabel("Questions").isVisible());
      for (const label of ["The task file", "The address of your own instrument", "What may be released", "The collection’s name"]) {
        assert.ok(!(await page.getByLabel(label).isVisible()), `${label} is not asked for`);
      }
      const asked = portal.log.requests.length;
      await page.getByLabel("Opens").fill("2026-01-12T08:00");
      await page.getByLabel("Closes").fill("2026-02-23T08:00");
      await page.getByLabel("Whom to ask").fill("Ada Lovelace, ada@school.example");
      await page.getByRole("button", { name: "Make the plan" }).click();
      await page.getByRole("alert").getByText("link: not there; expected the address of the page with the survey").waitFor();
      await page.getByLabel("The address of the page with the survey").fill("https://school.example/survey");
      await page.getByRole("button", { name: "Make the plan" }).click();
      await page.getByRole("heading", { name: "The plan" }).waitFor();
      assert.equal(await page.locator(".problem").textContent(), "");
      const tag = '<balint-survey instrument="stress-experience" opens="2026-01-12T08:00:00+01:00" closes="2026-02-23T08:00:00+01:00"></balint-survey>';
      assert.equal(await page.locator(".tag").textContent(), tag);
      const calendar = await save(page, "Download the calendar (.ics)");
      assert.equal(calendar.name, "class-wide-stress-experience-survey.ics");
      const events = readCalendar(calendar.text);
      assert.deepEqual(events.map(({ start }) => start.slice(0, 13)), ["2026-01-12T07", "2026-01-26T07", "2026-02-09T07", "2026-02-23T07"]);
      const letters = await save(page, "Download the letters (.txt)");
      assert.equal(letters.text.match(/^Subject: /gm).length, 3);
      assert.deepEqual(await violations(page), []);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing scrolls sideways");
      mkdirSync(shots, { recursive: true });
      await page.screenshot({ path: join(shots, `plan-${width}.png`), fullPage: true });
      await page.emulateMedia({ colorScheme: "dark" });
      assert.deepEqual(await violations(page), [], "dark");
      // Apart from what is downloaded, which stays here, nothing is asked for.
      assert.deepEqual(portal.log.requests.slice(asked).filter((request) => !request.url().startsWith("blob:")).map((request) => request.url()), []);

      await page.getByLabel("How it is answered").selectOption("group");
      await page.getByLabel("The collection’s name").fill("spring");
      await page.getByLabel("What may be released").selectOption("strict");
      await page.getByLabel(/Or when each is sent/).fill("2026-02-01T08:00:00+01:00\n");
      await page.getByRole("button", { name: "Make the plan" }).click();
      await page.locator(".tag", { hasText: 'mode="group" policy="strict" collection="spring"' }).waitFor();
      assert.equal(await page.locator(".letters pre").count(), 2);
    },
    { viewport: { width, height: 800 }, timezoneId: "Europe/Berlin", reducedMotion: "reduce" },
  );
}
