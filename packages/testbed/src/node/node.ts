/** A line that a container wrote to its standard output or standard error. */
export type LogLine = {
  /** When containerd read it, to the millisecond. */
  readonly atMs: number;
  readonly text: string;
};

export type Container = { readonly namespace: string; readonly pod: string; readonly container: string };

/** A real node: kubelet, containerd and runc. Disposing it ends every process of it and its pods. */
export type Node = AsyncDisposable & {
  /** Where its programs came from. */
  readonly source: string;
  /** For `spec.nodeName`: there is no scheduler. Pods need `hostNetwork: true`, there is no pod network either. */
  readonly name: string;
  /** The image that it has: busybox. Pods need `imagePullPolicy: Never`. */
  readonly image: string;
  /** Everything that the container wrote so far, also before a restart; empty before it runs. */
  readonly logOf: (container: Container) => Promise<readonly LogLine[]>;
  /** The newest 64 K characters of what kubelet and containerd wrote. */
  readonly output: () => string;
};
