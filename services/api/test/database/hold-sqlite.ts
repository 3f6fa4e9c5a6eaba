import { parseDatabaseUrl } from "../../src/database/database-url.ts";
import { openDatabase } from "../../src/database/open-database.ts";

/** A process that opens the database it is given, says so on standard output, and stays. */
const opened = await openDatabase(parseDatabaseUrl(process.argv[2] ?? ""));
await opened.database.transaction(({ workspaces }) =>
  workspaces.insert({ id: "ws_held", slug: "held", name: "Held", createdAt: new Date(0) }),
);
process.stdout.write("open\n");
setInterval(() => undefined, 60_000);
