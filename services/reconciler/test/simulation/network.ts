import { type ItsyClient, ItsyError } from "@itsy/client";
import { procedures } from "@itsy/contract";
import { type KubeClient, KubeError } from "@itsy/controller-runtime";

import type { ApiServer } from "./api-server.ts";
import type { Service } from "./service.ts";

/** A request that was sent and whose sender has heard nothing yet. */
export interface Call {
  readonly from: string;
  readonly what: string;
  readonly to: "api server" | "service";
  /** Carries it out, on the other side. */
  apply(): Promise<void>;
  readonly isApplied: boolean;
  /** Tells the sender how it ended. A sender that is dead does not hear it. */
  answer(): void;
  /** Tells the sender that no answer came. */
  lose(): void;
}

const lost = { "api server": new KubeError({ status: 0, reason: "Unreachable", message: "no answer" }) } as const;
const lostBy = (to: Call["to"]) => (to === "service" ? new ItsyError("UNREACHABLE", "no answer") : lost[to]);

/** Everything between the reconcilers and what they talk to: a call ends when, and as, the schedule says. */
export const createNetwork = ({ apiServer, service }: { readonly apiServer: ApiServer; readonly service: Service }) => {
  const calls: Call[] = [];
  const dead = new Set<string>();

  const send = <Result>(
    { from, what, to }: Pick<Call, "from" | "what" | "to">,
    carryOut: () => Result | Promise<Result>,
  ): Promise<Result> =>
    new Promise((resolve, reject) => {
      let outcome: (() => void) | null = null;
      const end = (tell: () => void) => {
        calls.splice(calls.indexOf(call), 1);
        if (!dead.has(from)) tell();
      };
      const call: Call = {
        from,
        what,
        to,
        get isApplied() {
          return outcome !== null;
        },
        apply: async () => {
          try {
            const result = await carryOut();
            outcome = () => resolve(result);
          } catch (error) {
            outcome = () => reject(error);
          }
        },
        answer: () => end(outcome ?? (() => reject(lostBy(to)))),
        lose: () => end(() => reject(lostBy(to))),
      };
      calls.push(call);
    });

  /** The client of one process; a process has a name of its own for each life. */
  const kubeOf = (from: string): KubeClient => {
    const ask = (what: string, carryOut: () => unknown) =>
      send({ from, what, to: "api server" }, carryOut) as Promise<never>;
    const not = () => Promise.reject(new Error("the simulation has no such request"));
    return {
      get: (type, name) => ask(`get ${type.plural} ${name.name}`, () => apiServer.get(type, name)),
      create: (type, object) =>
        ask(`create ${type.plural} ${object.metadata.name}`, () => apiServer.create(type, object)),
      // oxlint-disable-next-line max-params -- the signature is the client's
      mergePatch: (type, name, patch, options) =>
        ask(`patch ${type.plural}${options?.subresource ? `/${options.subresource}` : ""} ${name.name}`, () =>
          apiServer.mergePatch(type, name, patch, options),
        ),
      delete: (type, name, options) =>
        ask(`delete ${type.plural} ${name.name}`, () => apiServer.delete(type, name, options)),
      listPage: not,
      replace: not,
      jsonPatch: not,
      apply: not,
      watch: () => {
        throw new Error("the simulation has no such request");
      },
      close: async () => {},
    };
  };

  const deliveryOf = (from: string) =>
    Object.fromEntries(
      Object.keys(procedures.delivery).map((name) => [
        name,
        (input: unknown) =>
          send({ from, what: name, to: "service" }, () => service.call(name as keyof ItsyClient["delivery"], input)),
      ]),
    ) as unknown as ItsyClient["delivery"];

  return {
    calls: calls as readonly Call[],
    kubeOf,
    deliveryOf,
    /** What it sent may still arrive; it hears of nothing any more. */
    kill: (from: string) => void dead.add(from),
    isDead: (from: string) => dead.has(from),
  };
};
export type Network = ReturnType<typeof createNetwork>;
