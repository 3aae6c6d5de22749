// The survey is its own: whatever the page around it does to its elements, and in browsers that lack what it needs.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import axe from "axe-core";

import { at, choose, openReports, press, scenario } from "./lib.mjs";

const shots = fileURLToPath(new URL("shots", import.meta.url));

/** Style sheets of pages that nobody would write on purpose, or that somebody does. */
const hostile = {
  "all unset": "* { all: unset !important }",
  "huge root font": "html { font-size: 40px; line-height: 3 } body { font: italic bold 30px/1 serif }",
  "tiny root font": "html { font-size: 62.5% } * { font-size: 8px !important; line-height: 0.8 !important }",
  "right to left": "* { direction: rtl !important; unicode-bidi: bidi-override !important; text-align: right !important }",
  "loud text":
    "* { text-transform: uppercase !important; letter-spacing: 0.5em !important; word-spacing: 2em !important; text-indent: 5em !important; font-variant: small-caps !important; text-shadow: 3px 3px red !important }",
  "inline host": "balint-survey { display: inline !important; color: red !important; line-height: 3 !important; white-space: nowrap !important }",
  "unreadable colours": "* { color: #fff !important; background: #fff !important; -webkit-text-fill-color: #fff !important; caret-color: #fff; accent-color: #fff !important }",
  "hands off": "* { user-select: none !important; pointer-events: none !important; cursor: none !important; hyphens: none; word-break: break-all !important; tab-size: 40 }",
  "generic elements": "div, fieldset, legend, label, input, button, h2, p { display: none !important; margin: 5em !important; opacity: 0.1 !important }",
};

