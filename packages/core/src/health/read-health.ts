import { KeyFinding, type KeyHealth, type KeyHealthInput, type KeyHealthPage } from "@itsy/contract";

import type { WorkspaceActor } from "../access/actor.ts";
import type { DomainDeps } from "../deps.ts";
import { notFound } from "../errors.ts";
import type { ListedKeys } from "../ports.ts";
import { type Examination, examineKeys } from "./examine-keys.ts";

/** Keys in one round of reads. */
const ROUND = 500;
/** Keys that the first page looks at, for its counts. */
const COUNTED_MAX = 10_000;
/** Keys that a later page looks at, where few have what is looked for. */
const CHECKED_MAX = 2000;

interface Walk {
  readonly examination: Examination;
  readonly workspaceId: string;
  readonly after: string | undefined;
  readonly checkedMax: number;
  /** Told of each key, in order; `false`: enough. */
  readonly visit: (health: KeyHealth) => boolean;
}

interface Walked {
  readonly checked: number;
  /** Whether no key is left. */
  readonly complete: boolean;
  readonly lastId: string | undefined;
}

/** From the newest key on, or from the one after a place. */
const walk = async ({ examination, workspaceId, after, checkedMax, visit }: Walk): Promise<Walked> => {
  const { stores, now } = examination;
  let checked = 0;
  let lastId = after;
  while (checked < checkedMax) {
    const limit = Math.min(ROUND, checkedMax - checked);
    const place = lastId === undefined ? undefined : { value: null, id: lastId };
    const listing = { sort: "created", order: "desc", after: place, limit } as const;
    const { keys, next }: ListedKeys = await stores.keys.list({ workspaceId, at: now }, listing);
    for (const health of await examineKeys(examination, keys)) {
      checked += 1;
      lastId = health.keyId;
      if (!visit(health)) return { checked, complete: false, lastId };
    }
    if (next === null) return { checked, complete: true, lastId };
  }
  return { checked, complete: false, lastId };
};

type Page = Pick<KeyHealthPage, "keys" | "nextCursor">;

/** Takes up to so many keys with what is looked for. */
const createPage = ({ finding, limit }: Pick<KeyHealthInput, "finding" | "limit">) => {
  const keys: KeyHealth[] = [];
  return {
    keys,
    isFull: () => keys.length >= limit,
    take: (health: KeyHealth) => {
      const isMeant = finding === undefined ? health.findings.length > 0 : health.findings.includes(finding);
      if (isMeant && keys.length < limit) keys.push(health);
    },
  };
};

const pageAfter = async (
  walking: Omit<Walk, "visit" | "checkedMax">,
  input: Pick<KeyHealthInput, "finding" | "limit">,
): Promise<Page> => {
  const page = createPage(input);
  const visit = (health: KeyHealth) => {
    page.take(health);
    return !page.isFull();
  };
  const { complete, lastId = null } = await walk({ ...walking, checkedMax: CHECKED_MAX, visit });
  return { keys: page.keys, nextCursor: complete ? null : lastId };
};

const firstPage = async (
  walking: Omit<Walk, "visit" | "checkedMax">,
  input: Pick<KeyHealthInput, "finding" | "limit">,
): Promise<KeyHealthPage> => {
  const page = createPage(input);
  const findings = Object.fromEntries(KeyFinding.options.map((finding) => [finding, 0])) as Record<KeyFinding, number>;
  let fullAt: string | null = null;
  const visit = (health: KeyHealth) => {
    for (const finding of health.findings) findings[finding] += 1;
    if (fullAt === null) page.take(health);
    if (fullAt === null && page.isFull()) fullAt = health.keyId;
    return true;
  };
  const { checked, complete, lastId = null } = await walk({ ...walking, checkedMax: COUNTED_MAX, visit });
  const isLast = complete && (fullAt === null || fullAt === lastId);
  return { keys: page.keys, counts: { checked, complete, findings }, nextCursor: isLast ? null : (fullAt ?? lastId) };
};

/**
 * What somebody should look at: in one key, or in the keys of the caller's workspace. The counts of a workspace are of
 * its newest 10,000 keys.
 * @throws DomainError `NOT_FOUND`, also for a key of another workspace.
 */
export const createReadHealth =
  ({ database, clock, peppers }: Pick<DomainDeps, "database" | "clock" | "peppers">) =>
  async ({ workspaceId }: WorkspaceActor, input: KeyHealthInput): Promise<KeyHealthPage> => {
    const { keyId, idleDays, expiresWithinDays, cursor: after } = input;
    const stores = database.read;
    const examination: Examination = {
      stores,
      terms: { idleDays, expiresWithinDays, pepperCurrent: peppers.current },
      now: clock.now(),
    };
    if (keyId === undefined) {
      const walking = { examination, workspaceId, after };
      return after === undefined ? firstPage(walking, input) : { ...(await pageAfter(walking, input)), counts: null };
    }
    const key = await stores.keys.findById(workspaceId, keyId);
    if (key === null) throw notFound("key");
    return { keys: [...(await examineKeys(examination, [key]))], counts: null, nextCursor: null };
  };
