import type { RegisterInput, Verification } from "@itsy/contract";
import { displayPrefix, generateSecret, secretSha256Hex } from "@itsy/key-format";
import type { z } from "zod";

import type { DatabaseKind } from "../database/fresh-database.ts";
import { startTestApi } from "./start-test-api.ts";

const MINUTE_MS = 60_000;

export const settings = { name: "checkout", requestsPerMinute: 60, expiresAt: null, paused: false };

export const aSecret = () => {
  const text = generateSecret({ environment: "production" });
  return { text, sha256: secretSha256Hex(text) };
};
type Secret = ReturnType<typeof aSecret>;

/** A cluster that delivers one `ApiKey` of a workspace. */
export const startDelivery = async (kind: DatabaseKind) => {
  const api = await startTestApi({ kind });
  const { tokens } = await api.tenant("acme");
  const { delivery } = api.client(await api.cluster("local", ["acme"]));
  const owner = { uid: "5f0c0d9e-6c7a-4d38-9c0e-000000000001", namespace: "shop", name: "checkout" };
  const register = (secret: Secret, revision: number, more: Partial<z.input<typeof RegisterInput>> = {}) =>
    delivery.register({
      owner,
      workspace: "acme",
      project: "default",
      environment: "production",
      revision,
      secretSha256: secret.sha256,
      displayPrefix: displayPrefix(secret.text),
      settings,
      deliverWithinMs: MINUTE_MS,
      ...more,
    });
  const confirm = (secret: Secret, revision: number, overlapMs = 0) =>
    delivery.confirm({
      ownerUid: owner.uid,
      revision,
      secretSha256: secret.sha256,
      overlapMs,
      candidates: [secret.sha256],
    });
  const verdict = async ({ text }: Secret) => {
    const verification = (await (await api.verify(tokens.verifier, { secret: text })).json()) as Verification;
    return verification.valid ? "VALID" : verification.code;
  };
  return {
    api,
    admin: api.client(tokens.admin),
    delivery,
    owner,
    register,
    confirm,
    observe: (...candidates: Secret[]) =>
      delivery.observe({ ownerUid: owner.uid, candidates: candidates.map(({ sha256 }) => sha256) }),
    verdict,
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
};