/** Goes to a page with one survey and a style sheet, under the policy of the portal. */
async function place(portal, css, attributes = 'instrument="stress-experience"', element = "balint-survey") {
  const policy = (await fetch(portal.server.url)).headers.get("content-security-policy");
  const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Page</title>
    <meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="icon.svg"><link rel="stylesheet" href="page.css">
    <script type="module" src="${element}.js"></script></head><body><${element} ${attributes}></${element}></body></html>`;
  await portal.page.unrouteAll();
  await portal.page.route("**/page.html", (route) => route.fulfill({ contentType: "text/html", body: page, headers: { "content-security-policy": policy } }));
  await portal.page.route("**/page.css", (route) => route.fulfill({ contentType: "text/css", body: `body { margin: 0 } ${css}` }));
  await portal.page.goto(new URL("page.html", portal.server.url).href);
  return portal.page.locator(element);
}

/** Returns the place, the size and the looks of each element of the survey, relative to its wrapper. */
async function looks(survey) {
  // Nothing that can be pressed is under the pointer.
  await survey.page().mouse.move(0, 0);
  return survey.evaluate((host) => {
    const wrapper = host.shadowRoot.querySelector(".survey, .coordinator");
    const from = wrapper.getBoundingClientRect();
    return Array.from(wrapper.querySelectorAll("*"), (element) => {
      const { left, top, width, height } = element.getBoundingClientRect();
      const style = getComputedStyle(element);
      const round = (number) => Math.round(number * 2) / 2;
      return {
        element: `${element.localName}.${element.className.baseVal ?? element.className} ${element.textContent.slice(0, 20)}`,
        box: [left - from.left, top - from.top, width, height].map(round),
        style: ["fontSize", "lineHeight", "letterSpacing", "textTransform", "color", "webkitTextFillColor", "backgroundColor", "direction", "userSelect", "pointerEvents", "textShadow", "opacity"].map((name) => style[name]),
        isVisible: element.checkVisibility({ opacityProperty: true, visibilityProperty: true }),
      };
    });
  });
}

/** Returns what is wrong with the screen for whoever uses it. */
function faults(survey) {
  return survey.evaluate((host) => {
    const found = [];
    for (const element of host.shadowRoot.querySelectorAll("button, .choice label, input, select, h2, legend, p:not(.visually-hidden)")) {
      const { left, right, width, height } = element.getBoundingClientRect();
      const name = `${element.localName} “${element.textContent.slice(0, 20)}”`;
      if (element.closest("details:not([open]) > :not(summary)")) continue;
      const least = element.matches("button, label") ? 44 : element.matches("input") ? 20 : 1;
      if (width < least || height < least) found.push(`${name} is ${width} × ${height}`);
      if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0 && !element.matches("input")) found.push(`${name} is clipped`);
      if (left < -1 || right > innerWidth + 1) found.push(`${name} sticks out`);
      if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) found.push(`${name} is hidden`);
      if (parseFloat(getComputedStyle(element).fontSize) < 13) found.push(`${name} is small`);
    }
    return found;
  });
}

/** Returns the elements of the survey whose contrast is too low. */
async function contrast(portal, element) {
  await portal.page.evaluate(axe.source);
  const found = await portal.page.evaluate(
    (element) => window.axe.run(document.querySelector(element), { runOnly: ["color-contrast"], resultTypes: ["violations"] }),
    element,
  );
  return found.violations.flatMap(({ nodes }) => nodes.map((node) => node.html));
}

const screens = {
  "the first screen": (survey) => at(survey, "Class-wide stress-experience survey"),
  "the questions": async (survey) => {
    await press(survey, "Start");
    await at(survey, "About you");
    await choose(survey, "Third");
  },
  "a mistake": async (survey) => {
    await press(survey, "Continue");
    await survey.locator(".error-summary").waitFor();
  },
};

for (const width of [320, 1024]) {
  scenario(
    `no style sheet of the page changes the survey, at ${width} px`,
    async (portal) => {
      mkdirSync(shots, { recursive: true });
      const tame = await place(portal, "");
      const expected = {};
      for (const [screen, go] of Object.entries(screens)) {
        await go(tame);
        expected[screen] = await looks(tame);
        assert.deepEqual(await faults(tame), [], screen);
      }
      for (const [name, css] of Object.entries(hostile)) {
        const survey = await place(portal, css);
        for (const [screen, go] of Object.entries(screens)) {
          await go(survey);
          assert.deepEqual(await looks(survey), expected[screen], `${name}, ${screen}`);
          assert.deepEqual(await faults(survey), [], `${name}, ${screen}`);
        }
        assert.deepEqual(await contrast(portal, "balint-survey"), [], name);
        await portal.page.screenshot({ path: `${shots}/hostile-${name.replaceAll(" ", "-")}-${width}.png` });
      }
    },
    { viewport: { width, height: 900 }, reducedMotion: "reduce" },
  );
}

scenario("the checks of the looks would find a style that gets through", async (portal) => {
  const survey = await place(portal, "");
  await at(survey, "Class-wide stress-experience survey");
  const before = await looks(survey);
  const set = (property, value) =>
    survey.evaluate((host, [property, value]) => (host.shadowRoot.firstElementChild.style[property] = value), [property, value]);
  for (const [property, value] of [["letterSpacing", "2px"], ["direction", "rtl"], ["color", "red"], ["fontSize", "9px"]]) {
    await set(property, value);
    await survey.evaluate((host) => host.shadowRoot.querySelector(".survey").removeAttribute("dir"));
    assert.notDeepEqual(await looks(survey), before, property);
    if (property === "fontSize") assert.ok((await faults(survey)).some((fault) => fault.includes("is small")));
    await set(property, "");
  }
}, { reducedMotion: "reduce" });

scenario("no style sheet of the page changes the reports", async (portal) => {
  const show = async (css) => {
    const report = await place(portal, css, "", "balint-report");
    await report.getByRole("heading", { name: "Make a report" }).waitFor();
    await report.getByRole("button", { name: /class survey/i }).first().click();
    await report.locator(".report-title").waitFor();
    return report;
  };
  const expected = await looks(await show(""));
  assert.ok(expected.length > 500, "the whole report is looked at");
  for (const [name, css] of Object.entries(hostile)) {
    if (name === "inline host") continue;
    const report = await show(css);
    const found = await looks(report);
    assert.deepEqual(found, expected, name);
    assert.deepEqual(await contrast(portal, "balint-report"), [], name);
  }
}, { reducedMotion: "reduce" });

scenario("what the README offers for the look still works", async (portal) => {
  const survey = await place(
    portal,
    `* { all: unset } balint-survey { --survey-font-family: monospace; --survey-accent-color: rgb(120, 0, 60); --survey-on-accent-color: rgb(255, 250, 240);
      --survey-background-color: rgb(250, 245, 235); --survey-radius: 3px; --survey-padding: 7px }
     balint-survey::part(primary-button) { letter-spacing: 2px } balint-survey::part(heading) { text-transform: uppercase }`,
  );
  await at(survey, "Class-wide stress-experience survey");
  const style = (selector, property) => survey.locator(selector).first().evaluate((element, property) => getComputedStyle(element)[property], property);
  assert.equal(await style(".survey", "fontFamily"), "monospace");
  assert.equal(await style(".survey", "padding"), "7px");
  assert.equal(await style("button.primary", "backgroundColor"), "rgb(120, 0, 60)");
  assert.equal(await style("button.primary", "color"), "rgb(255, 250, 240)");
  assert.equal(await style("button.primary", "borderRadius"), "3px");
  assert.equal(await style("button.primary", "letterSpacing"), "2px");
  assert.equal(await style(".heading", "textTransform"), "uppercase");
  assert.equal(await survey.evaluate((host) => getComputedStyle(host.shadowRoot.firstElementChild).backgroundColor), "rgb(250, 245, 235)");
}, { reducedMotion: "reduce" });

scenario("a page's own colour scheme and a hidden survey stay the page's", async (portal) => {
  const background = (survey) => survey.evaluate((host) => getComputedStyle(host.shadowRoot.firstElementChild).backgroundColor);
  const dark = await place(portal, "html { color-scheme: dark }");
  await at(dark, "Class-wide stress-experience survey");
  assert.equal(await background(dark), "rgb(24, 34, 37)");
  const hidden = await place(portal, "body { visibility: hidden }");
  await hidden.locator(".heading").waitFor({ state: "attached" });
  assert.ok(!(await hidden.locator(".heading").isVisible()));
});

scenario("a text size that the reader has set reaches the survey", async (portal) => {
  const session = await portal.context.newCDPSession(portal.page);
  await session.send("Page.enable");
  await session.send("Page.setFontSizes", { fontSizes: { standard: 24 } });
  const survey = await place(portal, "html { font-size: 10px }");
  await at(survey, "Class-wide stress-experience survey");
  assert.equal(await survey.locator(".survey").evaluate((element) => getComputedStyle(element).fontSize), "24px");
});

scenario("no text of the page is taken for markup: Trusted Types are on", async (portal) => {
  await portal.open();
  const thrown = await portal.page.evaluate(() => {
    try {
      document.createElement("p").innerHTML = "<b>text</b>";
    } catch (error) {
      return String(error);
    }
  });
  assert.match(thrown, /TrustedHTML/);
  const policy = await portal.page.evaluate(() => {
    try {
      return String(trustedTypes.createPolicy("default", { createHTML: (text) => text }));
    } catch (error) {
      return String(error);
    }
  });
  assert.match(policy, /disallowed/);
  await portal.page.evaluate(() => (window.recorded.violations.length = 0));
}, { mayLog: [/TrustedHTML|trusted-types|TrustedTypePolicy/i] });

scenario("a report is shown under Trusted Types, charts and all", async (portal) => {
  const report = await openReports(portal);
  await report.getByRole("button", { name: /class survey/i }).first().click();
  await report.locator("svg.chart").first().waitFor();
  const charts = await report.locator("svg.chart").evaluateAll((charts) =>
    charts.map((chart) => [chart.namespaceURI, chart.querySelector("rect").getBoundingClientRect().width > 0, chart.viewBox.baseVal.width]),
  );
  assert.ok(charts.length > 3);
  for (const chart of charts) assert.deepEqual(chart, ["http://www.w3.org/2000/svg", true, 336]);
});

scenario("without JavaScript a page shows what stands between the tags, with a contact", async (portal) => {
  const context = await portal.context.browser().newContext({ javaScriptEnabled: false });
  try {
    const page = await context.newPage();
    // Not by role or text, as Playwright looks for neither in a <noscript>.
    const seen = async (selector, expected) => {
      const found = page.locator(selector).first();
      assert.match(await found.textContent(), expected, page.url());
      assert.ok((await found.boundingBox())?.height > 20, page.url());
    };
    for (const [path, contact] of [["", "balint-survey a"], ["remote.html", "noscript a"]]) {
      await page.goto(new URL(path, portal.server.url).href);
      await seen("noscript p", /needs JavaScript/);
      assert.equal(await page.locator(contact).first().textContent(), "write to us");
      assert.ok((await page.locator(contact).first().boundingBox())?.height > 10, path);
    }
    for (const [path, place] of [["report.html", "noscript p"], ["plan.html", "noscript p"], ["embed.html", "main p"]]) {
      await page.goto(new URL(path, portal.server.url).href);
      await seen(place, /JavaScript/);
    }
  } finally {
    await context.close();
  }
});

scenario("a browser without WebAssembly says so, keeps the page's contact and tells the page", async (portal) => {
  await portal.context.addInitScript(() => delete window.WebAssembly);
  await portal.page.goto(portal.server.url);
  const survey = portal.page.locator("#class-survey balint-survey");
  const alert = survey.getByRole("alert");
  await alert.getByText("This browser is too old for it, or has WebAssembly switched off. Please update it, or use another browser or device.").waitFor();
  assert.ok(await survey.getByRole("link", { name: "write to us" }).isVisible());
  const errors = await portal.events("survey-error");
  assert.ok(errors.length > 0 && errors.every(({ detail }) => detail.message.startsWith("This browser is too old")));
  await portal.page.screenshot({ path: `${shots}/no-webassembly.png` });

  await portal.page.goto(new URL("report.html", portal.server.url).href);
  await portal.page.locator("balint-report").getByRole("alert").getByText("WebAssembly switched off").waitFor();
  await portal.page.goto(new URL("plan.html", portal.server.url).href);
  await portal.page.getByRole("alert").getByText("WebAssembly switched off").waitFor();
});

scenario("nothing that is served asks another host", async (portal) => {
  const folder = fileURLToPath(new URL("../../www", import.meta.url));
  const files = readdirSync(folder).filter((name) => /\.(html|css|js|svg)$/.test(name));
  assert.ok(files.length > 10);
  for (const name of files) {
    const text = readFileSync(`${folder}/${name}`, "utf8").replace(/\/\*[^]*?\*\/|\/\/ .*|<!--[^]*?-->/g, "");
    const hosts = Array.from(text.matchAll(/(?:https?:)?\/\/([\w.-]+\.[a-z]+)/g), ([, host]) => host);
    // Namespaces and examples in words; nothing is loaded from there.
    assert.deepEqual(hosts.filter((host) => !["www.w3.org", "portal.example", "school.example"].includes(host)), [], name);
    assert.doesNotMatch(text, /@import|@font-face|url\(\s*["']?(https?:|\/\/|data:)/, name);
  }
  for (const path of ["", "remote.html", "report.html", "plan.html", "embed.html?instrument=stress-experience"]) {
    await portal.page.goto(new URL(path, portal.server.url).href);
    await portal.page.waitForLoadState("networkidle");
  }
  // That nobody else was asked is checked by the harness; fonts were not asked for at all.
  assert.ok(portal.log.requests.length > 20);
  assert.deepEqual(portal.log.requests.filter((request) => request.resourceType() === "font"), []);
}, { mayLog: [/favicon/, /Failed to load resource/] });
