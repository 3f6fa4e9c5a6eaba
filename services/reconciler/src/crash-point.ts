import { type EffectName, type EffectPhase, effectNames, type OnEffect } from "./effects.ts";

export interface CrashPoint {
  readonly phase: EffectPhase;
  readonly effect: EffectName;
}

/** Reads `before:stage` or `after:publish`; `null` for anything else. */
export const parseCrashPoint = (text: string): CrashPoint | null => {
  const [phase, name, ...rest] = text.split(":");
  const effect = effectNames.find((known) => known === name);
  if ((phase !== "before" && phase !== "after") || effect === undefined || rest.length > 0) return null;
  return { phase, effect };
};

/** Ends the process there as nothing else would: no handler runs, no connection is closed. A test aid. */
export const crashAt =
  (point: CrashPoint, kill: () => void = () => process.kill(process.pid, "SIGKILL")): OnEffect =>
  async (effect, phase) => {
    if (effect !== point.effect || phase !== point.phase) return;
    kill();
    // The signal arrives a moment later; nothing may happen in between.
    await new Promise<never>(() => {});
  };
