import { assertNever } from "../assert-never.ts";
import type { NamespaceSelector } from "./resource.ts";

type Labels = Readonly<Record<string, string>>;
type Term = NonNullable<NamespaceSelector["matchExpressions"]>[number];

const holds = ({ key, operator, values = [] }: Term, labels: Labels): boolean => {
  const value = labels[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return assertNever(operator);
  }
};

/** Kubernetes' own rules of label selectors. */
export const selects = (selector: NamespaceSelector, labels: Labels): boolean =>
  Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
  (selector.matchExpressions ?? []).every((term) => holds(term, labels));
