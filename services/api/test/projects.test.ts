import { describe, expect, test } from "vitest";

import { codeOf } from "./api/code-of.ts";
import { startTestApi } from "./api/start-test-api.ts";
import { databaseKinds } from "./database/fresh-database.ts";

describe.each(databaseKinds)("a project on %s", (kind) => {
  test("is renamed for people and keeps its slug; the audit tells both names", async () => {
    await using api = await startTestApi({ kind });
    const { keys, projects, audit } = api.client((await api.tenant("acme")).tokens.admin);
    const made = await projects.create({ slug: "shop", name: "Shop" });
    await keys.create({ project: "shop", name: "a", environment: "local" });
    expect(await projects.update({ project: "shop", name: "Käse 🧀" })).toEqual({ ...made, name: "Käse 🧀" });
    expect((await projects.list({})).projects).toContainEqual({ ...made, name: "Käse 🧀" });
    expect((await keys.list({ project: "shop" })).keys).toHaveLength(1);
    const { entries } = await audit.list({ targetId: made.id, action: "projects.update" });
    expect(entries.map(({ before, after }) => [before, after])).toEqual([[{ name: "Shop" }, { name: "Käse 🧀" }]]);
    await projects.update({ project: "shop", name: "Käse 🧀" });
    expect((await audit.list({ targetId: made.id, action: "projects.update" })).entries).toHaveLength(1);
  });

  test("is deleted when it has no keys, and only then; the default one never", async () => {
    await using api = await startTestApi({ kind });
    const { keys, projects } = api.client((await api.tenant("acme")).tokens.admin);
    await projects.create({ slug: "shop", name: "Shop" });
    const { key } = await keys.create({ project: "shop", name: "a", environment: "local" });
    expect(await codeOf(projects.delete({ project: "shop" }))).toBe("CONFLICT");
    await keys.revoke({ keyId: key.id });
    expect(await codeOf(projects.delete({ project: "shop" }))).toBe("CONFLICT");
    await keys.delete({ keyId: key.id, confirmName: "a" });
    expect(await projects.delete({ project: "shop" })).toEqual({ deleted: true });
    expect(await codeOf(keys.create({ project: "shop", name: "a", environment: "local" }))).toBe("NOT_FOUND");
    expect(await codeOf(projects.delete({ project: "shop" }))).toBe("NOT_FOUND");
    expect(await codeOf(projects.delete({ project: "default" }))).toBe("CONFLICT");
    expect(await codeOf(projects.create({ slug: "shop", name: "Again" }))).toBe("no error");
  });

  test("renamed by several at once, has in its audit only names that it had, each after the one before", async () => {
    await using api = await startTestApi({ kind });
    const { projects, audit } = api.client((await api.tenant("acme")).tokens.admin);
    const { id } = await projects.create({ slug: "shop", name: "shop" });
    // Some differ in case only, which MySQL's comparison of names does not see.
    const names = ["Shop", "SHOP", "shOP", "a", "b", "c"];
    await Promise.all(names.map((name) => projects.update({ project: "shop", name })));
    const { entries } = await audit.list({ targetId: id, action: "projects.update" });
    const changes = entries.toReversed().map(({ before, after }) => [before?.["name"], after?.["name"]]);
    expect(changes).toHaveLength(names.length);
    expect(new Set(changes.map(([, after]) => after))).toEqual(new Set(names));
    expect(changes.map(([before]) => before)).toEqual(["shop", ...changes.slice(0, -1).map(([, after]) => after)]);
    const shown = (await projects.list({})).projects.find(({ slug }) => slug === "shop");
    expect(shown?.name).toBe(changes.at(-1)?.[1]);
  });

  test("deleted by several at once, is deleted by one, and the others find no project", async () => {
    await using api = await startTestApi({ kind });
    const { projects, audit } = api.client((await api.tenant("acme")).tokens.admin);
    for (let round = 0; round < 5; round++) {
      const project = `shop-${round}`;
      const { id } = await projects.create({ slug: project, name: "Shop" });
      const codes = await Promise.all(Array.from({ length: 4 }, () => codeOf(projects.delete({ project }))));
      const refused = codes.filter((code) => code !== "no error");
      expect(refused).toEqual(["NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]);
      expect((await audit.list({ targetId: id, action: "projects.delete" })).entries).toHaveLength(1);
    }
  });

  test("that gets a key while it is deleted has it, or is gone: whoever is late is told which", async () => {
    await using api = await startTestApi({ kind });
    const { keys, projects } = api.client((await api.tenant("acme")).tokens.admin);
    for (let round = 0; round < 15; round++) {
      const project = `shop-${round}`;
      await projects.create({ slug: project, name: "Shop" });
      const [created, deleted] = await Promise.all([
        codeOf(keys.create({ project, name: "a", environment: "local" })),
        codeOf(projects.delete({ project })),
      ]);
      expect([
        ["no error", "CONFLICT"],
        ["NOT_FOUND", "no error"],
      ]).toContainEqual([created, deleted]);
    }
  });
});
