import { parseDatabaseUrl } from "../../src/database/database-url.ts";
import { openDatabase } from "../../src/database/open-database.ts";
import { createRows } from "./rows.ts";

/** A process that opens the database it is given, says so on standard output, and stays. */
const opened = await openDatabase(parseDatabaseUrl(process.argv[2] ?? ""));
await opened.database.transaction(({ workspaces }) =>
  workspaces.insert(createRows().workspace({ id: "ws_held", name: "Held" })),
);
process.stdout.write("open\n");
setInterval(() => undefined, 60_000);
