import type { EffectName, EffectPhase, OnEffect } from "../src/effects.ts";

/** Stops the first passage of one point until it is let go. */
export const hold = (effect: EffectName, phase: EffectPhase) => {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let isUsed = false;
  const onEffect: OnEffect = async (name, when) => {
    if (isUsed || name !== effect || when !== phase) return;
    isUsed = true;
    reached.resolve();
    await released.promise;
  };
  return { onEffect, reached: reached.promise, isReached: () => isUsed, release: released.resolve };
};
