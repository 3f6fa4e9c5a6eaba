import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Every side effect on the way of a key has a name, and something can be hooked in right before and right after it:
 * tests crash there or lose the answer. `observe` is the one that only reads.
 * A write that runs under none of these names is an effect by itself, named by verb and resource (`create events`): no
 * write goes past the hook (see `hookWrites`).
 */
export const effectNames = [
  "observe",
  "addFinalizer",
  "stage",
  "register",
  "publish",
  "confirm",
  "dropStaging",
  "configure",
  "recordNames",
  "move",
  "rewrite",
  "retire",
  "propagate",
  "restart",
  "adopt",
  "takeOver",
  "dropTarget",
  "release",
  "removeFinalizer",
  "reportStatus",
] as const;
export type EffectName = (typeof effectNames)[number];
export type EffectPhase = "before" | "after";

/** What it throws, the effect throws. `name` is an `EffectName`, or made of verb and resource. */
export type OnEffect = (name: string, phase: EffectPhase) => void | Promise<void>;

export interface Effects {
  run<T>(name: EffectName, effect: () => Promise<T>): Promise<T>;
  /** A write of a client: the first one inside of a named effect is that effect, any other one is its own. */
  write<T>(name: string, write: () => Promise<T>): Promise<T>;
}

export const createEffects = (onEffect: OnEffect = () => {}): Effects => {
  const current = new AsyncLocalStorage<{ hasWritten: boolean }>();
  const hooked = async <T>(name: string, effect: () => Promise<T>): Promise<T> => {
    await onEffect(name, "before");
    const result = await effect();
    await onEffect(name, "after");
    return result;
  };
  return Object.freeze({
    run: <T>(name: EffectName, effect: () => Promise<T>): Promise<T> =>
      hooked(name, () => current.run({ hasWritten: name === "observe" }, effect)),
    write: <T>(name: string, write: () => Promise<T>): Promise<T> => {
      const named = current.getStore();
      if (named === undefined || named.hasWritten) return hooked(name, write);
      named.hasWritten = true;
      return write();
    },
  });
};
