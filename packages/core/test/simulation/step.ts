import type { Delay } from "./network.ts";

/** One thing done to the system. `node` counts through those that live; -1 is the youngest. */
export type Step =
  | { readonly do: "verify"; readonly node: number; readonly key: number }
  | { readonly do: "change"; readonly node: number; readonly key: number }
  | { readonly do: "stop"; readonly node: number; readonly forMs: number }
  | { readonly do: "kill"; readonly node: number }
  | { readonly do: "join"; readonly delay: Delay }
  | { readonly do: "leave"; readonly node: number }
  | { readonly do: "cut"; readonly node: number; readonly forMs: number }
  | { readonly do: "down"; readonly forMs: number }
  | { readonly do: "delay"; readonly node: number; readonly delay: Delay };

export interface TimedStep {
  readonly afterMs: number;
  readonly step: Step;
}
