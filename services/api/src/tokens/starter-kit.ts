import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import type { CreateTokenInput } from "@itsy/contract";
import { DomainError, bootstrapActor as operator } from "@itsy/core";
import { z } from "zod";

import type { Domain } from "../domain.ts";
import type { UseCases } from "../trpc/app-router.ts";

/** What a new installation needs to be tried: a workspace, a cluster that may act for it, and a token for each part. */
const StarterKit = z.object({
  workspace: z.string().nullable(),
  cluster: z.string().nullable(),
  tokens: z.object({
    operator: z.string(),
    admin: z.string().optional(),
    verifier: z.string().optional(),
    reconciler: z.string().optional(),
  }),
});
type StarterKit = z.infer<typeof StarterKit>;

export interface StarterKitOptions {
  readonly workspace: string | undefined;
  readonly cluster: string | undefined;
  /** Written with mode 0600; never overwritten. */
  readonly file: string;
}

type Deps = Pick<UseCases, "workspaces" | "clusters" | "tokens"> & { readonly findToken: Domain["findToken"] };

const unlessThere = async (creation: Promise<unknown>): Promise<void> => {
  try {
    await creation;
  } catch (error) {
    if (!(error instanceof DomainError && error.code === "ALREADY_EXISTS")) throw error;
  }
};

const readKit = (file: string): StarterKit | null => {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const kit = StarterKit.safeParse(text === "" ? null : JSON.parse(text));
  if (!kit.success) throw new Error(`the file ${file} is there, and was not written by bootstrap`);
  return kit.data;
};

const assertKnown = async ({ findToken }: Deps, kit: StarterKit, file: string): Promise<void> => {
  try {
    for (const token of Object.values(kit.tokens)) if (token !== undefined) await findToken(token);
  } catch (cause) {
    if (!(cause instanceof DomainError)) throw cause;
    throw new Error(`the file ${file} has a token that this database does not accept; remove the file`, { cause });
  }
};

const makeKit = async (deps: Deps, { workspace, cluster }: StarterKitOptions): Promise<StarterKit> => {
  const { workspaces, clusters, tokens } = deps;
  if (workspace !== undefined) await unlessThere(workspaces.create(operator, { slug: workspace, name: workspace }));
  if (cluster !== undefined) await unlessThere(clusters.create(operator, { slug: cluster }));
  if (workspace !== undefined && cluster !== undefined) await clusters.allow(operator, { cluster, workspace });
  const issue = async (input: CreateTokenInput) => (await tokens.create(operator, input)).secret;
  const common = { name: "bootstrap", expiresAt: null };
  return {
    workspace: workspace ?? null,
    cluster: cluster ?? null,
    tokens: {
      operator: await issue({ role: "operator", ...common }),
      ...(workspace !== undefined && {
        admin: await issue({ role: "admin", workspace, ...common }),
        verifier: await issue({ role: "verifier", workspace, ...common }),
      }),
      ...(cluster !== undefined && { reconciler: await issue({ role: "reconciler", cluster, ...common }) }),
    },
  };
};

/** Makes what is missing and writes the file, or finds that all is there. `true` when it wrote. */
export const provideStarterKit = async (deps: Deps, options: StarterKitOptions): Promise<boolean> => {
  const found = readKit(options.file);
  if (found !== null) {
    await assertKnown(deps, found, options.file);
    return false;
  }
  // Before any token is issued that could then not be written.
  mkdirSync(dirname(options.file), { recursive: true, mode: 0o700 });
  const kit = await makeKit(deps, options);
  writeFileSync(options.file, `${JSON.stringify(kit, null, 2)}\n`, { mode: 0o600, flag: "wx", flush: true });
  return true;
};
