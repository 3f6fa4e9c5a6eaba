import { readFileSync, unlinkSync, writeFileSync } from "node:fs";

import { bootstrapActor, type DomainDeps, DuplicateRow, type IdKind, issueToken } from "@itsy/core";

/** One fixed id: of several replicas that start at once on a new database, the unique key lets one issue the token. */
const FIRST_TOKEN_ID = `tok_${"0".repeat(26)}`;

export interface FirstTokenOptions {
  /** Where the token goes (mode 0600). A file with a token that is there already becomes the first token. */
  readonly file: string | undefined;
  /** Where the token goes without a file: shown this once. */
  readonly print: (line: string) => void;
}

/** Stores the token unless there is one already. Whether it was stored. */
const claim = async (deps: DomainDeps, text: string): Promise<boolean> => {
  const { database, ...rest } = deps;
  const fixed = {
    ...rest,
    ids: { next: (kind: IdKind) => (kind === "tok" ? FIRST_TOKEN_ID : rest.ids.next(kind)) },
    format: { ...deps.format, generateToken: () => text },
  };
  const place = { workspaceId: null, clusterId: null };
  const input = { role: "operator", name: "first operator", expiresAt: null } as const;
  try {
    return await database.transaction(async (stores) => {
      if (!(await stores.tokens.isEmpty())) return false;
      await issueToken(fixed, stores, { actor: bootstrapActor, place, input });
      return true;
    });
  } catch (error) {
    if (error instanceof DuplicateRow) return false;
    throw error;
  }
};

const adopt = (deps: DomainDeps, file: string): string => {
  const text = readFileSync(file, "utf8").trim();
  if (!deps.format.parseToken(text).ok) throw new Error(`the file ${file} is there, and holds no management token`);
  return text;
};

/** The token is in the file before it is in the database: a crash in between leaves a file that the next start adopts. */
const claimInFile = async (deps: DomainDeps, file: string): Promise<boolean> => {
  const text = deps.format.generateToken({ randomBytes: deps.random });
  try {
    writeFileSync(file, `${text}\n`, { mode: 0o600, flag: "wx", flush: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return claim(deps, adopt(deps, file));
  }
  const claimed = await claim(deps, text);
  if (!claimed) unlinkSync(file);
  return claimed;
};

/** On a database without any token, issues the first: an operator's. Whether it did. */
export const provideFirstToken = async (deps: DomainDeps, { file, print }: FirstTokenOptions): Promise<boolean> => {
  if (!(await deps.database.read.tokens.isEmpty())) return false;
  if (file !== undefined) return claimInFile(deps, file);
  const text = deps.format.generateToken({ randomBytes: deps.random });
  const claimed = await claim(deps, text);
  if (claimed) print(`The first operator token, shown this once: ${text}`);
  return claimed;
};
