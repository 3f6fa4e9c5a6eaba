import { createClient } from "@itsy/client";
import { waitUntil } from "@itsy/testbed";
import { expect, test } from "vitest";

import { spawnProgram } from "./api/spawn.ts";
import { freshDatabase } from "./database/fresh-database.ts";

test("whoever revokes hears, with the client's defaults, that a killed replica may have a grace left", async () => {
  await using fresh = await freshDatabase("mysql");
  const env = {
    DATABASE_URL: fresh.url,
    PEPPERS: `1:${Buffer.alloc(32, 1).toString("base64")}`,
    VERIFY_GRACE_MS: "60000",
  };
  await using stays = spawnProgram("main", { env });
  const url = await stays.listening();
  const operator = createClient({ url, token: /itsy_mt_\w+/.exec(stays.stdout())?.[0] ?? "" });
  await operator.workspaces.create({ slug: "acme", name: "Acme" });
  const { secret } = await operator.tokens.create({ role: "admin", workspace: "acme", name: "a" });
  const admin = createClient({ url, token: secret });
  const { key } = await admin.keys.create({ name: "a", environment: "production" });

  await using dies = spawnProgram("main", { env });
  const other = await dies.listening();
  await waitUntil(async () => /"lease":"held"/.test(await (await fetch(`${other}/readyz`)).text()), {
    what: "it has its lease",
  });
  dies.signal("SIGKILL");
  await dies.ended;
  expect(await admin.keys.revoke({ keyId: key.id })).toMatchObject({
    effectiveEverywhere: false,
    reason: "LEASE_NOT_OVER",
  });
});
