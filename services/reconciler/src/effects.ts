/**
 * Every side effect has a name, and something can be hooked in right before and right after it: tests crash there or
 * lose the answer. `observe` is the one that only reads.
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
  "dropTarget",
  "release",
  "removeFinalizer",
  "reportStatus",
  "recordEvent",
] as const;
export type EffectName = (typeof effectNames)[number];
export type EffectPhase = "before" | "after";

/** What it throws, the effect throws. */
export type OnEffect = (name: EffectName, phase: EffectPhase) => void | Promise<void>;

export interface Effects {
  run<T>(name: EffectName, effect: () => Promise<T>): Promise<T>;
}

export const createEffects = (onEffect: OnEffect = () => {}): Effects =>
  Object.freeze({
    run: async <T>(name: EffectName, effect: () => Promise<T>): Promise<T> => {
      await onEffect(name, "before");
      const result = await effect();
      await onEffect(name, "after");
      return result;
    },
  });
