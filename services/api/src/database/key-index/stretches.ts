import type { ApiKey, KeyFilter, KeyListing } from "@itsy/core";

import { type FacetState, facetNumbers, unmarked } from "./facet.ts";

/** Part of a WHERE clause over the columns of `api_keys`, with its named parameters. */
export interface Condition {
  readonly sql: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** Part of one index, which has it in the order of a list. */
export interface Stretch {
  readonly index: string;
  readonly conditions: readonly Condition[];
}

type Sort = KeyListing["sort"];
type Status = NonNullable<KeyFilter["status"]>;

const NOT_EXPIRED = "(expires_at IS NULL OR expires_at > :at)";

/** The status that `keyStatus` derives, as conditions over the same facts at `:at`. */
export const statusSql: Readonly<Record<Status, string>> = Object.freeze({
  revoked: "revoked_at IS NOT NULL",
  expired: "revoked_at IS NULL AND expires_at <= :at",
  paused: `revoked_at IS NULL AND ${NOT_EXPIRED} AND paused_at IS NOT NULL`,
  active: `revoked_at IS NULL AND ${NOT_EXPIRED} AND paused_at IS NULL`,
});

/** Whether an `ApiKey` owns the key of the row. */
export const OWNED =
  "EXISTS (SELECT 1 FROM bindings WHERE bindings.key_id = api_keys.id AND bindings.released_at IS NULL)";

const suffixes = { created: "", name: "_name", lastUsed: "_used", expires: "_expires" } as const satisfies Record<
  Sort,
  string
>;

/** Display prefixes are drawn at random: so few keys share one that whatever else is asked is looked up row by row. */
const byDisplayPrefix = (filter: KeyFilter, displayPrefix: string): Stretch => {
  const { workspaceId, projectId, environment, status, managed, at } = filter;
  const conditions: Condition[] = [
    { sql: "workspace_id = :workspaceId", parameters: { workspaceId } },
    // The index finds it, on some databases whatever the case; the bytes decide.
    { sql: "display_prefix = :displayPrefix", parameters: { displayPrefix } },
    { sql: "HEX(display_prefix) = HEX(:displayPrefix)" },
  ];
  if (projectId !== undefined) conditions.push({ sql: "project_id = :projectId", parameters: { projectId } });
  if (environment !== undefined) conditions.push({ sql: "environment = :environment", parameters: { environment } });
  if (status !== undefined) conditions.push({ sql: statusSql[status], parameters: { at: at.getTime() } });
  if (managed !== undefined) conditions.push({ sql: managed ? OWNED : `NOT ${OWNED}` });
  return { index: "api_keys_workspace_prefix", conditions };
};

/** A project belongs to one workspace, and was looked up in it; whoever reads the rows binds them to it again. */
const groupOf = ({ workspaceId, projectId }: KeyFilter): Stretch =>
  projectId === undefined
    ? {
        index: "api_keys_workspace_facet",
        conditions: [{ sql: "workspace_id = :workspaceId", parameters: { workspaceId } }],
      }
    : {
        index: "api_keys_project_facet",
        conditions: [{ sql: "project_id = :projectId", parameters: { projectId } }],
      };

const statesOf: Readonly<Record<Status, FacetState>> = Object.freeze({
  active: "live",
  paused: "paused",
  expired: "expired",
  revoked: "revoked",
});

/** What the facts say beyond the facet: it may be late. */
const factsBeside = ({ status, at }: KeyFilter): readonly Condition[] => {
  if (status === undefined || status === "revoked") return [];
  const sql = status === "expired" ? "expires_at <= :at" : NOT_EXPIRED;
  return [{ sql, parameters: { at: at.getTime() } }];
};

const byFacet = (filter: KeyFilter, sort: Sort): readonly Stretch[] => {
  const { environment, status, managed } = filter;
  const group = groupOf(filter);
  const states = status === undefined ? undefined : [statesOf[status]];
  const stretch = (facet: number, suffix: string): Stretch => ({
    index: `${group.index}${suffix}`,
    conditions: [...group.conditions, { sql: `facet = ${facet}` }, ...factsBeside(filter)],
  });
  const marked = facetNumbers({ environment, managed, states }).map((facet) => stretch(facet, suffixes[sort]));
  if (status !== "expired") return marked;
  // Few, so that their order costs nothing: what expired since the job was here.
  const late = facetNumbers({ environment, managed, states: unmarked });
  return [...marked, ...late.map((facet) => stretch(facet, suffixes.expires))];
};

/**
 * Which parts of which indexes hold the keys of a list, each of them once, and nothing that is not of the list but what
 * the facet is late for: so that a page costs the same however many keys there are.
 * @param filter without a name's beginning
 */
export const stretchesOf = (filter: KeyFilter, sort: Sort): readonly Stretch[] => {
  const { workspaceId, projectId, environment, status, managed, displayPrefix } = filter;
  if (displayPrefix !== undefined) return [byDisplayPrefix(filter, displayPrefix)];
  if ([projectId, environment, status, managed].some((choice) => choice !== undefined)) return byFacet(filter, sort);
  const conditions = [{ sql: "workspace_id = :workspaceId", parameters: { workspaceId } }];
  return [{ index: `api_keys_workspace${suffixes[sort]}`, conditions }];
};

export const sortColumns = {
  created: "id",
  name: "name",
  lastUsed: "last_used_at",
  expires: "expires_at",
} as const satisfies Record<Sort, string>;

export type StoredKey = ApiKey & { readonly facet: number };
