// The schema of a report's JSON, and a strict check against it.

import { readFileSync } from "node:fs";

import Ajv from "ajv/dist/2020.js";

/** What `www/report.schema.json` says. */
export const schema = JSON.parse(readFileSync(new URL("../../www/report.schema.json", import.meta.url), "utf8"));

// Strict also about the schema itself: an unknown keyword or a misplaced one is an error.
const check = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema);

/** Returns what is wrong with a report: nothing, if the schema describes it. */
export function validate(report) {
  return check(report) ? [] : check.errors.map(({ instancePath, message }) => `${instancePath} ${message}`);
}
