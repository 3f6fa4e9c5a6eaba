import fc from "fast-check";
import { expect } from "vitest";

import { SOME_PROJECT } from "./model.ts";
import { codeOf, command, named, type Step } from "./steps.ts";

const create =
  (slug: string, name: string): Step =>
  async (model, { admin }) => {
    const expected = slug === "default" || model.projects.has(slug) ? "ALREADY_EXISTS" : null;
    expect(await codeOf(admin.projects.create({ slug, name }))).toBe(expected);
    if (expected === null) model.projects.set(slug, name);
  };

const rename =
  (slug: string, name: string): Step =>
  async (model, { admin }) => {
    const expected = model.projects.has(slug) ? null : "NOT_FOUND";
    expect(await codeOf(admin.projects.update({ project: slug, name }))).toBe(expected);
    if (expected === null) model.projects.set(slug, name);
  };

/** As long as a key is in it, if only a revoked one, it stays; `default` always does. */
const remove =
  (slug: string): Step =>
  async (model, { admin }) => {
    const hasKeys = model.keys.some(({ project, deleted }) => project === slug && !deleted);
    const isThere = slug === "default" || model.projects.has(slug);
    const expected = !isThere ? "NOT_FOUND" : slug === "default" || hasKeys ? "CONFLICT" : null;
    expect(await codeOf(admin.projects.delete({ project: slug }))).toBe(expected);
    if (expected === null) model.projects.delete(slug);
  };

const slug = fc.constantFrom(SOME_PROJECT, "p1");
const name = fc.constantFrom("One", "Zwei 🧀");

export const projectCommands = [
  fc
    .tuple(slug, name)
    .map(([project, called]) => command(named("createProject", project, called), create(project, called))),
  fc
    .tuple(slug, name)
    .map(([project, called]) => command(named("renameProject", project, called), rename(project, called))),
  fc
    .constantFrom(SOME_PROJECT, "p1", "default")
    .map((project) => command(named("deleteProject", project), remove(project))),
];
