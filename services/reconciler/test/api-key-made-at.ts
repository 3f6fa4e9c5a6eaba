import type { StoredApiKey } from "../src/api-key/resource.ts";

/** An ApiKey of the namespace `shop` that was made in this second: the smaller, the older. */
export const anApiKeyMadeAt = (at: number, change: Partial<StoredApiKey["spec"]> = {}): StoredApiKey => ({
  apiVersion: "keys.itsy.dev/v1",
  kind: "ApiKey",
  metadata: {
    name: `key-${at}`,
    namespace: "shop",
    uid: `uid-${at}`,
    resourceVersion: "1",
    creationTimestamp: new Date(at * 1000).toISOString(),
  },
  spec: { workspace: "acme", displayName: "x", environment: "production", ...change },
});
