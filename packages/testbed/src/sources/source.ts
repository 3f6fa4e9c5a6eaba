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

/** The same source of something that is made from what it brings. */
export const mapSource = <T, U>(source: Source<T>, make: (value: T) => U): Source<U> => ({
  ...source,
  obtain: async (log) => make(await source.obtain(log)),
});

const bothFindings = ([a, b]: readonly [Finding, Finding]): Finding => {
  if (a.state === "unavailable") return a;
  if (b.state === "unavailable") return b;
  if (a.state === "ready" && b.state === "ready") return { state: "ready", detail: `${a.detail}, ${b.detail}` };
  const costs = [a, b].flatMap((finding) => (finding.state === "obtainable" ? [finding.cost] : []));
  return { state: "obtainable", cost: costs.join("; ") };
};

/** A source of something that needs both. */
export const bothSources = <A, B, T>(
  [a, b]: readonly [Source<A>, Source<B>],
  make: (values: readonly [A, B]) => T,
): Source<T> => ({
  name: `${a.name}, ${b.name}`,
  howTo: `${a.howTo}; ${b.howTo}`,
  inspect: async () => bothFindings([await a.inspect(), await b.inspect()]),
  // One after the other: each of them uses the whole machine or the whole network.
  obtain: async (log) => make([await a.obtain(log), await b.obtain(log)]),
});

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
    failures.push(`  - ${source.name}: ${outcome.failure}\nto use it: ${source.howTo}`.replaceAll("\n", "\n    "));
    if (outcome.cause !== undefined) {
      causes.push(outcome.cause);
      log(`${source.name} did not work: ${outcome.failure.split("\n")[0] ?? ""}`);
    }
  }
  throw new TestbedUnavailableError(`no ${what} on this machine; tried in this order:\n${failures.join("\n")}`, {
    cause: causes.length === 0 ? undefined : new AggregateError(causes),
  });
};
