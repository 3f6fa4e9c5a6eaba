import type { Finding } from "../plan/finding.ts";
import type { ApiKeyCondition } from "../schema/status.ts";
import type { Warning } from "../warning.ts";

export interface ConditionContext {
  readonly existing: readonly ApiKeyCondition[];
  readonly generation: number;
  readonly now: Date;
}

type Draft = Pick<ApiKeyCondition, "type" | "status" | "reason" | "message">;

const OWN_TYPES: ReadonlySet<string> = new Set(["Ready", "Reconciling", "Stalled"]);
const WARNING = "Warning";
const MESSAGE_LENGTH_MAX = 4096;
// metav1.Time has whole seconds.
const timeOf = (now: Date): string => `${now.toISOString().slice(0, 19)}Z`;

const isTrue = (condition: ApiKeyCondition | undefined): condition is ApiKeyCondition => condition?.status === "True";

const dated = (draft: Draft, { existing, generation, now }: ConditionContext): ApiKeyCondition => {
  const before = existing.find(({ type }) => type === draft.type);
  const isSame = before?.status === draft.status;
  return {
    ...draft,
    message: draft.message.slice(0, MESSAGE_LENGTH_MAX),
    observedGeneration: generation,
    lastTransitionTime: isSame ? before.lastTransitionTime : timeOf(now),
  };
};

/**
 * Ready, Reconciling and Stalled as kstatus reads them, and whatever else is there. A Ready that nobody could check stays what it was, with the
 * generation that it was said of.
 */
export const conditionsOf = (finding: Finding, context: ConditionContext): readonly ApiKeyCondition[] => {
  const { reason, message, ready, progress } = finding;
  const before = context.existing.find(({ type }) => type === "Ready");
  const readyNow: ApiKeyCondition =
    ready === "unchanged" && isTrue(before)
      ? before
      : dated({ type: "Ready", status: ready === true ? "True" : "False", reason, message }, context);
  const progressNow = (type: string, isNow: boolean): ApiKeyCondition =>
    dated({ type, status: isNow ? "True" : "False", reason, message: isNow ? message : "" }, context);
  return [
    readyNow,
    progressNow("Reconciling", progress === "reconciling"),
    progressNow("Stalled", progress === "stalled"),
    // Other people's conditions, those of a newer version of ours, and a warning that nobody looked into.
    ...context.existing.filter(({ type }) => !OWN_TYPES.has(type)),
  ];
};

/** With the condition Warning where there are any, and without it where there are none. */
export const withWarnings = (
  conditions: readonly ApiKeyCondition[],
  warnings: readonly Warning[],
  context: ConditionContext,
): readonly ApiKeyCondition[] => {
  const others = conditions.filter(({ type }) => type !== WARNING);
  const [first] = warnings;
  if (first === undefined) return others;
  const message = warnings.map((warning) => warning.message).join("\n");
  return [...others, dated({ type: WARNING, status: "True", reason: first.reason, message }, context)];
};

/** Those that the condition Warning does not speak of yet. */
export const newWarnings = (warnings: readonly Warning[], existing: readonly ApiKeyCondition[]): readonly Warning[] => {
  const said = existing.find(({ type }) => type === WARNING)?.message ?? "";
  return warnings.filter(({ message }) => !said.includes(message));
};

/** Whether the finding is news: nothing of that reason was said before. */
export const isNews = ({ reason }: Finding, existing: readonly ApiKeyCondition[]): boolean =>
  !existing.some((condition) => condition.reason === reason);
