import type { CountKeysInput, ListKeysInput } from "@itsy/contract";

import { prefixOf } from "./seed.ts";

export interface ListQuery {
  /** Which filters it has: what is measured together. */
  readonly group: string;
  readonly input: Omit<ListKeysInput, "cursor">;
  /** Whether it begins somewhere in the list, and not at its beginning. */
  readonly isDeep: boolean;
}

const statuses = [undefined, "active", "paused", "expired", "revoked"] as const;
const sorts = ["created", "name", "lastUsed", "expires"] as const;
const orders = ["asc", "desc"] as const;

type Filters = Pick<ListKeysInput, "project" | "environment" | "status" | "managed" | "search">;

const filters: readonly Filters[] = [undefined, "default"].flatMap((project) =>
  [undefined, "preview" as const].flatMap((environment) =>
    statuses.flatMap((status) =>
      [undefined, true, false].map((managed) => ({ project, environment, status, managed })),
    ),
  ),
);

/** One that finds nearly all keys, one a tenth of them, one a few; and a display prefix. */
const searches = ["n1", "n15", "n15432", prefixOf(50)];

const groupOf = ({ project, environment, status, managed, search }: Filters): string => {
  const named = { project, environment, status, managed };
  const names = Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const searched = search === undefined ? [] : [search.startsWith("itsy") ? "display prefix" : "name begins"];
  // With a search, the other filters are too many rows for a table.
  if (searched.length > 0) return `${searched.join()}${names.length > 0 ? " + any filters" : ""}`;
  return names.join(" + ") || "no filter";
};

const defined = <Value extends object>(value: Value): Value =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Value;

/** Every combination that the contract offers, with each kind of value of a filter. */
export const listQueries: readonly ListQuery[] = [undefined, ...searches].flatMap((search) =>
  filters.flatMap((each) => {
    const chosen = { ...each, search };
    const sorted = search === undefined || search.startsWith("itsy") ? sorts : (["name"] as const);
    return sorted.flatMap((sort) =>
      orders.flatMap((order) =>
        [false, true].map((isDeep) => ({
          group: groupOf(chosen),
          input: { ...defined(chosen), sort, order, limit: 50 },
          isDeep,
        })),
      ),
    );
  }),
);

export interface CountQuery {
  readonly group: string;
  readonly input: CountKeysInput;
}

/** Every combination of filters of a count. */
export const countQueries: readonly CountQuery[] = [undefined, ...searches].flatMap((search) =>
  filters
    .filter(({ status }) => status === undefined)
    .map(({ project, environment, managed }) => ({
      group: search === undefined ? "count" : "count of a search",
      input: defined({ project, environment, managed, search }),
    })),
);
