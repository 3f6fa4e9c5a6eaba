import type { Log } from "../log.ts";
import { TestbedUnavailableError } from "../unavailable.ts";

/**
 * What a source says about itself, without doing anything costly:
 * - `ready`: can be used now
 * - `obtainable`: `obtain` will bring it, `cost` says at which price
 * - `unavailable`: not on this machine, `reason` says why
 */
export type Finding =
  | { readonly state: "ready"; readonly detail: string }
  | { readonly state: "obtainable"; readonly cost: string }
  | { readonly state: "unavailable"; readonly reason: string };

/** One way to get a thing. The order of a list of sources is the order in which they are tried. */
export type Source<T> = {
  readonly name: string;
  /** What a person does to make this source work. */
  readonly howTo: string;
  /** Somebody named it explicitly: when it does not deliver, no other source is tried behind their back. */
  readonly asked?: boolean;
  readonly inspect: () => Promise<Finding>;
  /** Brings the thing if needed. Throws when it cannot; the next source is tried then. */
  readonly obtain: (log: Log) => Promise<T>;
};

export type Obtained<T> = { readonly source: string; readonly value: T };

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const tryOne = async <T>(source: Source<T>, log: Log): Promise<{ value: T } | { failure: string; cause?: unknown }> => {
  const finding = await source.inspect();
  if (finding.state === "unavailable") return { failure: finding.reason };
  try {
    if (finding.state === "obtainable") log(`${source.name}: ${finding.cost}`);
    return { value: await source.obtain(log) };
  } catch (error) {
    return { failure: messageOf(error), cause: error };
  }
};

/**
 * Takes the first source that delivers.
 * @throws TestbedUnavailableError naming every source, why it did not deliver, and what to do about it.
 */
export const firstOf = async <T>(what: string, sources: readonly Source<T>[], log: Log): Promise<Obtained<T>> => {
  const failures: string[] = [];
  const causes: unknown[] = [];
  for (const source of sources) {
    const outcome = await tryOne(source, log);
    if ("value" in outcome) return { source: source.name, value: outcome.value };
    if (source.asked === true) {
      throw new TestbedUnavailableError(`${what} from ${source.name}: ${outcome.failure}\nto use it: ${source.howTo}`, {
        cause: outcome.cause,
      });
    }
    failures.push(`  - ${source.name}: ${outcome.failure}\n    to use it: ${source.howTo}`);
    if (outcome.cause !== undefined) {
      causes.push(outcome.cause);
      log(`${source.name} did not work: ${outcome.failure.split("\n")[0] ?? ""}`);
    }
  }
  throw new TestbedUnavailableError(`no ${what} on this machine; tried in this order:\n${failures.join("\n")}`, {
    cause: causes.length === 0 ? undefined : new AggregateError(causes),
  });
};
