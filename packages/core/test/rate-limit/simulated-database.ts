import type { RateLimitStore, RateRead, RateWrite, StoredRateRow } from "../../src/rate-limit/ports.ts";
import { decodeRateRow } from "../../src/rate-limit/rate-row.ts";
import { permitsCounted } from "../../src/rate-limit/window-view.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** Whether a statement is lost on its way, its answer is lost, or it arrives long after it was given up. */
export type Fate = "arrives" | "lost" | "answer lost" | "arrives late";

/** How the database behaves at an instant of true time. */
export interface DatabaseConditions {
  /** How long a statement travels one way, and its answer the other. */
  travelMs(): number;
  /** What its clock shows. */
  clockMs(trueMs: number): number;
  fate(statement: "read" | "draw" | "give back"): Fate;
  /** The key's limit, where reads tell it. */
  limit(): number | null;
}

/** How long a client waits for an answer. */
const TIMEOUT_MS = 1000;
const LATE_MS = 2500;

/** A database with the semantics that `RateLimitStore` asks for, and all the trouble that it allows. */
export const createSimulatedDatabase = (time: VirtualTime, conditions: DatabaseConditions) => {
  const rows = new Map<string, StoredRateRow>();
  const calls = { reads: 0, writes: 0, conflicts: 0 };

  /** Runs a statement at the database, and answers through `deliver`: on the replica's side, in the replica's time. */
  const ask = <Answer>(fate: Fate, statement: () => Answer, deliver: (run: () => void) => void): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sentMs = time.nowMs();
      if (fate !== "lost") {
        const travelMs = fate === "arrives late" ? LATE_MS : conditions.travelMs();
        time.at(sentMs + travelMs, () => {
          const answer = statement();
          if (fate === "arrives") time.at(time.nowMs() + conditions.travelMs(), () => deliver(() => resolve(answer)));
        });
      }
      if (fate !== "arrives") time.at(sentMs + TIMEOUT_MS, () => deliver(() => reject(new Error("no answer"))));
    });

  const read = (keyId: string): RateRead => {
    calls.reads += 1;
    return {
      row: rows.get(keyId) ?? null,
      databaseNowMs: Math.floor(conditions.clockMs(time.nowMs())),
      limit: conditions.limit(),
    };
  };

  const write = ({ keyId, expectedVersion, row }: RateWrite): boolean => {
    calls.writes += 1;
    const applied = (rows.get(keyId)?.version ?? null) === expectedVersion;
    if (applied) rows.set(keyId, row);
    else calls.conflicts += 1;
    return applied;
  };

  const kindOf = ({ keyId, row }: RateWrite) => {
    const before = rows.get(keyId);
    const counted = (counts: string) => permitsCounted(decodeRateRow(counts));
    return before !== undefined && counted(row.counts) < counted(before.counts) ? "give back" : "draw";
  };

  return {
    calls,
    rows,
    /** The store as one replica sees it. */
    connect: (deliver: (run: () => void) => void): RateLimitStore => ({
      read: (keyId) => ask(conditions.fate("read"), () => read(keyId), deliver),
      write: (change) => ask(conditions.fate(kindOf(change)), () => write(change), deliver),
    }),
  };
};

export type SimulatedDatabase = ReturnType<typeof createSimulatedDatabase>;
