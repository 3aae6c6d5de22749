// A seminar without a network: the page is kept on the device, and a release waits until it has arrived.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

import {
  answerClassSurvey,
  askToClose,
  at,
  closeSmallGroup,
  delivery,
  openCollection,
  passphrase,
  press,
  respond,
  scenario,
  send,
  smallGroup,
} from "./lib.mjs";

const lost = { mayLog: [/net::ERR_(INTERNET_DISCONNECTED|FAILED|ABORTED)/] };

/** Waits until the page is kept on the device, and answered from there. */
async function kept(page) {
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
}

/** Writes down what is put to the endpoint, by all pages of the device. */
function watchPuts(context) {
  const puts = [];
  context.on("request", (request) => request.method() === "PUT" && puts.push(request.postData()));
  return puts;
}

/** Returns what the caches of the page's origin hold. */
function cached(page) {
  return page.evaluate(async () => {
    const names = await caches.keys();
    const list = async (name) => (await (await caches.open(name)).keys()).map((request) => request.url);
    return Object.fromEntries(await Promise.all(names.map(async (name) => [name, (await list(name)).sort()])));
  });
}

/** Opens the page in another window of the same device. */
async function anotherWindow(portal, article = "class-group") {
  const page = await portal.context.newPage();
  await page.goto(`${portal.server.url}#${article}`);
  return { page, survey: page.locator(`#${article} balint-survey`) };
}

scenario(
  "after one visit a whole seminar needs no network, with a reload in the middle, up to its results",
  async (portal) => {
    const puts = watchPuts(portal.context);
    portal.page.on("dialog", (dialog) => dialog.accept());
    const survey = await portal.open("class-group");
    await kept(portal.page);
    await portal.context.setOffline(true);
    await openCollection(survey, 30);
    await respond(survey, 5);
    await portal.page.waitForFunction(() => localStorage.length === 1);
    await press(survey, "I am the next person");
    await portal.page.reload();
    await at(survey, "Go on with this collection?");
    await survey.getByLabel("Passphrase").fill(passphrase);
    await press(survey, "Go on");
    await survey.getByRole("button", { name: "Start" }).waitFor();
    await respond(survey, 5);
    await askToClose(survey);
    await press(survey, "Close and make the results");
    await survey.locator("balint-report").getByText("Respondents: 10 of 30 eligible").waitFor();
    await send(survey);
    await delivery(survey, "The release waits on this device and is sent when the portal can be reached");

    // The page is lost, and opened again without a network.
    const release = await survey.locator("pre").textContent();
    await portal.page.reload();
    await at(survey, "Results of this group");
    await delivery(survey, "The release waits on this device");
    assert.equal(await survey.locator("pre").textContent(), release);
    const before = puts.length;
    await portal.context.setOffline(false);
    await delivery(survey, "was sent to api/releases and is kept there");
    assert.deepEqual(puts.slice(before), [release], "once");
    assert.equal(await (await portal.api("releases/class-of-2028-seminar-a")).text(), release);
    assert.equal(await portal.page.evaluate(() => localStorage.length), 0);
    await portal.page.reload();
    await survey.getByLabel("How many people can take part?").waitFor();
    assert.equal(puts.length, before + 1);
  },
  { ...lost, worker: true },
);

scenario(
  "a page that is killed in the middle goes on in a new one, without a network",
  async (portal) => {
    const first = await anotherWindow(portal);
    await kept(first.page);
    await portal.context.setOffline(true);
    await openCollection(first.survey, 30);
    await respond(first.survey, 7);
    await first.page.close({ runBeforeUnload: false });
    const second = await anotherWindow(portal);
    await at(second.survey, "Go on with this collection?");
    await second.survey.getByText("Everybody up to the last 5 is kept.").waitFor();
    await second.survey.getByLabel("Passphrase").fill(passphrase);
    await press(second.survey, "Go on");
    await respond(second.survey, 5);
    await askToClose(second.survey);
    await press(second.survey, "Close and make the results");
    await second.survey.locator("balint-report").getByText("Respondents: 10 of 30 eligible").waitFor();
    await second.page.close({ runBeforeUnload: false });
    const third = await anotherWindow(portal);
    await at(third.survey, "Results of this group");
    await delivery(third.survey, "Nothing was sent yet.");
    // This window has had nothing to do with it.
    await portal.open();
  },
  { ...lost, worker: true },
);

