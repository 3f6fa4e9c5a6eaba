import lockfile from "proper-lockfile";

export type Lock = {
  /** A name in an existing directory; a directory of this name exists while the lock is held. */
  readonly path: string;
  /** Called once when somebody else holds the lock. */
  readonly waiting?: () => void;
};

/** A holder that stopped refreshing its lock for this long is dead. */
const STALE_MS = 10_000;
const POLL_MS = 1000;
/** Longer than the longest thing done under a lock: a cold build of the control plane on a slow machine. */
const WAIT_MAX_MS = 60 * 60 * 1000;

const lockOptions = (path: string, retries: number, staleMs = STALE_MS): lockfile.LockOptions => ({
  lockfilePath: path,
  realpath: false,
  stale: staleMs,
  retries: { retries, factor: 1, minTimeout: POLL_MS, maxTimeout: POLL_MS },
  // The default throws outside every call stack. Losing a lock needs a process stopped for STALE_MS; what is done
  // under locks here ends with an atomic rename, which then fails by itself.
  onCompromised: () => {},
});

const isLocked = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ELOCKED";

/** A person waits for this one, so a dead holder is noticed sooner. */
const TRY_STALE_MS = 4000;

/** Takes a lock, or returns null after about 5 s when its holder is alive. */
export const tryLock = async (path: string): Promise<(() => Promise<void>) | null> => {
  try {
    return await lockfile.lock(path, lockOptions(path, TRY_STALE_MS / POLL_MS + 1, TRY_STALE_MS));
  } catch (error) {
    if (isLocked(error)) return null;
    throw error;
  }
};

/** Runs `action` while no other process runs one under the same lock. */
export const withLock = async <T>({ path, waiting }: Lock, action: () => Promise<T>): Promise<T> => {
  if (await lockfile.check(path, { lockfilePath: path, realpath: false, stale: STALE_MS })) waiting?.();
  const release = await lockfile.lock(path, lockOptions(path, WAIT_MAX_MS / POLL_MS));
  try {
    return await action();
  } finally {
    await release().catch(() => {});
  }
};
