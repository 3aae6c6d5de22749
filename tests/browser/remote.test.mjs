// A survey that is answered from home, through two operators: two processes of the program on this machine.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { answerClassSurvey, at, data, press, run, scenario } from "./lib.mjs";

/** Numbers from 0 to below a limit that look random and are the same each time (a linear congruential generator). */
function numbers(seed) {
  let state = BigInt(seed);
  return (limit) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) % 2n ** 64n;
    return Number((state >> 33n) % BigInt(limit));
  };
}

/** Returns the header of a file of synthetic responses, and `count` of its lines in a random order, with repeats. */
function draw(file, count, seed) {
  const [header, ...lines] = readFileSync(data(file), "utf8").trim().split("\n");
  const below = numbers(seed);
  return { header, lines: Array.from({ length: count }, () => lines[below(lines.length)]) };
}

/** Returns what a line of responses ticks: pairs of an input's name and value, as the widget has them. */
function ticks(header, line) {
  const cells = line.split(",");
  const items = [...new Set(header.split(",").map((column) => column.split("___")[0]))];
  return header.split(",").flatMap((column, i) => {
    const [item, category] = column.split("___");
    const name = `q${items.indexOf(item) + 1}`;
    if (cells[i] === "") return [];
    if (category === undefined) return [[name, cells[i]]];
    return cells[i] === "1" ? [[name, category]] : [];
  });
}

/** In the page: lets a list of people answer, one after the other, each in a widget of their own. */
async function answerAll({ people, attributes }) {
  const until = async (found) => {
    for (let tries = 0; tries < 20_000; tries++) {
      const value = found();
      if (value) return value;
      await new Promise((resolve) => setTimeout(resolve));
    }
    throw new Error(`waited in vain for ${found}`);
  };
  const receipts = [];
  let retries = 0;
  for (const ticks of people) {
    const survey = document.createElement("balint-survey");
    for (const [name, value] of Object.entries(attributes)) survey.setAttribute(name, value);
    document.querySelector(".place").replaceChildren(survey);
    const buttons = () => [...(survey.shadowRoot?.querySelectorAll("button") ?? [])];
    const button = (label) => buttons().find((button) => button.textContent === label);
    (await until(() => button("Start"))).click();
    await until(() => survey.shadowRoot.querySelector("fieldset"));
    while (!button("Seal and send my answers")) {
      const heading = survey.shadowRoot.querySelector(".heading").textContent;
      for (const [name, value] of ticks) {
        const input = survey.shadowRoot.querySelector(`input[name="${name}"][value="${value}"]`);
        if (!input || input.checked) continue;
        input.click();
        await until(() => input.checked);
      }
      button("Continue").click();
      const next = await until(() => {
        const leave = button("Leave them out and continue");
        return leave ?? (survey.shadowRoot.querySelector(".heading").textContent !== heading && "next");
      });
      if (next === "next") continue;
      next.click();
      await until(() => survey.shadowRoot.querySelector(".heading").textContent !== heading);
    }
    button("Seal and send my answers").click();
    const receipt = () => survey.shadowRoot.querySelector("dd code")?.textContent;
    while (!(await until(() => button("Try again") ?? receipt()), receipt())) {
      retries += 1;
      button("Try again").click();
      await until(() => !button("Try again"));
    }
    receipts.push(receipt());
  }
  document.querySelector(".place").replaceChildren();
  return { receipts, retries };
}

/** Returns the release of some responses that were counted in the plain. */
function plainRelease(portal, file, { header, lines }, task) {
  const path = join(portal.server.folder, `${file}.csv`);
  writeFileSync(path, [header, ...lines].join("\n") + "\n");
  const flags = ["--policy", task.policy, "--eligible", String(task.eligible), "--collection", task.collection];
  return run("release", "--instrument", task.instrument, ...flags, path);
}

/** Returns the release of what the operators have, as the coordinator makes it. */
async function collect(portal) {
  const path = join(portal.server.folder, "collector.json");
  writeFileSync(path, await (await portal.api("demo/collector.json")).text());
  return run("collect", "--key", path, "--close-now");
}

scenario(
  "290 students answer from home, some with a bad connection: each counts once, as if counted in the plain",
  async (portal) => {
    await portal.openRemote();
    const drawn = draw("stress_46.csv", 290, 20260113);
    const people = drawn.lines.map((line) => ticks(drawn.header, line));
    let uploads = 0;
    const bodies = new Map();
    await portal.page.route("**/reports", async (route) => {
      uploads += 1;
      const body = route.request().postDataBuffer();
      const id = body.subarray(0, 16).toString("hex");
      if (bodies.has(id)) assert.ok(body.equals(bodies.get(id)), "a retry sends the same bytes");
      else bodies.set(id, body);
      // One in twenty: lost before it arrives, or after; or it arrives twice.
      if (uploads % 60 === 7) return route.abort();
      const response = await route.fetch();
      if (uploads % 60 === 27) return route.abort();
      if (uploads % 60 === 47) await route.fetch();
      return route.fulfill({ response });
    });
    const survey = await portal.page.locator("balint-survey").evaluate((element) => ({
      mode: "remote",
      task: element.getAttribute("task"),
      "task-hash": element.getAttribute("task-hash"),
      tokens: element.getAttribute("tokens"),
    }));
    const started = Date.now();
    const { receipts, retries } = await portal.page.evaluate(answerAll, { people, attributes: survey });
    console.log(`290 students in ${((Date.now() - started) / 1000).toFixed(1)} s, ${retries} retries`);
    assert.equal(new Set(receipts).size, 290);
    assert.equal(bodies.size, 290);
    assert.ok(retries >= 9, `${retries} retries`);
    assert.equal(await collect(portal), plainRelease(portal, "class", drawn, portal.task));
  },
  { mayLog: [/Failed to load resource/] },
);
