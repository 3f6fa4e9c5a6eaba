import { liveOneKey } from "./one-key.ts";
import { type Stage, UnexpectedRefusal } from "./stage.ts";

export interface Act {
  /** So many keys that end by a revocation. */
  readonly revocations: number;
  /** How many keys live at the same time. */
  readonly workers: number;
}

export interface LiveOptions extends Act {
  /** No key begins after it. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((line: string) => void) | undefined;
}

const PROGRESS_EVERY = 1_000;

/** Keys live and die, a few at a time, until so many were revoked. */
export const live = async (stage: Stage, options: LiveOptions): Promise<void> => {
  const { revocations, workers, signal, onProgress } = options;
  let revoked = 0;
  const one = async (): Promise<boolean> => {
    try {
      return await liveOneKey(stage);
    } catch (error) {
      if (!(error instanceof UnexpectedRefusal)) throw error;
      stage.refusals.push(error);
      return true;
    }
  };
  const worker = async () => {
    while (revoked < revocations && signal?.aborted !== true) {
      if (!(await one())) continue;
      revoked += 1;
      if (revoked % PROGRESS_EVERY === 0) onProgress?.(`${revoked} of ${revocations} revoked`);
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
};
