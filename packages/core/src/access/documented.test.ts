import { readFileSync } from "node:fs";

import { isErrorCode, procedurePaths } from "@itsy/contract";
import { expect, test } from "vitest";

import { accessTable } from "./table.ts";

const page = readFileSync(new URL("../../../../docs/procedures.md", import.meta.url), "utf8");

test("the page of procedures has a row for each, with who may call it", () => {
  const rows = [...page.matchAll(/^\| `(\w+\.\w+)` \| ([a-z, ]+) \|/gm)].map(([, path, roles]) => [
    path,
    roles?.split(", "),
  ]);
  expect(rows).toHaveLength(procedurePaths.length);
  expect(Object.fromEntries(rows)).toEqual(accessTable);
});

test("what it says a call is refused with are codes", () => {
  const codes = [...page.matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(20);
  expect(codes.filter((code) => !isErrorCode(code))).toEqual([]);
});
