import type { DeliverySettings, Everywhere } from "@itsy/contract";

import { candidatesOf, withView } from "../observe.ts";
import { namespaceOf, type Observed, targetNameOf, uidOf } from "../observed.ts";
import { overlapMs } from "../rotation/expiry.ts";
import { settingsOf } from "../settings.ts";
import { type Act, type ActDeps, type LookAgain, lookAgain } from "./context.ts";

/**
 * What is said where the service could not prove that every replica follows yet. Nothing else is done about it: what was
 * changed is committed, and each replica follows at the latest when its lease ends.
 */
const untilProven = ({ effectiveEverywhere, reason }: Everywhere): string =>
  effectiveEverywhere ? "" : `; not proven on every replica yet (${reason}), they follow within their lease`;

/** Tells the service that the value is where workloads read it: from now on the one before is on its way out. */
export const confirm: Act<"confirm"> = async (deps, { observed, action, signal }) => {
  const { delivery, effects, record } = deps;
  const { revision, sha256, isFirst } = action;
  const input = {
    ownerUid: uidOf(observed),
    revision,
    secretSha256: sha256(),
    overlapMs: overlapMs(observed),
    candidates: candidatesOf(observed),
  };
  const result = await effects.run("confirm", () => delivery.confirm(input, { signal }));
  if (result.outcome === "refused") return lookAgain();
  const until = result.retiringUntil === null ? "" : `; the one before works until ${result.retiringUntil}`;
  record(observed.apiKey, {
    type: "Normal",
    reason: isFirst ? "Created" : "Rotated",
    action: "Deliver",
    note: `Revision ${revision} of key ${result.keyId} is in Secret "${targetNameOf(observed)}"${until}${untilProven(result)}.`,
  });
  return withView(observed, result.view);
};

const configured = async (
  { delivery, effects }: Pick<ActDeps, "delivery" | "effects">,
  { observed, settings, signal }: { observed: Observed; settings: DeliverySettings; signal: AbortSignal },
): Promise<Observed | LookAgain> => {
  const { key } = observed.view;
  if (key === null) return lookAgain();
  const { name } = observed.apiKey.metadata;
  const owner = { uid: uidOf(observed), namespace: namespaceOf(observed), name };
  const { status } = await effects.run("configure", () => delivery.configure({ owner, settings }, { signal }));
  return { ...observed, view: { ...observed.view, key: { ...key, status, settings } } };
};

/** Brings the key's settings to those of the manifest. */
export const configure: Act<"configure"> = (deps, { observed, signal }) =>
  configured(deps, { observed, settings: settingsOf(observed), signal });

/** As far towards those as takes something away from the key. */
export const restrict: Act<"restrict"> = (deps, { observed, action: { settings }, signal }) =>
  configured(deps, { observed, settings, signal });

/** Ends the key, or leaves it to people, as the manifest says. */
export const release: Act<"release"> = async ({ delivery, effects, record }, { observed, signal }) => {
  const policy = observed.spec.deletionPolicy === "Retain" ? "retain" : "revoke";
  const input = { ownerUid: uidOf(observed), policy } as const;
  const result = await effects.run("release", () => delivery.release(input, { signal }));
  if (result.keyId !== null) {
    const what = policy === "revoke" ? "is revoked" : "goes on working and is managed by people from now on";
    const note = `Key ${result.keyId} ${what}${untilProven(result)}.`;
    record(observed.apiKey, { type: "Normal", reason: "Released", action: "Release", note });
  }
  return { ...observed, view: { ...observed.view, released: true } };
};
