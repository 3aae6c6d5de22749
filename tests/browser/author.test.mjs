// The form of an instrument: what `www/instrument.schema.json` refuses, the parser refuses, and the other way round.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as author from "../../www/pkg/balint_author.js";
import { instrument } from "./lib.mjs";
import { published } from "./schema.mjs";

author.initSync({ module: readFileSync(new URL("../../www/pkg/balint_author_bg.wasm", import.meta.url)) });

// The parts of a condition need not repeat what the whole says of types and of required fields.
const { validate } = published("instrument.schema.json", { strictTypes: false, strictRequired: false });
const example = JSON.parse(readFileSync(new URL("../../www/example-survey.json", import.meta.url), "utf8"));
const documents = { example, "the class survey": instrument("stress-experience"), "the follow-up survey": instrument("post-program") };

/** Returns what the parser says of a value. */
function problems(value) {
  const { problems } = JSON.parse(author.check(new TextEncoder().encode(JSON.stringify(value))));
  return problems.map(({ message }) => message);
}

/** What only a program can check: ids, references, sums, the order of values and what scales hold for an item. */
const beyond = [
  /is there twice/,
  /there is no (item|category|scale|correlation|answer) /,
  /no item uses scale/,
  /looks at .*; expected an item of an earlier section/,
  /nobody who answered is asked/,
  /does not fit; expected/,
  /two columns of a CSV file/,
  /the values of the scale go up and down/,
  /category .* has no value/,
  /everything is in one group/,
  /leaves out category/,
  /x and y are/,
  /has the same value for everybody/,
  /levels; expected at most/,
  /are more than|above (its|the) base/,
  /mean is another number; expected one|mean has no effect here/,
  // What a scale brings into an item.
  /which this kind of item cannot have|has no effect here|categories that are answers|no categories|\d+ categories; expected/,
];

/** Whether the schema could have refused what the parser refuses. */
const isExpressible = (message) => !beyond.some((pattern) => pattern.test(message));

test("the schema describes all three instruments, and the parser takes them", () => {
  for (const [name, document] of Object.entries(documents)) {
    assert.deepEqual(validate(document), [], name);
    assert.deepEqual(problems(document), [], name);
  }
});

test("the schema and the parser refuse the same mutations, but for what a schema cannot say", () => {
  const counts = { mutations: 0, both: 0, neither: 0, parser: 0 };
  for (const [name, document] of Object.entries(documents)) {
    for (const [path, parent, key] of places(document)) {
      const before = parent[key];
      const compare = (change) => {
        counts.mutations++;
        const [bySchema, byParser] = [validate(document), problems(document)];
        const words = `${name}, ${path}: ${change}\nschema: ${bySchema}\nparser: ${byParser}`;
        if (bySchema.length > 0) assert.notDeepEqual(byParser, [], words);
        else assert.deepEqual(byParser.filter(isExpressible), [], words);
        counts[bySchema.length > 0 ? "both" : byParser.length > 0 ? "parser" : "neither"]++;
      };
      if (Array.isArray(parent)) {
        const [taken] = parent.splice(key, 1);
        compare("left out");
        parent.splice(key, 0, taken, taken);
        compare("twice");
        parent.splice(key, 1);
      } else {
        delete parent[key];
        compare("left out");
      }
      for (const other of others(before)) {
        parent[key] = other;
        compare(JSON.stringify(other).slice(0, 40));
      }
      // An object keeps the order of its fields, so that the next mutation is of the same document.
      parent[key] = before;
      if (before && typeof before === "object" && !Array.isArray(before)) {
        before.unknown = 1;
        compare("one field more");
        delete before.unknown;
      }
    }
    assert.deepEqual([validate(document), problems(document)], [[], []], "every mutation was taken back");
  }
  console.log(JSON.stringify(counts));
  assert.ok(counts.mutations > 5000 && counts.both > 3000 && counts.neither > 100, JSON.stringify(counts));
});

test("the schema allows its own address in a document, and the parser passes it over", () => {
  const document = { $schema: "https://school.example/instrument.schema.json", ...example };
  assert.deepEqual([validate(document), problems(document)], [[], []]);
});

test("the codebook is made of a well-formed instrument only", () => {
  const bytes = new TextEncoder().encode(JSON.stringify(example));
  assert.match(author.codebook_html(bytes), /^<!doctype html>/);
  assert.equal(JSON.parse(author.codebook_json(bytes)).instrument, example.id);
  assert.throws(() => author.codebook_html(new TextEncoder().encode("{}")), /instrument: id is not there/);
});

/** Returns every place in a document: its path, what it is in, and under which key. */
function places(value, path = "") {
  if (!value || typeof value !== "object") return [];
  return Object.keys(value).flatMap((key) => [
    [`${path}/${key}`, value, Array.isArray(value) ? Number(key) : key],
    ...places(value[key], `${path}/${key}`),
  ]);
}

/** Returns values that differ from one, some of them of its own kind. */
function others(value) {
  const all = [null, true, false, 0, 1, 2, 101, -1, 1.5, 4294967296, "", " ", "a b", "x".repeat(65), "y".repeat(201), "z".repeat(2001), "a\nb", "de-CH", [], {}, [["x"]]];
  const words = ["single", "likert", "multi", "open", "answer", "declined", "none", "other", "not-applicable", "inferred", "demographic"];
  return [...all, ...(typeof value === "string" ? words : [])].filter((other) => JSON.stringify(other) !== JSON.stringify(value));
}
