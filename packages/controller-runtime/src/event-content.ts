import { createHash } from "node:crypto";

import type { KubeObject } from "./kube-object.ts";
import { microTime } from "./lease-record.ts";
import type { Event } from "./resources.ts";

export interface EventNote {
  readonly type: "Normal" | "Warning";
  /** Why, for machines: UpperCamelCase, at most 128 characters. */
  readonly reason: string;
  /** What the controller did or tried: UpperCamelCase, at most 128 characters. */
  readonly action: string;
  /** For people; cut at 1,024 bytes. Never a secret. */
  readonly note: string;
}

const noteBytesMax = 1_024;

const cut = (note: string): string => {
  const bytes = Buffer.from(note, "utf8");
  if (bytes.length <= noteBytesMax) return note;
  // A cut inside a character leaves a replacement character at the end.
  const whole = bytes
    .subarray(0, noteBytesMax - 3)
    .toString("utf8")
    .replace(/\ufffd$/, "");
  return `${whole}…`;
};

/** A hash, as the whole would be the largest part of what is kept of an event. */
export const eventKeyOf = ({ metadata, kind }: KubeObject, { type, reason, action, note }: EventNote): string => {
  const whole = [metadata.uid ?? [kind, metadata.namespace, metadata.name], type, reason, action, note];
  return createHash("sha256").update(JSON.stringify(whole)).digest("base64url").slice(0, 24);
};

/** What an event says of its object; the rest need not stay in memory for it. */
export const withoutContent = ({ apiVersion, kind, metadata }: KubeObject): KubeObject => {
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kind === undefined ? {} : { kind }),
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
  };
};

/** A name for an Event about the object; `random` in [0, 1). */
export const newEventName = ({ metadata }: KubeObject, random: number): string => {
  const suffix = Math.floor(random * 2 ** 52)
    .toString(16)
    .padStart(13, "0");
  return `${metadata.name.slice(0, 230).replace(/[.-]+$/, "")}.${suffix}`;
};

/** What is said of an object, and how often. */
export interface Told {
  readonly object: KubeObject;
  readonly event: EventNote;
  readonly count: number;
  readonly firstAtMs: number;
  readonly lastAt: Date;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ */
export const eventOf = (
  { object, event, lastAt, count, firstAtMs }: Told,
  name: string,
  reporting: { component: string; instance: string },
): Event => {
  const { metadata, ...kind } = withoutContent(object);
  return {
    metadata: { name, namespace: metadata.namespace ?? "default" },
    eventTime: microTime(new Date(firstAtMs)),
    reportingController: reporting.component,
    reportingInstance: reporting.instance.slice(0, 128),
    ...event,
    note: cut(event.note),
    regarding: { ...kind, ...metadata },
    ...(count > 1 ? { series: { count, lastObservedTime: microTime(lastAt) } } : {}),
  };
};