scenario(
  "of two windows that hold one release, one sends it, once, and the other says so",
  async (portal) => {
    const puts = watchPuts(portal.context);
    const survey = await portal.open("class-group");
    await openCollection(survey, 30);
    await respond(survey, 10);
    await askToClose(survey);
    await press(survey, "Close and make the results");
    await portal.context.setOffline(true);
    await send(survey);
    await delivery(survey, "The release waits on this device");
    const tried = puts.length;
    await portal.context.setOffline(false);
    // The endpoint takes its time, so that both windows are at it together.
    await portal.context.route("**/api/releases/*", async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 3000));
      await route.continue();
    });
    const other = await anotherWindow(portal);
    await at(other.survey, "Results of this group");
    const texts = async () => [
      await survey.locator(".delivery").textContent(),
      await other.survey.locator(".delivery").textContent(),
    ];
    const settled = /is kept there|another window has sent it/;
    for (let waited = 0; !(await texts()).every((text) => settled.test(text)); waited++) {
      assert.ok(waited < 300, `${await texts()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const found = await texts();
    assert.equal(found.filter((text) => text.includes("is kept there")).length, 1, `${found}`);
    assert.equal(found.filter((text) => text.includes("another window has sent it")).length, 1, `${found}`);
    assert.equal(puts.length, tried + 1, "sent once");
    assert.equal(new Set(puts).size, 1, "the same bytes");
  },
  lost,
);

scenario("the device keeps the files of the page, the same for everybody, and nothing else", async (portal) => {
  const survey = await portal.open();
  await kept(portal.page);
  const list = await (await fetch(new URL("precache.js", portal.server.url))).text();
  const { version, files } = JSON.parse(/self\.precache = (.*);/s.exec(list)[1]);
  const before = await cached(portal.page);
  assert.deepEqual(before, {
    [`balint-survey ${version}`]: Object.keys(files).map((name) => `${portal.server.url}${name}`).sort(),
  });
  assert.ok(Object.keys(files).every((name) => !/api|remote|token|collect/.test(name)), `${Object.keys(files)}`);
  const digest = await portal.page.evaluate(async () => {
    const [name] = await caches.keys();
    const cache = await caches.open(name);
    const found = {};
    for (const request of await cache.keys()) {
      const hash = await crypto.subtle.digest("SHA-256", await (await cache.match(request)).arrayBuffer());
      found[request.url] = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
    }
    return found;
  });
  for (const [name, hash] of Object.entries(files)) assert.equal(digest[`${portal.server.url}${name}`], hash, name);

  await answerClassSurvey(survey, { words: "canary" });
  await press(survey, "See how you compare");
  await at(survey, "You and the study");
  await press(survey, "Finish and erase my answers");
  await at(survey, "Thank you");
  await portal.page.evaluate(() => fetch("api/releases"));
  await portal.page.evaluate(() => fetch("report.html"));
  assert.deepEqual(await cached(portal.page), before);
  assert.equal(await portal.page.evaluate(() => localStorage.length + sessionStorage.length), 0);
}, { worker: true });

/** Serves what another server does, but for some files of its own; `stop` ends it. */
async function serveInFront(url, files) {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, url).pathname;
    const answer = await fetch(new URL(request.url, url), { headers: { accept: request.headers.accept ?? "*/*" } });
    const body = files.get(path) ?? Buffer.from(await answer.arrayBuffer());
    for (const name of ["content-type", "cache-control"]) {
      if (answer.headers.has(name)) response.setHeader(name, answer.headers.get(name));
    }
    // As strict as a page with a worker can be: one policy, of one name, for the addresses of its two scripts.
    const policy = answer.headers.get("content-security-policy").replace(/; require-trusted-types.*$/, "");
    response.setHeader("content-security-policy", `${policy}; require-trusted-types-for 'script'; trusted-types portal-worker`);
    response.writeHead(answer.status).end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${server.address().port}/`, stop: () => server.closeAllConnections() ?? server.close() };
}

