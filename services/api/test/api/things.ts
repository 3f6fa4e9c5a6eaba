import { displayPrefix, generateSecret, secretSha256Hex } from "@itsy/key-format";

import type { Things } from "./samples.ts";
import type { Tenant, TestApi } from "./start-test-api.ts";

/** A workspace, its cluster, and who may do what there. */
export interface Place {
  readonly tenant: Tenant;
  readonly cluster: string;
  readonly reconcilerToken: string;
}

export const makePlace = async (api: TestApi, workspace: string): Promise<Place> => {
  const tenant = await api.tenant(workspace);
  const cluster = `${workspace}-cluster`;
  return { tenant, cluster, reconcilerToken: await api.cluster(cluster, [workspace]) };
};

/** New things of a place: a key with its secret, a token, and a registered delivery. */
export const makeThings = async (api: TestApi, { tenant, cluster, reconcilerToken }: Place): Promise<Things> => {
  const { keys, tokens, projects } = api.client(tenant.tokens.admin);
  const { key, secret } = await keys.create({ name: `of ${tenant.slug}`, environment: "production" });
  const { token } = await tokens.create({ role: "viewer", name: `of ${tenant.slug}` });
  const { slug: project } = await projects.create({ slug: `empty-${crypto.randomUUID()}`, name: "Empty" });
  // Some test may have withdrawn it.
  await api.client(api.operatorToken).clusters.allow({ cluster, workspace: tenant.slug });
  const delivered = generateSecret({ environment: "production" });
  const ownerUid = crypto.randomUUID();
  const secretSha256 = secretSha256Hex(delivered);
  await api.client(reconcilerToken).delivery.register({
    owner: { uid: ownerUid, namespace: "shop", name: tenant.slug },
    workspace: tenant.slug,
    project: "default",
    environment: "production",
    revision: 1,
    secretSha256,
    displayPrefix: displayPrefix(delivered),
    settings: { name: `of ${tenant.slug}`, requestsPerMinute: 60, expiresAt: null, paused: false },
    deliverWithinMs: 60_000,
  });
  return { workspace: tenant.slug, project, cluster, keyId: key.id, tokenId: token.id, ownerUid, secretSha256, secret };
};

/** Well-formed names of things that do not exist. */
export const unknownThings = (): Things => {
  const secret = generateSecret({ environment: "production" });
  return {
    workspace: "nowhere",
    project: "no-project",
    cluster: "nowhere-cluster",
    keyId: `key_${"z".repeat(26)}`,
    tokenId: `tok_${"z".repeat(26)}`,
    ownerUid: crypto.randomUUID(),
    secretSha256: secretSha256Hex(generateSecret({ environment: "production" })),
    secret,
  };
};
