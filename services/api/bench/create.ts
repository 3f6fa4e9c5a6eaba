// The use-case keys.create against its own statements, sent by the driver alone, on one MySQL server.
import { startMysql } from "@itsy/testbed";

import { roundOf } from "./callers.ts";
import { compare, isShort } from "./compare.ts";
import { keyInput, openInProcess } from "./in-process.ts";
import { openRawCreate } from "./raw-create.ts";

const load = { callers: 8, durationMs: isShort ? 300 : 4000 };

await using server = await startMysql();
await using database = await server.createDatabase();
await using service = await openInProcess({ DATABASE_URL: database.url });
const { keys } = service.domain.useCases;
await using raw = await openRawCreate(database.url, load.callers);

await compare({
  baseline: { name: "the same statements, mysql2 alone", round: roundOf(load, raw.create) },
  subject: {
    name: "use-case keys.create",
    round: roundOf(load, () => keys.create(service.admin, { ...keyInput, requestsPerMinute: 60 })),
  },
  rounds: isShort ? 1 : 7,
  aim: 0.5,
});