scenario(
  "a new version is taken as a whole, and not while a group's collection is open",
  async (portal) => {
    const files = new Map();
    const front = await serveInFront(portal.server.url, files);
    const inner = portal.server;
    portal.server = { ...inner, url: front.url };
    try {
      portal.page.on("dialog", (dialog) => dialog.accept());
      const text = async (name) => (await fetch(new URL(name, inner.url))).text();
      const list = await text("precache.js");
      const script = `${await text("portal.js")}\ndocument.documentElement.dataset.version = "new";\n`;
      const hash = (content) => createHash("sha256").update(content).digest("hex");
      const changed = (content) =>
        list.replace(hashIn(list, "portal.js"), hash(content)).replace(/"version": "[0-9a-f]+"/, `"version": "new"`);
      const version = (page) => page.evaluate(() => document.documentElement.dataset.version);
      const update = () =>
        portal.page.evaluate(async () => {
          const registration = await navigator.serviceWorker.ready;
          await registration.update().catch(() => {});
          const worker = registration.installing ?? registration.waiting;
          if (!worker) return "none";
          while (!["installed", "redundant", "activated"].includes(worker.state)) {
            await new Promise((resolve) => worker.addEventListener("statechange", resolve, { once: true }));
          }
          return worker.state;
        });

      const survey = await portal.open("class-group");
      await kept(portal.page);
      await openCollection(survey, 30);
      const [old] = Object.keys(await cached(portal.page));

      // A list that does not fit its files is not taken: half of the new version was still on its way.
      files.set("/precache.js", changed(script));
      assert.equal(await update(), "redundant");
      assert.deepEqual(Object.keys(await cached(portal.page)), [old]);

      files.set("/portal.js", script);
      assert.equal(await update(), "installed");
      assert.deepEqual(Object.keys(await cached(portal.page)).sort(), [old, "balint-survey new"].sort());
      // The group goes on with the version that it began with, and so does a page that is opened beside it.
      const other = await portal.context.newPage();
      await other.goto(front.url);
      await other.locator("#class-survey balint-survey .heading").waitFor();
      await respond(survey, 5);
      assert.equal(await version(other), undefined);
      await other.close();

      // The browser counts a page that was closed for a moment longer, and then the old version stays for one load more.
      for (let loads = 0; (await version(portal.page)) !== "new"; loads++) {
        assert.ok(loads < 3, "the new version is not taken");
        await portal.page.waitForTimeout(1000);
        await portal.page.reload();
        await at(survey, "Go on with this collection?");
        const isNew = () => document.documentElement.dataset.version === "new";
        await portal.page.waitForFunction(isNew, undefined, { timeout: 5000 }).catch(() => {});
      }
      await at(survey, "Go on with this collection?");
      await portal.page.waitForFunction(async () => (await caches.keys()).length === 1);
      assert.deepEqual(Object.keys(await cached(portal.page)), ["balint-survey new"]);
    } finally {
      portal.server = inner;
      portal.operators.push(new URL(front.url).origin);
      front.stop();
    }
  },
  { worker: true },
);

/** Returns the hash that the list has for a file. */
function hashIn(list, name) {
  return new RegExp(`"${name.replace(".", "\\.")}": "([0-9a-f]{64})"`).exec(list)[1];
}

scenario("a release that waits can be taken back, or downloaded, and is sent when it is wanted", async (portal) => {
  const survey = await portal.place(smallGroup);
  let answer;
  const answered = new Promise((resolve) => (answer = resolve));
  await portal.page.route("**/api/releases/*", async (route) => {
    await answered;
    await route.continue().catch(() => {});
  });
  await closeSmallGroup(survey);
  await send(survey);
  await delivery(survey, "Sending the release to api/releases …");
  await survey.getByRole("progressbar").waitFor();
  const [failed] = await Promise.all([
    portal.page.waitForEvent("requestfailed", (request) => request.method() === "PUT"),
    press(survey, "Stop sending"),
  ]);
  assert.match(failed.failure().errorText, /ABORTED/);
  await delivery(survey, "Nothing was sent yet.");
  await survey.locator(".heading:focus").waitFor();
  answer();
  await send(survey);
  await delivery(survey, "is kept there");
  assert.equal(new Set(portal.log.puts().map((put) => put.postData())).size, 1);
  assert.deepEqual(await portal.events("survey-error"), []);
});

scenario("the portal can be installed on a tablet, and begins with the group", async (portal) => {
  await portal.open("class-group");
  await kept(portal.page);
  const session = await portal.context.newCDPSession(portal.page);
  const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
  // These tests leave nothing behind, as a private window does.
  const errors = installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito");
  assert.deepEqual(errors, []);
  const found = await session.send("Page.getAppManifest");
  assert.deepEqual(found.errors, []);
  const manifest = JSON.parse(found.data);
  assert.equal(manifest.display, "standalone");
  for (const { src, sizes } of manifest.icons.filter(({ type }) => type === "image/png")) {
    const size = await portal.page.evaluate(async (src) => {
      const icon = new Image();
      icon.src = src;
      await icon.decode();
      return `${icon.naturalWidth}x${icon.naturalHeight}`;
    }, src);
    assert.equal(size, sizes, src);
  }
  await portal.page.goto(new URL(manifest.start_url, portal.server.url).href);
  await portal.page.locator("#class-group balint-survey .heading").waitFor();
}, { worker: true });
