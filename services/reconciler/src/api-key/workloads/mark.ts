import { createHash } from "node:crypto";

import { GROUP } from "../../group.ts";
import type { Observed } from "../observed.ts";

const NAME_LENGTH_MAX = 63;
const HASH_LENGTH = 8;

/** The part of an annotation's name after the "/" holds 63 characters; an ApiKey's name may be longer. */
const shortened = (name: string): string => {
  if (name.length <= NAME_LENGTH_MAX) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, HASH_LENGTH);
  return `${name.slice(0, NAME_LENGTH_MAX - HASH_LENGTH - 1).replace(/[^a-z0-9]+$/, "")}-${hash}`;
};

/** An annotation of each ApiKey's own, so that two of them can ask the same workload. */
export const markName = (what: "restart" | "propagate", { apiKey }: Pick<Observed, "apiKey">): string =>
  `${what}.${GROUP}/${shortened(apiKey.metadata.name)}`;

/** Which version a workload was asked to follow; another key of the same name is another one. */
export const markValue = ({ view: { key } }: Pick<Observed, "view">): string => `${key?.keyId}/${key?.revision}`;
