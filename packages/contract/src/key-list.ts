import { z } from "zod";

import { Environment } from "./environment.ts";
import { KeyStatus, KeyView } from "./keys.ts";
import { PageLimit, Slug } from "./primitives.ts";

const filters = {
  project: Slug.optional(),
  environment: Environment.optional(),
  /** As it is at the moment of the question. */
  status: KeyStatus.optional(),
  /** Whether an `ApiKey` resource owns the key. */
  managed: z.boolean().optional(),
  /** How the name begins; or a whole display prefix (`itsy_production_sk_ab1Z`), of which more may be pasted. */
  search: z
    .string()
    .min(1)
    .max(100)
    .regex(/^[^\s\p{Cc}][^\p{Cc}]*$/u, "must be one line that does not begin with a space")
    .optional(),
};

/** What comes first of equals follows the order in which the keys were made. */
export const KeySort = z.enum(["created", "name", "lastUsed", "expires"]);
export type KeySort = z.infer<typeof KeySort>;

export const ListKeysInput = z.strictObject({
  ...filters,
  /** Left out: `name` where names are searched, which knows no other; `created` otherwise. */
  sort: KeySort.optional(),
  /** Left out: newest and last used first, names and expiries ascending. "Never" is before every instant. */
  order: z.enum(["asc", "desc"]).optional(),
  limit: PageLimit,
  /** `nextCursor` of the page before; it holds for the same sort and order only. */
  cursor: z
    .string()
    .max(1000)
    .regex(/^[A-Za-z0-9_-]+$/, "must be the nextCursor of a page")
    .optional(),
});
export type ListKeysInput = z.infer<typeof ListKeysInput>;

export const KeyPage = z.object({ keys: z.array(KeyView), nextCursor: z.string().nullable() });
export type KeyPage = z.infer<typeof KeyPage>;

const { status: _, ...countFilters } = filters;
export const CountKeysInput = z.strictObject(countFilters);
export type CountKeysInput = z.infer<typeof CountKeysInput>;

/** How many keys there are of each status, and in all. Exact, but for a search that finds more than 1,000 keys. */
export const KeyCounts = z.object({
  active: z.int(),
  paused: z.int(),
  expired: z.int(),
  revoked: z.int(),
  total: z.int(),
  /** There are more than were counted: each number is a lower bound. */
  capped: z.boolean(),
});
export type KeyCounts = z.infer<typeof KeyCounts>;
