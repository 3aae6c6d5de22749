// The schemas that are published, and strict checks against them.

import { readFileSync } from "node:fs";

import Ajv from "ajv/dist/2020.js";

/** Returns a published schema, and a check that returns what is wrong with a value: nothing, if the schema describes it. */
export function published(name, options = {}) {
  const schema = JSON.parse(readFileSync(new URL(`../../www/${name}`, import.meta.url), "utf8"));
  // Strict also about the schema itself: an unknown keyword or a misplaced one is an error.
  const check = new Ajv({ strict: true, allowUnionTypes: true, ...options }).compile(schema);
  const validate = (value) => (check(value) ? [] : check.errors.map(({ instancePath, message }) => `${instancePath} ${message}`));
  return { schema, validate };
}

/** What `www/report.schema.json` says of a report's JSON. */
export const { schema, validate } = published("report.schema.json");
