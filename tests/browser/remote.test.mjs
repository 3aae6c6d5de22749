// A survey that is answered from home, through two operators: two processes of the program on this machine.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { answerClassSurvey, at, data, openReports, press, run, scenario, smallGroup, startOperators } from "./lib.mjs";

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

/** Returns the release of what the demonstration's operators have, as the coordinator makes it. */
async function collect(portal) {
  const path = join(portal.server.folder, "collector.json");
  writeFileSync(path, await (await portal.api("demo/collector.json")).text());
  return run("collect", "--key", path, "--close-now");
}

/** Declares a test with operators of its own, whose ports the portal's policy does not know. */
function operated(name, operators, body, options = {}) {
  scenario(
    name,
    async (portal) => {
      const running = await startOperators(portal.server.folder, operators);
      try {
        await body(portal, running);
      } finally {
        await running.stop();
      }
    },
    { bypassCSP: true, ...options },
  );
}

/** Answers the class survey up to the moment before it is sent. */
async function answerUpToSending(survey, answers) {
  await answerClassSurvey(survey, answers);
  await at(survey, "Check your answers");
}

/** Seals and sends, and returns the receipt. */
async function handIn(survey) {
  await press(survey, "Seal and send my answers");
  await at(survey, "your answers were handed in");
  return survey.locator("dd code").textContent();
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

scenario("the coordinator closes the survey on the page for reports, and everybody who does not exist is counted", async (portal) => {
  const survey = await portal.openRemote();
  await answerUpToSending(survey, {});
  await handIn(survey);
  await portal.page.getByRole("button", { name: "Add 49 synthetic responses" }).click();
  await portal.page.getByText("They have answered.").waitFor();
  const key = join(portal.server.folder, "key.json");
  writeFileSync(key, await (await portal.api("demo/collector.json")).text());

  const report = await openReports(portal);
  await report.getByLabel("Releases and responses", { exact: true }).setInputFiles(key);
  await report.getByRole("heading", { name: "The sum of “class-of-2028”" }).waitFor();
  await report.locator(".collecting").getByRole("checkbox").check();
  await press(report, "Ask for the sum");
  await report.getByRole("status").filter({ hasText: "The sum was opened" }).waitFor();
  await report.getByRole("heading", { name: "This report" }).waitFor();
  assert.match(await report.locator(".sources").first().innerText(), /class-of-2028: 50 respondents/);

  // Nobody can answer any more, and nobody can open it again with another key of the leader's.
  const late = await portal.openRemote();
  await answerUpToSending(late, {});
  await press(late, "Seal and send my answers");
  await late.locator(".error-summary:focus", { hasText: "closed" }).waitFor();
}, { mayLog: [/status of 400/] });

operated(
  "60 of 60 invited answer the other survey with their codes, and the release is that of counting in the plain",
  { instrument: "post-program", eligible: 60 },
  async (portal, operators) => {
    await portal.placeRemote(operators);
    await portal.page.locator("#class-survey balint-survey").evaluate((survey) => survey.parentElement.classList.add("place"));
    const drawn = draw("post_6.csv", 60, 7);
    const people = drawn.lines.map((line) => ticks(drawn.header, line));
    for (const [i, person] of people.entries()) {
      const attributes = { ...operators.attributes, code: operators.codes[i], "no-preview": "" };
      await portal.page.evaluate(answerAll, { people: [person], attributes });
    }
    const released = run("collect", "--key", join(operators.folder, "collector.json"), "--close-now");
    assert.equal(released, plainRelease(portal, "group", drawn, operators.task));
  },
);

scenario("what leaves a device has the same length whatever is answered, and nothing else in common", async (portal) => {
  const sent = [];
  portal.page.on("request", (request) => request.method() === "PUT" && sent.push(request.postDataBuffer()));
  for (const answers of [{}, { about: ["Fourth", "Male", "> 35"], experiences: ">8", talking: ["0", "Fear of ridicule or negative reaction", "Burnout"], words: "canary" }]) {
    const survey = await portal.openRemote();
    await answerUpToSending(survey, answers);
    await handIn(survey);
  }
  const [first, second] = sent;
  assert.equal(sent.length, 2);
  assert.equal(first.length, second.length);
  // Report id, time, and the lengths and key numbers between the ciphertexts are headers; the time is the day.
  assert.ok(first.subarray(16, 24).equals(second.subarray(16, 24)), "the day is all that the time tells");
  assert.equal(first.readBigUInt64BE(16) % 86_400n, 0n);
  const body = (bytes) => bytes.subarray(28);
  const same = body(first).reduce((count, byte, i) => count + (byte === body(second)[i] ? 1 : 0), 0);
  const expected = body(first).length / 256;
  assert.ok(same < expected + 6 * Math.sqrt(expected) + 2 * 9, `${same} bytes in common; ${expected.toFixed(1)} by chance, and 18 headers`);
  let longest = 0;
  for (let i = 0, run = 0; i < first.length - 28; i++) {
    run = body(first)[i] === body(second)[i] ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  assert.ok(longest <= 9, `${longest} bytes in a row`);
  assert.doesNotMatch(Buffer.concat(sent).toString("latin1"), /canary/);
  const events = JSON.stringify(await portal.events());
  assert.doesNotMatch(events, /canary/);
});

scenario("the events of a remote survey say what leaves, sealed, and that it arrived", async (portal) => {
  const survey = await portal.openRemote();
  let body;
  portal.page.on("request", (request) => (body = request.method() === "PUT" ? request.postDataBuffer() : body));
  await answerUpToSending(survey, {});
  await handIn(survey);
  await press(survey, "See how you compare");
  await at(survey, "You and the study");
  await press(survey, "Finish and erase my answers");
  await at(survey, "Thank you");
  const told = (await portal.events()).map(({ name, detail }) => [name, detail]);
  const progress = (part) => ["survey-progress", { part, parts: 3 }];
  const { collection, leader, task_id } = portal.task;
  const submit = { collection, endpoint: `${leader.url}tasks/${task_id}/reports`, body: body.toString("base64url") };
  assert.deepEqual(told.sort(), [
    progress(1), progress(2), progress(3),
    ["survey-complete", {}],
    ["survey-submit", submit],
    ["survey-submitted", { collection, status: 201 }],
  ].sort());
});

scenario("a page that forbids the submission keeps everything on the device", async (portal) => {
  const survey = await portal.openRemote();
  await survey.evaluate((element) => element.addEventListener("survey-submit", (event) => event.preventDefault()));
  await answerUpToSending(survey, {});
  await press(survey, "Seal and send my answers");
  await survey.locator(".error-summary:focus", { hasText: "did not let it be sent" }).waitFor();
  assert.deepEqual(portal.log.puts(), []);
  await press(survey, "Give up and erase my answers");
  await at(survey, "Thank you");
  await survey.getByText("They were not handed in.").waitFor();
});

operated(
  "a code that is mistyped, unknown or used is named, and the right one is taken with the same sealed shares",
  { instrument: "stress-experience", eligible: 60, invited: 51 },
  async (portal, operators) => {
    const survey = await portal.placeRemote(operators);
    const ids = [];
    portal.page.on("request", (request) => request.method() === "PUT" && ids.push(request.postDataBuffer().toString("hex", 0, 16)));
    await press(survey, "Start");
    await survey.locator(".error-summary:focus", { hasText: "Enter the code from your invitation" }).waitFor();
    const code = survey.getByLabel("Your invitation code");
    const [own, other] = operators.codes;
    const slip = own.replace(/^./, (letter) => (letter === "7" ? "8" : "7"));
    await code.fill(slip);
    await press(survey, "Start");
    await survey.locator(".error-summary:focus", { hasText: "not as in the invitation" }).waitFor();
    await survey.getByRole("link", { name: /not as in the invitation/ }).click();
    assert.ok(await code.evaluate((field) => field.getRootNode().activeElement === field), "the link leads to the field");
    // As somebody might type it.
    await code.fill(own.toLowerCase().replaceAll("-", " ").replaceAll("0", "o").replaceAll("1", "l"));
    await answerUpToSending(survey, {});
    await handIn(survey);

    // A link that lost its last letter: the field is there, and says what is wrong.
    const clipped = await portal.placeRemote(operators, { code: own.slice(0, -1) });
    await press(clipped, "Start");
    await clipped.locator(".error-summary:focus", { hasText: "found 19 letters and digits" }).waitFor();
    assert.equal(await clipped.getByLabel("Your invitation code").inputValue(), own.slice(0, -1));

    const second = await portal.placeRemote(operators, { code: own });
    await answerUpToSending(second, {});
    await press(second, "Seal and send my answers");
    await second.locator(".error-summary:focus", { hasText: "used" }).waitFor();
    await second.getByLabel("Your invitation code").fill(other);
    await press(second, "Try again");
    await at(second, "your answers were handed in");
    assert.equal(ids.length, 3);
    assert.notEqual(ids[0], ids[1]);
    assert.equal(ids[1], ids[2], "the shares keep their number: the same answers are never split twice");
  },
  { mayLog: [/Failed to load resource.*400/] },
);

operated(
  "while an operator is away the answers wait, and are sent when it is back; an invitation's link brings its code",
  { instrument: "stress-experience", eligible: 60, invited: 51 },
  async (portal, operators) => {
    let isAway = true;
    await portal.page.route(`${operators.origins[1]}/**`, (route) => (isAway ? route.abort() : route.continue()));
    portal.operators = operators.origins;
    await portal.page.route("**/task.json", (route) => route.fulfill({ body: operators.text }));
    await portal.page.goto(`${portal.server.url}#code=${operators.codes[0]}`);
    const before = portal.page.locator("#class-survey balint-survey");
    await before.evaluate((before, attributes) => {
      const element = document.createElement("balint-survey");
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
      before.replaceWith(element);
    }, operators.attributes);
    const survey = portal.page.locator("#class-survey balint-survey");
    await survey.getByLabel("Your invitation code").waitFor();
    assert.equal(await survey.getByLabel("Your invitation code").inputValue(), operators.codes[0]);
    assert.doesNotMatch(await portal.page.evaluate(() => location.href), /code/, "the code is taken out of the address");
    await answerUpToSending(survey, {});
    await press(survey, "Seal and send my answers");
    await survey.locator(".error-summary:focus", { hasText: "Students’ Union cannot be reached" }).waitFor();
    assert.deepEqual(portal.log.puts(), []);
    isAway = false;
    await press(survey, "Try again");
    await at(survey, "your answers were handed in");
  },
  { mayLog: [/Failed to load resource/] },
);

operated(
  "a task that is not the one that the page names is refused in the widget",
  { instrument: "stress-experience", eligible: 60, credentials: "none" },
  async (portal, operators) => {
    const refuse = async (attributes, words) => {
      const survey = await portal.placeRemote(operators, attributes);
      await survey.getByRole("alert").filter({ hasText: words }).waitFor();
    };
    await refuse({ "task-hash": "0".repeat(64) }, "expected 0000");
    await refuse({ policy: "published" }, 'attribute policy: found "published"; expected "standard"');
    await refuse({ task: "" }, "attribute task: not there");
    await refuse({ task: "/nothing.json" }, "/nothing.json cannot be read (404)");
    const survey = await portal.placeRemote(operators);
    await survey.getByRole("button", { name: "Start" }).waitFor();
  },
  { mayLog: [/404/] },
);

scenario("a portal that signs and whose answer is lost is asked to sign the same again", async (portal) => {
  const survey = await portal.openRemote();
  const asked = [];
  await portal.page.route("**/api/demo/tokens", async (route) => {
    asked.push(route.request().postData());
    const response = await route.fetch();
    return asked.length === 1 ? route.abort() : route.fulfill({ response });
  });
  await answerUpToSending(survey, {});
  await press(survey, "Seal and send my answers");
  await survey.locator(".error-summary:focus", { hasText: "the portal does not let you take part" }).waitFor();
  await press(survey, "Try again");
  await at(survey, "your answers were handed in");
  assert.equal(asked.length, 2);
  assert.equal(asked[0], asked[1]);
}, { mayLog: [/Failed to load resource/] });

scenario("an answer of something between the page and the operator is no refusal", async (portal) => {
  const survey = await portal.openRemote();
  const sent = [];
  await portal.page.route("**/reports", async (route) => {
    sent.push(route.request().postDataBuffer().toString("hex"));
    const response = await route.fetch();
    return sent.length === 1 ? route.fulfill({ status: 502 }) : route.fulfill({ response });
  });
  await answerUpToSending(survey, {});
  await press(survey, "Seal and send my answers");
  await survey.locator(".error-summary:focus").waitFor();
  await survey.getByText("They may have arrived all the same.").waitFor();
  await press(survey, "Try again");
  await at(survey, "your answers were handed in");
  assert.equal(sent[0], sent[1], "the same bytes");
}, { mayLog: [/status of 502/] });

scenario("a survey in person or in a group loads nothing of the remote one", async (portal) => {
  await portal.open();
  const group = await portal.place(smallGroup);
  await group.getByRole("button", { name: "Open the collection" }).waitFor();
  await portal.page.waitForLoadState("networkidle");
  const names = portal.log.requests.map((request) => new URL(request.url()).pathname);
  assert.deepEqual(names.filter((name) => /remote|tokens|collect|demo/.test(name)), []);
});

operated(
  "a report of ours is made at least five times faster than one of @divviup/dap, which our operators take as well",
  { instrument: "stress-experience", eligible: 60, credentials: "none" },
  async (portal, operators) => {
    const survey = await portal.placeRemote(operators);
    await survey.getByRole("button", { name: "Start" }).waitFor();
    const browserBuild = new URL("node_modules/@divviup/dap/dist/browser.js", import.meta.url);
    await portal.page.evaluate(readFileSync(browserBuild, "utf8"));
    const { task_id: id, leader, helper, vdaf } = operators.task;
    const theirs = await portal.page.evaluate(
      async ({ id, leader, helper, vdaf }) => {
        const { length, bits, chunk_length: chunkLength } = vdaf;
        const task = new divviup.dap.Task({ type: "sumVec", id, leader, helper, timePrecisionSeconds: 86_400, bits, length, chunkLength });
        for (let i = 0; i < 10; i++) await task.sendMeasurement(Array.from({ length }, (_, j) => (i + j) % 2));
        return performance.getEntriesByType("resource").length;
      },
      { id, leader: leader.url, helper: helper.url, vdaf },
    );
    assert.ok(theirs > 0);
    const theirTimes = await sealingTimes(portal);
    await portal.page.evaluate(() => performance.clearResourceTimings());
    const person = ticks(...Object.values(draw("stress_46.csv", 1, 1)).flat());
    await portal.page.evaluate(() => document.querySelector("#class-survey balint-survey").parentElement.classList.add("place"));
    await portal.page.evaluate(answerAll, { people: Array(10).fill(person), attributes: operators.attributes });
    const ourTimes = await sealingTimes(portal);
    const [ours, others] = [median(ourTimes), median(theirTimes)];
    console.log(`a report: ${ours.toFixed(1)} ms, with @divviup/dap ${others.toFixed(1)} ms (${(others / ours).toFixed(1)} times)`);
    assert.equal(ourTimes.length, 10);
    assert.equal(theirTimes.length, 10);
    assert.ok(others / ours >= 5, `${(others / ours).toFixed(1)} times`);
  },
);

/** Returns the milliseconds between the operators' last key and the beginning of each upload. */
function sealingTimes(portal) {
  return portal.page.evaluate(() => {
    const entries = performance.getEntriesByType("resource").filter(({ name }) => /hpke_config|reports/.test(name));
    entries.sort((a, b) => a.startTime - b.startTime);
    let ready = 0;
    const times = [];
    for (const entry of entries) {
      if (/hpke_config/.test(entry.name)) ready = entry.responseEnd;
      else times.push(entry.startTime - ready);
    }
    return times;
  });
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

scenario(
  "sending can be stopped at any time, and the next try sends the same bytes",
  async (portal) => {
    const survey = await portal.openRemote();
    const { page } = portal;
    await answerClassSurvey(survey);
    await at(survey, "Check your answers");
    const hang = () => {};
    await page.route("**/hpke_config*", hang);
    await press(survey, "Seal and send my answers");
    await survey.getByText("Asking both operators for their keys …").first().waitFor();
    await press(survey, "Stop sending");
    const summary = survey.locator(".error-summary:focus");
    await summary.getByText("You have stopped it.").waitFor();
    await survey.getByText("Nothing was sent. Your answers are still on this page.").waitFor();
    await page.unroute("**/hpke_config*", hang);

    const bodies = [];
    const note = (route) => bodies.push(route.request().postDataBuffer().toString("base64"));
    await page.route("**/reports", note);
    await press(survey, "Try again");
    await survey.getByText("Sending the sealed shares …").first().waitFor();
    await press(survey, "Stop sending");
    await summary.getByText("The connection was lost before an answer came.").waitFor();
    await survey.getByText("Trying again sends the very same sealed shares, and they count once.").waitFor();
    await page.unroute("**/reports", note);
    await page.route("**/reports", (route) => {
      note(route);
      return route.continue();
    });
    await press(survey, "Try again");
    await at(survey, "your answers were handed in");
    assert.equal(bodies.length, 2);
    assert.equal(new Set(bodies).size, 1);
  },
  { mayLog: [/net::ERR_(FAILED|ABORTED)/] },
);
