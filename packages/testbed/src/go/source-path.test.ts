import { expect, test } from "vitest";
import { goVersionProblem } from "./source-path.ts";

test("a go that can fetch the toolchain it needs will do, an older one is told apart from none", () => {
  expect(goVersionProblem("go1.26.8")).toBeNull();
  expect(goVersionProblem("go1.21")).toBeNull();
  expect(goVersionProblem("go1.20.14")).toContain("older than go1.21");
  expect(goVersionProblem("")).toContain("no version");
});
