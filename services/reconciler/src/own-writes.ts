import { formatName, type KubeClient, type ObjectName, Secrets } from "@itsy/controller-runtime";

/** What this process itself did to Secrets, so that a watch need not take it for somebody else's doing. */
export interface OwnWrites {
  /** The client, whose writes of Secrets are noted. */
  readonly noted: (kube: KubeClient) => KubeClient;
  /** Resolves when no write of this Secret is on its way: until then nobody knows whose a change is. */
  readonly settled: (name: ObjectName) => Promise<void>;
  /** Whether this state was written here, or the object with this uid deleted here. Says yes once. */
  readonly claim: (mark: string) => boolean;
}

/** A watch hears of each write soon or, where the Secret is not watched, never. */
const REMEMBERED_MAX = 1_000;

export const createOwnWrites = (): OwnWrites => {
  const marks = new Set<string>();
  const underWay = new Map<string, Promise<unknown>>();

  const remember = (mark: string | undefined): void => {
    if (mark === undefined) return;
    marks.add(mark);
    for (const oldest of marks) {
      if (marks.size <= REMEMBERED_MAX) return;
      marks.delete(oldest);
    }
  };

  const follow = async <T>(name: ObjectName, write: Promise<T>, markOf: (result: T) => string | undefined) => {
    const key = formatName(name);
    const noted = write.then((result) => {
      remember(markOf(result));
      return result;
    });
    const over = noted.catch(() => {});
    underWay.set(key, over);
    try {
      return await noted;
    } finally {
      if (underWay.get(key) === over) underWay.delete(key);
    }
  };

  return Object.freeze({
    noted: (kube: KubeClient): KubeClient => ({
      ...kube,
      // oxlint-disable-next-line max-params -- the signature is the client's
      mergePatch: (type, name, patch, options) => {
        const write = kube.mergePatch(type, name, patch, options);
        return type.kind === Secrets.kind ? follow(name, write, ({ metadata }) => metadata.resourceVersion) : write;
      },
      delete: (type, name, options) => {
        const write = kube.delete(type, name, options);
        return type.kind === Secrets.kind ? follow(name, write, (was) => (was ? options?.uid : undefined)) : write;
      },
    }),
    settled: async (name: ObjectName) => {
      await underWay.get(formatName(name));
    },
    claim: (mark: string) => marks.delete(mark),
  });
};
