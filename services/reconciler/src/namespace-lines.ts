import Bottleneck from "bottleneck";

export interface NamespaceLinesOptions {
  /** Pieces of work at the same time, over all namespaces. */
  readonly concurrency: number;
  /** Of one namespace. Lower than `concurrency`, so that there is always room for another one. */
  readonly namespaceConcurrency: number;
}

export interface NamespaceLines {
  /** Runs the work when it is the namespace's turn. After `close` what still waits resolves to `null`, unworked. */
  run<T>(namespace: string, work: () => Promise<T>): Promise<T | null>;
  /** Nothing that waits is begun any more. */
  readonly close: () => void;
}

/** A namespace's line is forgotten when it was empty for so long. */
const LINE_IDLE_MS = 300_000;

/**
 * One line for each namespace, and all lines behind one root: a namespace that applies ten thousand ApiKeys has a few
 * of them at work at any time, and whoever comes later from elsewhere does not wait for the rest.
 *
 * A whole reconciliation takes one place, and with it every call it makes to the service. A place for each call would
 * bound the same, since a reconciliation makes its calls one after the other, but costs about 10 ms of waiting a call:
 * Bottleneck yields to the event loop several times for each job.
 */
export const createNamespaceLines = ({ concurrency, namespaceConcurrency }: NamespaceLinesOptions): NamespaceLines => {
  const root = new Bottleneck({ maxConcurrent: concurrency });
  const lines = new Bottleneck.Group({ maxConcurrent: namespaceConcurrency, timeout: LINE_IDLE_MS });
  lines.on("created", (line: Bottleneck) => void line.chain(root));
  let isClosed = false;
  return Object.freeze({
    run: <T>(namespace: string, work: () => Promise<T>) =>
      lines.key(namespace).schedule(async () => (isClosed ? null : work())),
    close: () => {
      isClosed = true;
    },
  });
};
