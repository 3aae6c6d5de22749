// The JSON of a report: what programs may rely on, as `www/report.schema.json` describes it.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { makeRelease, makeReport, scenario } from "./lib.mjs";
import { schema, validate } from "./schema.mjs";

const folder = mkdtempSync(join(tmpdir(), "balint-schema-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a release of the synthetic responses, and returns where it is. */
function release(responses, policy, collection, ...flags) {
  const path = join(folder, `${collection}.json`);
  writeFileSync(path, makeRelease(responses, policy, collection, ...flags));
  return path;
}

const facts = join(folder, "facts.json");
writeFileSync(
  facts,
  JSON.stringify({
    note: "Synthetic data.",
    opened: "2014-01-13",
    closed: "2014-02-23",
    reminders: 2,
    attendance: [7, 2, 5, 6, 2, 3, 2, 7],
    ethics: "Exempt.",
    consent: "On paper.",
    pilot: "With five students.",
    design: "All students.",
    contact: "By e-mail.",
    announcement: "In class.",
    context: "One school.",
    incentives: "None.",
  }),
);

const eligible = ["--eligible", "290"];
const policies = ["published", "standard", "strict", "small-group"];
const school = Object.fromEntries(
  policies.map((policy) => [policy, release("stress_46.csv", policy, `class-${policy}`, ...eligible)]),
);
const group = Object.fromEntries(
  ["published", "small-group"].map((policy) => [policy, release("post_6.csv", policy, `group-${policy}`)]),
);
const other = {
  class: release("stress_46.csv", "published", "class-other"),
  group: release("post_6.csv", "published", "group-other"),
};

/** What each report is made of: the arguments of `balint-survey report --format json`. */
const reports = {
  ...Object.fromEntries(policies.map((policy) => [`the class survey under ${policy}`, [school[policy]]])),
  "the post-program survey under published": [group.published],
  "the post-program survey under small-group": [group["small-group"]],
  "the class survey beside the study": [school.published, "--compare", "study"],
  "the blurred class survey beside the study": [school.strict, "--compare", "study"],
  "the post-program survey beside the study": [group.published, "--compare", "study"],
  "the blurred post-program survey beside the study": [group["small-group"], "--compare", "study"],
  "two collections side by side": [school.published, "--compare", other.class],
  "a full collection beside a blurred one": [school.published, "--compare", school["small-group"]],
  "two groups side by side": [group.published, "--compare", other.group],
  "two collections merged": [school.published, other.class],
  "a report with the investigators' facts": [school.published, "--fieldwork", facts],
  "everything at once": [group.published, other.group, "--compare", "study", "--fieldwork", facts],
};

for (const [name, flags] of Object.entries(reports)) {
  test(`the schema describes ${name}`, () => {
    const report = JSON.parse(makeReport("json", ...flags));
    assert.deepEqual(validate(report), []);
  });
}

test("the schema refuses a report that lacks anything, has anything more, or has a figure of another kind", () => {
  const flags = [[school.standard, "--compare", "study", "--fieldwork", facts], [group["small-group"]], [group.published]];
  let mutations = 0;
  for (const report of flags.map((flags) => JSON.parse(makeReport("json", ...flags)))) {
    for (const [path, parent, key] of places(report)) {
      const before = parent[key];
      const refused = (change) => {
        mutations++;
        assert.notDeepEqual(validate(report), [], `${path}: ${change}`);
      };
      delete parent[key];
      refused("removed");
      // Neither is a value that any property has.
      for (const wrong of [true, { unknown: 1 }, ...others(before)]) {
        parent[key] = wrong;
        refused(JSON.stringify(wrong));
      }
      parent[key] = before;
      if (before && typeof before === "object" && !Array.isArray(before)) {
        before.unknown = 1;
        refused("one property more");
        delete before.unknown;
      }
    }
    assert.deepEqual(validate(report), [], "every mutation was taken back");
  }
  assert.ok(mutations > 1_000, `${mutations} mutations`);
});

/** Returns every property of an object in the report, once for each kind of object and of value. */
function* places(report) {
  const seen = new Set();
  function* visit(value, path) {
    if (Array.isArray(value)) {
      for (const element of value) yield* visit(element, `${path}[]`);
    } else if (value && typeof value === "object") {
      for (const key of Object.keys(value)) {
        const kind = `${path}.${key}: ${value[key] === null ? "null" : typeof value[key]}`;
        if (!seen.has(kind)) yield [kind, value, key];
        seen.add(kind);
        yield* visit(value[key], `${path}.${key}`);
      }
    }
  }
  yield* visit(report, "report");
}

/** Returns values of other kinds, and numbers out of range, that cannot stand where this one does. */
function others(value) {
  if (typeof value === "number") return ["12 people", String(value), [value]];
  if (typeof value === "string") return [12.5, [value]];
  if (Array.isArray(value)) return [7, "list", [null], [true]];
  return [];
}

test("the schema keeps figures in their range and counts to the forms that are documented", () => {
  const report = JSON.parse(makeReport("json", school.published, "--compare", "study"));
  const check = (isGood, value, parent, key) => {
    const before = parent[key];
    parent[key] = value;
    assert.equal(validate(report).length === 0, isGood, `${key}: ${JSON.stringify(value)}`);
    parent[key] = before;
  };
  const [item] = report.items;
  const [category] = item.categories;
  const [pair] = report.correlations;
  for (const wrong of [-0.1, 100.1, "48"]) check(false, wrong, category, "percent");
  for (const wrong of [-0.01, 1.01]) {
    check(false, wrong, report.response_rate, "value");
    check(false, wrong, pair, "p");
    check(false, wrong, pair, "p_permutation");
    check(false, wrong, report.comparison.tests[0], "p_holm");
  }
  for (const wrong of [-1.01, 1.01]) check(false, wrong, pair, "r");
  for (const wrong of [-1, 1.5, "", "5", "< 5", "<0", "≥ 80%", ">= 91", "5-9", "many", null]) check(false, wrong, category, "count");
  for (const good of [0, 12, "<5", ">41", ">= 80%", ">= 91%", "<= 20%", "between", "5–9", "10 or more", "withheld"]) {
    check(true, good, category, "count");
    check(true, good, report, "respondents");
  }
  check(false, "2014-1-3", report.fieldwork, "opened");
  check(false, "A0".repeat(32), report, "instrument_hash");
});

test("every property of the schema is described and asked for, and no object takes others", () => {
  const visit = (part, path) => {
    if (!part || typeof part !== "object") return;
    if (part.type === "object") {
      assert.equal(part.additionalProperties, false, path);
      assert.deepEqual(part.required, Object.keys(part.properties), path);
      for (const [name, property] of Object.entries(part.properties)) {
        const target = property.$ref ? schema.$defs[property.$ref.split("/").pop()] : property;
        assert.match(property.description ?? target.description ?? "", /^[^ ].*\.$/s, `${path}.${name}`);
      }
    }
    for (const [key, value] of Object.entries(part)) visit(value, `${path}/${key}`);
  };
  visit(schema, "#");
});

scenario("the portal serves the schema as JSON, and its own reports are what it describes", async (portal) => {
  const response = await fetch(new URL("report.schema.json", portal.server.url));
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type"), /^application\/([a-z-]+\+)?json\b/);
  assert.deepEqual(await response.json(), schema);
  const body = readFileSync(school.standard, "utf8");
  assert.equal((await portal.api("releases/class-standard", { method: "PUT", body })).status, 201);
  const report = await (await portal.api("report?instrument=stress-experience")).json();
  assert.deepEqual(validate(report), []);
});
