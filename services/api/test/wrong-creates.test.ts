import { CreateKeyInput } from "@itsy/contract";
import type { Database } from "@itsy/core";
import { createFakeClock } from "@itsy/testing";
import { expect, test } from "vitest";

import { openFreshDatabase } from "./database/fresh-database.ts";
import { keyUseCases } from "./database/key-use-cases.ts";
import { createRows } from "./database/rows.ts";
import { storeTenant } from "./database/tenant.ts";

test("a create that is wrong by itself shares no transaction with others, who would have to run again", async () => {
  await using opened = await openFreshDatabase("sqlite");
  const { database } = opened;
  const clock = createFakeClock();
  const { workspace, project } = await storeTenant(database, createRows());
  let shared = 0;
  const counting: Database = {
    ...database,
    commitShared: (work) => {
      shared += 1;
      return database.commitShared(work);
    },
  };
  const keys = keyUseCases(counting, clock);
  const actor = { kind: "workspace", tokenId: "t", role: "admin", workspaceId: workspace.id } as const;
  const create = (expiresAt: Date) =>
    keys.create(
      actor,
      CreateKeyInput.parse({
        name: "a",
        environment: "local",
        project: project.slug,
        expiresAt: expiresAt.toISOString(),
      }),
    );
  await expect(create(clock.now())).rejects.toMatchObject({ code: "INVALID_INPUT" });
  expect(shared).toBe(0);
  await create(new Date(clock.now().getTime() + 1));
  expect(shared).toBe(1);
});
