import { annotations, managedByLabel } from "../names.ts";
import type { Observed, TargetSecret } from "../observed.ts";
import { encode, type SecretValue } from "../secret-value.ts";
import { PREVIOUS_SUFFIX, render } from "../template.ts";

type Texts = Readonly<Record<string, string>>;

/** Everything of a target Secret that is ours. */
export interface TargetContent {
  readonly labels: Texts;
  readonly annotations: Texts;
  /** Base64 by key. */
  readonly data: Texts;
}

/** What is written, and what is said of it. */
export interface PublishedValue {
  readonly value: SecretValue;
  /** The value before, where it is to stay readable. */
  readonly previous: SecretValue | null;
  readonly revision: number;
  readonly keyId: string;
  /** The rotate request that the value answers. */
  readonly rotateHandled: string | null;
}

const mapValues = (texts: Texts, to: (text: string) => string): Texts =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, to(text)]));

/** The content that the manifest asks for, with this value. */
export const contentOf = ({ spec }: Pick<Observed, "spec">, published: PublishedValue): TargetContent => {
  const { secret, environment, workspace, project } = spec;
  const { value, previous, revision, keyId, rotateHandled } = published;
  const displayPrefix = value.displayPrefix ?? "";
  const facts = { keyId, displayPrefix, revision: String(revision), environment, workspace, project };
  const fill = (text: string) => encode(render(text, { ...facts, secret: value.reveal() }));
  return {
    labels: { ...secret.labels, ...managedByLabel },
    annotations: {
      ...secret.annotations,
      [annotations.revision]: String(revision),
      [annotations.keyId]: keyId,
      [annotations.displayPrefix]: displayPrefix,
      [annotations.dataKey]: secret.key,
      ...(rotateHandled === null ? {} : { [annotations.rotateHandled]: rotateHandled }),
    },
    data: {
      ...mapValues(secret.template ?? {}, fill),
      [secret.key]: encode(value.reveal()),
      ...(previous === null ? {} : { [secret.key + PREVIOUS_SUFFIX]: encode(previous.reveal()) }),
    },
  };
};

type Change = Readonly<Record<string, string | null>>;

/** What has to change so that everything wanted is there, and of what is ours nothing else; `null` where nothing has. */
const changeOf = (has: Texts, wanted: Texts, ours: readonly string[]): Change | null => {
  const changed = Object.entries(wanted).filter(([key, text]) => has[key] !== text);
  const left = ours.filter((key) => key in has && !(key in wanted)).map((key) => [key, null] as const);
  return changed.length + left.length === 0 ? null : Object.fromEntries([...changed, ...left]);
};

export interface ContentChange {
  readonly labels?: Change;
  readonly annotations?: Change;
  readonly data?: Change;
}

/**
 * What a merge patch has to say so that the Secret has the content. What other people added stays: ours is what our
 * field manager wrote (the API server keeps book on that) and where the value lies.
 */
export const contentChange = (target: TargetSecret, wanted: TargetContent): ContentChange | null => {
  const { ours, dataKey, value } = target;
  const held = value === null ? [] : [dataKey, dataKey + PREVIOUS_SUFFIX];
  const labels = changeOf(target.labels, wanted.labels, ours.labels);
  const marks = changeOf(target.annotations, wanted.annotations, ours.annotations);
  const data = changeOf(target.data(), wanted.data, [...ours.data, ...held]);
  if (labels === null && marks === null && data === null) return null;
  return { ...(labels && { labels }), ...(marks && { annotations: marks }), ...(data && { data }) };
};
