import type { ConfigMap, Stored } from "../src/index.ts";

let made = 0;

/** A ConfigMap as the server would return it. */
export const aConfigMap = (
  given: {
    name?: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    labels?: Record<string, string>;
  } = {},
): Stored<ConfigMap> => {
  made += 1;
  const {
    name = `map-${made}`,
    namespace = "default",
    uid = `uid-${made}`,
    resourceVersion = String(made),
    labels,
  } = given;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name,
      namespace,
      uid,
      resourceVersion,
      creationTimestamp: "2026-11-22T10:00:00Z",
      ...(labels === undefined ? {} : { labels }),
    },
  };
};
