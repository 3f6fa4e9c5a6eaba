import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";

import { Slug } from "@itsy/contract";
import { createSecretFormat } from "@itsy/key-format";
import { monotonicMs, systemClock } from "./adapters/clock.ts";
import { openDomain } from "./domain.ts";
import { parseSettings } from "./env.ts";
import { exitWith } from "./exit.ts";
import { createLogger } from "./logger.ts";
import { provideFirstToken } from "./tokens/first-token.ts";
import { provideStarterKit } from "./tokens/starter-kit.ts";

const USAGE = `Prepares an installation. Takes the settings of the service (DATABASE_URL, PEPPERS, …) from the environment.

  bootstrap
      On a database without tokens: issues the first operator token, and prints it once
      (or writes it to BOOTSTRAP_TOKEN_FILE).

  bootstrap --file FILE [--workspace SLUG] [--cluster SLUG]
      Makes the workspace and the cluster (which may act for the workspace) unless they are there, issues a token for
      each role that a start needs, and writes them to FILE (JSON, mode 0600). A FILE that is there stays as it is.
`;

const print = (line: string) => void process.stdout.write(`${line}\n`);

const slug = (name: string, value: string | undefined): string | undefined => {
  if (value === undefined || Slug.safeParse(value).success) return value;
  throw new UsageError(`--${name} must be a DNS label: lower-case letters, digits and inner hyphens`);
};

const run = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      file: { type: "string" },
      workspace: { type: "string" },
      cluster: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return print(USAGE);
  const workspace = slug("workspace", values.workspace);
  const cluster = slug("cluster", values.cluster);
  if (values.file === undefined && (workspace ?? cluster) !== undefined) throw new UsageError("--file is missing");

  const settings = parseSettings();
  const logger = createLogger({ level: "silent", format: createSecretFormat({ brand: settings.brand }) });
  const nature = { clock: systemClock, monotonicMs, random: randomBytes };
  await using domain = await openDomain(settings, nature, { logger, isReplica: false });
  if (values.file === undefined) {
    const issued = await provideFirstToken(domain.deps, { file: settings.bootstrapTokenFile, print });
    return issued ? undefined : print("There are tokens already; use --file to issue others.");
  }
  const wrote = await provideStarterKit(
    { ...domain.useCases, findToken: domain.findToken },
    { ...values, workspace, cluster, file: values.file },
  );
  print(wrote ? `Wrote ${values.file}.` : `${values.file} is there already, and its tokens work.`);
};

class UsageError extends Error {}

run().catch((error: unknown) => {
  if (!(error instanceof UsageError)) exitWith(error);
  process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
  process.exit(2);
});
