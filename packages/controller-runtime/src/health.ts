import type { IncomingMessage, ServerResponse } from "node:http";

import type { Controller } from "./controller.ts";
import type { ReflectorHealth } from "./reflector.ts";

/** One thing that can be wrong with a process. */
export interface HealthCheck {
  readonly name: string;
  /** What is wrong, for a person; `null` when nothing is. */
  readonly problem: () => string | null;
}

export interface HealthChecks {
  /** For `/healthz`: a problem that only a restart of the process ends. */
  readonly live: readonly HealthCheck[];
  /** For `/readyz`. */
  readonly ready: readonly HealthCheck[];
}

/** Of a reflector, whatever it reflects. */
interface Watched {
  readonly type: { readonly plural: string };
  readonly hasSynced: boolean;
  health(): ReflectorHealth;
}

const seconds = (durationMs: number): string => `${Math.round(durationMs / 1000)} s`;

/** A reconciliation that runs for longer than the bound holds its worker for good: nothing but a restart frees it. */
export const workersMove = (
  controller: Pick<Controller, "name" | "health">,
  { stuckAfterMs }: { readonly stuckAfterMs: number },
): HealthCheck => ({
  name: `controller ${controller.name}`,
  problem: () => {
    const { longestRunningMs } = controller.health();
    return longestRunningMs <= stuckAfterMs
      ? null
      : `a reconciliation has been running for ${seconds(longestRunningMs)}`;
  },
});

/**
 * A reflector hears events, bookmarks or failures; one that had none of these long past its watchdog is stuck. That the
 * API server cannot be reached is heard, and no reason to restart.
 */
export const reflectorHears = (reflector: Pick<Watched, "type" | "health">): HealthCheck => ({
  name: `reflector ${reflector.type.plural}`,
  problem: () => {
    const { silentMs, silentMaxMs } = reflector.health();
    return silentMs <= silentMaxMs ? null : `has heard nothing for ${seconds(silentMs)}`;
  },
});

export const hasSynced = (reflector: Pick<Watched, "type" | "hasSynced">): HealthCheck => ({
  name: `reflector ${reflector.type.plural}`,
  problem: () => (reflector.hasSynced ? null : "has no complete list yet"),
});

const problemOf = ({ problem }: HealthCheck): string | null => {
  try {
    return problem();
  } catch {
    return "the check itself failed";
  }
};

/**
 * Answers `GET /healthz` and `GET /readyz`: 200 and `ok`, or 503 and a line for each problem. For any other request it
 * does nothing and says false.
 */
export const createHealthHandler =
  ({ live, ready }: HealthChecks) =>
  (request: Pick<IncomingMessage, "method" | "url">, response: ServerResponse): boolean => {
    const path = request.method === "GET" ? request.url?.replace(/\?.*$/, "") : undefined;
    if (path !== "/healthz" && path !== "/readyz") return false;
    const problems = (path === "/healthz" ? live : ready).flatMap((check) => {
      const problem = problemOf(check);
      return problem === null ? [] : [`${check.name}: ${problem}\n`];
    });
    response.writeHead(problems.length === 0 ? 200 : 503, { "content-type": "text/plain" });
    response.end(problems.length === 0 ? "ok\n" : problems.join(""));
    return true;
  };
