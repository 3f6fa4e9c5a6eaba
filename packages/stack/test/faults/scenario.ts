import type { ObjectName } from "@itsy/controller-runtime";

import type { Tenant } from "../world/tenant.ts";
import type { World } from "../world/world.ts";

/** An ApiKey in a namespace of its own, and what was true of it before anything was asked for. */
export interface Place {
  readonly world: World;
  readonly tenant: Tenant;
  readonly name: ObjectName;
  readonly before: { readonly value: string | null; readonly keyId: string };
}

/** One way of a key through the reconciler. Whatever goes wrong on it, the end is the same. */
export interface Scenario {
  readonly name: string;
  /** Whether there is a Ready ApiKey already, made with `spec`. */
  readonly given: "nothing" | "a Ready ApiKey";
  readonly spec: Readonly<Record<string, unknown>>;
  /** What else is done before, by a reconciler that nothing happens to. */
  readonly prepare?: (place: Place) => Promise<unknown>;
  /** Asks for it. */
  readonly ask: (place: Place) => Promise<unknown>;
  /** Waits until it is done, and looks whether everything is as it should be. */
  readonly expectDone: (place: Place) => Promise<void>;
  /** Whether the value from before may be refused although it can still be read: it was ended on purpose. */
  readonly endsValue?: true;
}
