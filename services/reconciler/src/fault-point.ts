import type { OnEffect } from "./effects.ts";

/**
 * A place in the run of the process, counted from 1, and what goes wrong there: it dies right `before` or right `after`
 * the effect, or the effect happens and its answer is `lost`, or the process is stopped right before it (SIGSTOP: `stop`)
 * and goes on there when somebody wakes it (SIGCONT).
 */
export interface FaultPoint {
  readonly fault: "before" | "after" | "lost" | "stop";
  readonly effect: string;
  readonly occurrence: number;
}

/** Reads `before:stage`, `lost:publish` or `after:create events:2`; `null` for anything else. */
export const parseFaultPoint = (text: string): FaultPoint | null => {
  const [, fault, effect = "", occurrence = "1"] =
    /^(before|after|lost|stop):([a-z]+(?: [a-z]+)?)(?::([1-9]\d{0,5}))?$/i.exec(text) ?? [];
  if (fault !== "before" && fault !== "after" && fault !== "lost" && fault !== "stop") return null;
  return { fault, effect, occurrence: Number(occurrence) };
};

/** To this process itself. */
type Send = (signal: "SIGKILL" | "SIGSTOP") => unknown;
const sendToThisProcess: Send = (signal) => process.kill(process.pid, signal);

/**
 * Lets it happen there, once. A process dies as nothing else ends it: no handler runs, no connection is closed. A lost
 * answer is an error as a cut connection gives it. A test aid.
 */
export const faultAt = ({ fault, effect, occurrence }: FaultPoint, send: Send = sendToThisProcess): OnEffect => {
  const at = fault === "before" || fault === "stop" ? "before" : "after";
  let seen = 0;
  return async (name, phase) => {
    if (name !== effect || phase !== at) return;
    seen += 1;
    if (seen !== occurrence) return;
    if (fault === "lost") throw new Error(`the answer of ${effect} is lost`);
    send(fault === "stop" ? "SIGSTOP" : "SIGKILL");
    if (fault === "stop") return;
    // The signal arrives a moment later; nothing may happen in between.
    await new Promise<never>(() => {});
  };
};
