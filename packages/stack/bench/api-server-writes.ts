import { request } from "node:https";
import type { ControlPlane } from "@itsy/testbed";

/** What a reconciler writes; the API server and leader election write other things. */
const resources = new Set(["apikeys", "secrets", "events"]);
const verbs = new Set(["POST", "PUT", "PATCH", "APPLY", "DELETE"]);

const readMetrics = ({ server, caPem: ca, certPem: cert, keyPem: key }: ControlPlane): Promise<string> =>
  new Promise((resolve, reject) => {
    const asked = request(`${server}/metrics`, { ca, cert, key }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
      response.on("error", reject);
    });
    asked.on("error", reject);
    asked.end();
  });

const labelOf = (line: string, name: string): string => new RegExp(`[{,]${name}="([^"]*)"`).exec(line)?.[1] ?? "";

/** Requests that wrote ApiKeys, Secrets and Events since the API server started, as it counts them itself. */
export const countWrites = async (controlPlane: ControlPlane): Promise<number> => {
  const metrics = await readMetrics(controlPlane);
  return metrics
    .split("\n")
    .filter((line) => line.startsWith("apiserver_request_total{"))
    .filter((line) => resources.has(labelOf(line, "resource")) && verbs.has(labelOf(line, "verb")))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
};
