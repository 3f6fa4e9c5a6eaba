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
