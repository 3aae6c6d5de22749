// A survey in a frame of another portal: what works there, and what the page around it learns.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

import { at, choose, newFolder, press, scenario, start } from "./lib.mjs";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

/** The attributes of the frame that the README gives, but for the address. */
const documented = Object.fromEntries(
  Array.from(/<iframe ([^>]*)>/.exec(readme)[1].matchAll(/([\w-]+)(?:="([^"]*)")?/g), ([, name, value]) => [name, value ?? ""]),
);

/**
 * Serves some files, each a type and a text, as another site.
 *
 * Not a page that Playwright makes up: Chromium would not let that one show what this machine serves.
 */
async function serve(files) {
  const headers = { "content-security-policy": "default-src 'none'; script-src 'self'; img-src 'self'; frame-src *; require-trusted-types-for 'script'; trusted-types 'none'" };
  const server = createServer((request, response) => {
    const [type, text] = files[new URL(request.url, "http://site.example").pathname] ?? ["text/plain", ""];
    response.writeHead(200, { "content-type": type, ...headers }).end(text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { origin: `http://127.0.0.1:${server.address().port}`, files, stop };
}

const listen = "window.told = []; addEventListener('message', ({ data, origin }) => window.told.push({ data, origin }));";

/**
 * Runs a test with a portal and the site of the survey as two origins; `framed` shows a page of the portal with
 * a frame in it, and returns the frame's element, what is in it, and all that the page was told.
 */
function frameScenario(name, body, options, mayFrame = true) {
  scenario(
    name,
    async (portal) => {
      const { folder, remove } = newFolder();
      const around = await serve({
        "/listen.js": ["text/javascript", listen],
        "/balint-frame.js": ["text/javascript", readFileSync(new URL("../../www/balint-frame.js", import.meta.url))],
      });
      const flags = mayFrame ? ["--frame-ancestors", around.origin] : [];
      const site = await start(folder, "--address", "127.0.0.1:0", "--store", join(folder, "s.sqlite"), ...flags);
      const { origin } = new URL(site.url);
      portal.operators.push(origin, around.origin);
      try {
        await body(portal, { origin, parent: around.origin, framed: (query, attributes) => framed(portal, around, origin, query, attributes) });
        assert.deepEqual(await portal.page.evaluate(() => window.recorded.violations), []);
      } finally {
        around.stop();
        await site.stop();
        remove();
      }
    },
    options,
  );
}

async function framed(portal, around, origin, query, attributes = {}) {
  const src = new URL(`embed.html?${query}`, origin).href.replaceAll("&", "&amp;");
  const written = Object.entries({ ...documented, ...attributes, src }).map(([name, value]) => ` ${name}="${value}"`);
  around.files["/"] = ["text/html", `<!doctype html><html lang="en"><meta charset="utf-8"><title>Portal</title>
    <script src="listen.js"></script><script type="module" src="balint-frame.js"></script>
    <h1>Portal</h1><iframe${written.join("")}></iframe></html>`];
  await portal.page.goto(around.origin, { waitUntil: "commit" });
  const element = portal.page.locator("iframe").first();
  const content = await (await element.elementHandle()).contentFrame();
  return {
    element,
    content,
    survey: content.locator("balint-survey"),
    height: () => element.evaluate((frame) => frame.clientHeight),
    told: () => portal.page.evaluate(() => window.told),
    violations: () => content.evaluate(() => window.recorded.violations),
  };
}

const classSurvey = (parent) => `instrument=stress-experience&parent=${encodeURIComponent(parent)}`;

/** Waits until the frame is just as high as what is in it. */
async function fits({ content, height }) {
  await content.waitForFunction(() => {
    const { scrollHeight, clientHeight } = document.documentElement;
    return clientHeight === Math.ceil(document.querySelector("main").getBoundingClientRect().height) && scrollHeight === clientHeight;
  });
  return height();
}

frameScenario("a frame is as high as the survey, and has one height while somebody answers, whatever they answer", async (portal, { origin, parent, framed }) => {
  const frame = await framed(classSurvey(parent));
  const { survey } = frame;
  await at(survey, "Class-wide stress-experience survey");
  const first = await fits(frame);
  const origins = survey.locator("details", { hasText: "Where the questions come from" });
  await origins.locator("summary").click();
  await portal.page.waitForFunction((first) => document.querySelector("iframe").clientHeight > first + 20, first);
  await fits(frame);
  await origins.locator("summary").click();
  await portal.page.waitForFunction((first) => document.querySelector("iframe").clientHeight === first, first);

  await press(survey, "Start");
  await at(survey, "About you");
  // No higher than the window, so that this page is not scrolled to what has the focus in the frame.
  const inWindow = () => portal.page.waitForFunction(() => document.querySelector("iframe").clientHeight === innerHeight);
  await inWindow();
  const heights = async () => (await frame.told()).map(({ data }) => data.height);
  assert.equal((await heights()).at(-1), 1200);
  const before = (await frame.told()).length;
  // A mistake, the longest answers, and the way to the end.
  await press(survey, "Continue");
  await survey.locator(".error-summary").waitFor();
  await choose(survey, "Third", "Female", "21 – 25");
  await press(survey, "Continue");
  await choose(survey, "1 – 4");
  await press(survey, "Continue");
  await choose(survey, ">50%", "Lack of time", "Burnout");
  await press(survey, "Continue");
  await at(survey, "Check your answers");
  await press(survey, "See how you compare");
  await at(survey, "You and the study");
  assert.deepEqual((await frame.told()).slice(before), [], "nothing is told while somebody answers");
  await press(survey, "Finish and erase my answers");
  await at(survey, "Thank you");
  await survey.evaluate((element) => element.reset());
  await at(survey, "Class-wide stress-experience survey");
  assert.deepEqual((await frame.told()).slice(before), [], "nor who has finished, or begins anew");
  await inWindow();

  for (const { data, origin: from } of await frame.told()) {
    assert.equal(from, origin);
    assert.deepEqual(Object.keys(data).sort(), ["height", "type"]);
  }
  assert.deepEqual(await frame.violations(), []);
});

frameScenario("the documented attributes are enough for a frame, and none of its sandbox is too much", async (portal, { parent, framed }) => {
  const tokens = documented.sandbox.split(" ");
  assert.deepEqual([...tokens].sort(), ["allow-forms", "allow-same-origin", "allow-scripts"]);
  for (const missing of [null, ...tokens]) {
    const sandbox = tokens.filter((token) => token !== missing).join(" ");
    const { survey } = await framed(classSurvey(parent), { sandbox });
    const answers = async () => {
      await press(survey, "Start");
      await choose(survey, "Third", "Female", "21 – 25");
      await press(survey, "Continue");
      await survey.locator(".heading", { hasText: "Part 2 of 3" }).waitFor({ timeout: 3000 });
    };
    const shown = survey.locator(".heading").waitFor({ timeout: missing ? 3000 : 15_000 }).then(answers);
    if (missing) await assert.rejects(shown, `without ${missing}`);
    else await shown;
  }
}, { mayLog: [/sandbox/i, /CORS policy/, /Failed to load resource/, /ERR_FAILED/, /recipient window's origin \('null'\)/] });

frameScenario("only the origin that is named is told anything", async (portal, { origin, parent, framed }) => {
  for (const query of [classSurvey("https://other.example"), "instrument=stress-experience", classSurvey(origin)]) {
    const { survey, told, element } = await framed(query);
    await at(survey, "Class-wide stress-experience survey");
    await survey.locator("summary").first().click();
    // Whoever asks from another origin is told nothing either.
    await element.evaluate((frame) => frame.contentWindow.postMessage({ type: "balint-survey" }, "*"));
    await portal.page.waitForTimeout(300);
    assert.deepEqual(await told(), [], query);
  }
  const { survey, told } = await framed(classSurvey(parent));
  await at(survey, "Class-wide stress-experience survey");
  await portal.page.waitForFunction(() => window.told.length > 0);
  assert.ok((await told()).length > 0, "the check would see a message");
}, { mayLog: [/target origin provided/] });

frameScenario("a page takes a height from the survey's own frame and origin alone", async (portal, { parent, framed }) => {
  const evil = await serve({
    "/": ["text/html", "<!doctype html><title>Evil</title><script src='evil.js'></script>"],
    "/evil.js": ["text/javascript", "parent.postMessage({ type: 'balint-survey', height: 9000 }, '*')"],
  });
  portal.operators.push(evil.origin);
  try {
    const frame = await framed(classSurvey(parent));
    await at(frame.survey, "Class-wide stress-experience survey");
    const height = await fits(frame);
    const heard = (count) => portal.page.waitForFunction((count) => window.told.filter(({ data }) => data.height === 9000).length === count, count);
    await portal.page.evaluate(() => window.postMessage({ type: "balint-survey", height: 9000 }, "*"));
    await heard(1);
    // Another frame, and then the survey's own frame with another site in it.
    await portal.page.evaluate((src) => document.body.append(Object.assign(document.createElement("iframe"), { src })), evil.origin);
    await heard(2);
    assert.equal(await frame.height(), height);
    await frame.content.goto(evil.origin);
    await heard(3);
    assert.equal(await frame.height(), height);
  } finally {
    evil.stop();
  }
});

frameScenario("a script of the page that comes after the frame asks for its height", async (portal, { parent, framed }) => {
  await portal.page.route("**/balint-frame.js", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 4000));
    return route.continue();
  });
  const frame = await framed(classSurvey(parent));
  await at(frame.survey, "Class-wide stress-experience survey");
  assert.ok((await frame.height()) === 700, "the script is not there yet");
  assert.notEqual(await fits(frame), 700);
});

frameScenario("what is wrong in a frame's address is named, where the survey would be", async (portal, { origin, parent, framed }) => {
  const refused = async (query, expected) => {
    const { content } = await framed(query);
    const alert = content.getByRole("alert");
    await alert.filter({ hasText: expected }).waitFor();
    assert.equal(await content.locator("balint-survey").count(), 0);
    assert.match(await content.locator("main").textContent(), /ask whoever has invited you/);
  };
  await refused("instrument=stress-experience&polcy=strict", "polcy: unknown in a frame; expected parent, or an attribute of the survey: instrument, src,");
  await refused("instrument=stress-experience&onclick=alert(1)", "onclick: unknown in a frame");
  await refused("instrument=stress-experience&mode=group", "mode: found group; expected personal or remote");
  await refused("instrument=stress-experience&endpoint=api/releases", "endpoint: unknown in a frame");
  await refused("mode=remote&task=task.json&code=7KQ4X", "code: found in the query, which servers log");
  await refused("instrument=a&instrument=b", "instrument: found several; expected one");
  await refused("src=https://evil.example/a.json", `src: found https://evil.example/a.json; expected an address of ${origin}`);
  await refused("instrument=stress-experience&results=https://evil.example/a.json", "results: found https://evil.example/a.json");
  await refused("src=data:application/json,{}", "src: found data:application/json,{}");
  for (const wrong of ["*", "https://portal.example/", "portal.example", "null", "javascript:alert(1)"]) {
    await refused(`instrument=stress-experience&parent=${encodeURIComponent(wrong)}`, `parent: found “${wrong}”; expected the origin`);
  }
  // What the element itself refuses is told to the page as the bare name of the event.
  const { content, told } = await framed(`instrument=stres&parent=${encodeURIComponent(parent)}`);
  await content.getByRole("alert").filter({ hasText: "attribute instrument: unknown instrument" }).waitFor();
  await portal.page.waitForFunction(() => window.told.some(({ data }) => data.event));
  const events = (await told()).map(({ data }) => data).filter((data) => data.event);
  assert.deepEqual(events, [{ type: "balint-survey", event: "survey-error" }]);
});

frameScenario(
  "nobody else may frame a page, unless the server was told so",
  async (portal, { parent, framed }) => {
    const { content } = await framed(classSurvey(parent));
    await portal.page.waitForTimeout(1000);
    assert.equal(await content.locator("balint-survey").count(), 0);
  },
  { mayLog: [/frame-ancestors/, /Framing/, /ERR_BLOCKED_BY_RESPONSE/, /Failed to load resource/, /recipient window's origin \('null'\)/] },
  false,
);
