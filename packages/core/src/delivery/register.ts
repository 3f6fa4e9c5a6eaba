import type { RegisterInput, RegisterOutcome } from "@itsy/contract";

import type { ClusterActor } from "../access/actor.ts";
import { assertNever } from "../assert-never.ts";
import { keyFacts } from "../audit/facts.ts";
import { record } from "../audit/record.ts";
import { recordKey } from "../audit/record-key.ts";
import type { DomainDeps } from "../deps.ts";
import type { ApiKey, Binding, Workspace } from "../entities.ts";
import { DomainError, notFound } from "../errors.ts";
import { insertFirst } from "../insert-first.ts";
import { addMs, newVersion } from "../keys/secret-version.ts";
import type { Stores } from "../ports.ts";
import { requireRoom, requireWithin } from "../tenancy/key-limits.ts";
import { digestsOfSha256 } from "./digests.ts";
import { judgeRegistration } from "./judge-registration.ts";
import { grantedWorkspace, keyOf } from "./managed-key.ts";
import { columnsOf } from "./settings.ts";

const ACTION = "delivery.register";

interface Registering {
  readonly stores: Stores;
  readonly actor: ClusterActor;
  readonly input: RegisterInput;
  readonly now: Date;
}

const assertSamePlace = async ({ stores, input }: Registering, key: ApiKey, workspace: Workspace) => {
  const project = await stores.projects.findBySlug(workspace.id, input.project);
  if (key.workspaceId === workspace.id && key.projectId === project?.id && key.environment === input.environment)
    return;
  throw new DomainError("CONFLICT", "workspace, project and environment of a key never change");
};

/** A key without any confirmed version yet. */
const emptyKey = async (
  deps: DomainDeps,
  { stores, input, now }: Registering,
  workspace: Workspace,
): Promise<ApiKey> => {
  const project = await stores.projects.findBySlug(workspace.id, input.project);
  if (project === null) throw notFound("project");
  return {
    id: deps.ids.next("key"),
    workspaceId: workspace.id,
    projectId: project.id,
    environment: input.environment,
    ...columnsOf(input.settings, null, now),
    revokedAt: null,
    lastUsedAt: null,
    revision: 0,
    latestRevision: input.revision,
    displayPrefix: null,
    owner: null,
    metadata: {},
    createdAt: now,
    updatedAt: now,
    version: 1,
  };
};

const addVersion = async (
  deps: DomainDeps,
  { stores, input, now }: Registering,
  key: ApiKey,
): Promise<RegisterOutcome> => {
  const deliverUntil = addMs(now, input.deliverWithinMs);
  await insertFirst(
    stores.versions.insert(
      newVersion(deps, {
        keyId: key.id,
        revision: input.revision,
        secretSha256: Buffer.from(input.secretSha256, "hex"),
        displayPrefix: input.displayPrefix,
        createdAt: now,
        confirmedAt: null,
        validUntil: deliverUntil,
      }),
    ),
  );
  return { outcome: "registered", keyId: key.id, revision: input.revision, deliverUntil: deliverUntil.toISOString() };
};

const createFor = async (
  deps: DomainDeps,
  registering: Registering,
  binding: Binding | null,
): Promise<RegisterOutcome> => {
  const { stores, actor, input } = registering;
  const workspace = await grantedWorkspace(stores, actor, input.workspace);
  const key = await emptyKey(deps, registering, workspace);
  requireWithin(workspace, key, registering.now);
  const { uid: ownerUid, namespace, name } = input.owner;
  await requireRoom(stores, workspace, async () => {
    const current = await stores.bindings.findByOwner(actor.clusterId, ownerUid);
    return current?.keyId !== binding?.keyId;
  });
  await stores.keys.insert(key);
  if (binding === null) {
    await insertFirst(
      stores.bindings.insert({
        clusterId: actor.clusterId,
        ownerUid,
        namespace,
        name,
        keyId: key.id,
        releasedAt: null,
      }),
    );
  } else {
    await stores.bindings.update(binding, { keyId: key.id, namespace, name });
  }
  const outcome = await addVersion(deps, registering, key);
  await record(
    { ids: deps.ids, stores },
    { actor, action: ACTION, now: registering.now },
    {
      workspaceId: key.workspaceId,
      target: { type: "key", id: key.id },
      before: null,
      after: { ...keyFacts(key), ownerUid, clusterId: actor.clusterId, pendingRevision: input.revision },
    },
  );
  return outcome;
};

/** The entry of a version that was announced, or announced again, for a key that is there. */
const recordPending = (
  deps: DomainDeps,
  { stores, actor, input, now }: Registering,
  { before, after }: { readonly before: ApiKey; readonly after: ApiKey },
) =>
  recordKey(
    { ids: deps.ids, stores },
    { actor, action: ACTION, now },
    {
      before,
      after,
      afterBeside: { pendingRevision: input.revision, deliverUntil: addMs(now, input.deliverWithinMs) },
    },
  );

/**
 * Announces a secret version that is about to be published. It works from now on, so that what a workload can read is
 * valid at that moment; it ends by itself unless it is confirmed within `deliverWithinMs`. Idempotent.
 * @throws DomainError `FORBIDDEN` when the cluster may not act for the workspace, `NOT_FOUND` for an unknown project,
 * `ABOVE_MAXIMUM` and `KEY_LIMIT_REACHED` by the rules of the workspace, `CONFLICT` when the owner's key stands in another workspace, project or environment.
 */
export const createRegister =
  (deps: DomainDeps) =>
  async (actor: ClusterActor, input: RegisterInput): Promise<RegisterOutcome> =>
    deps.database.transaction(async (stores) => {
      const now = deps.clock.now();
      const registering = { stores, actor, input, now };
      const workspace = await grantedWorkspace(stores, actor, input.workspace);
      const binding = await stores.bindings.findByOwner(actor.clusterId, input.owner.uid);
      if (binding !== null && binding.releasedAt !== null) return { outcome: "released" };
      const key = (binding === null ? null : await keyOf(stores, actor, binding))?.key ?? null;
      if (key !== null) await assertSamePlace(registering, key, workspace);
      const known = await stores.versions.findByDigest(digestsOfSha256(deps.peppers, input.secretSha256));
      const valid = key === null ? [] : await stores.versions.listValid([key.id], now);
      const { revision, replaceRevoked } = input;
      const verdict = judgeRegistration({ key, known, valid, revision, replaceRevoked, now });
      if (verdict === "create" || verdict === "replace") return createFor(deps, registering, binding);
      if (key === null) return { outcome: "released" };
      switch (verdict) {
        case "add": {
          // Also the guard: whoever registers or confirms at the same time finds the row changed and looks again.
          const latestRevision = Math.max(key.latestRevision, revision);
          const after = await stores.keys.update(key, { latestRevision, updatedAt: now });
          await recordPending(deps, registering, { before: key, after });
          return addVersion(deps, registering, key);
        }
        case "extend": {
          const deliverUntil = addMs(now, input.deliverWithinMs);
          const after = await stores.keys.update(key, { updatedAt: now });
          await recordPending(deps, registering, { before: key, after });
          if (known !== null) await stores.versions.update(known.id, { validUntil: deliverUntil });
          return { outcome: "registered", keyId: key.id, revision, deliverUntil: deliverUntil.toISOString() };
        }
        case "confirmed":
        case "expired":
          return { outcome: verdict, keyId: key.id, revision };
        case "superseded":
          return { outcome: "superseded", keyId: key.id, revision: key.latestRevision };
        case "revoked":
          return { outcome: "revoked", keyId: key.id };
        default:
          return assertNever(verdict);
      }
    });
