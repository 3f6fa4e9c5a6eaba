/**
 * What a kubelet sets for the whole machine, below /proc/sys, unless it finds it so.
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubelet/cm/container_manager_linux.go (setupKernelTunables)
 */
export const KERNEL_SETTINGS = {
  "vm/overcommit_memory": 1,
  "vm/panic_on_oom": 0,
  "kernel/panic": 10,
  "kernel/panic_on_oops": 1,
  "kernel/keys/root_maxkeys": 1_000_000,
  "kernel/keys/root_maxbytes": 25_000_000,
} as const;

/** Shell commands that let it find them so, in the mount namespace, while the machine's own stay as they are. */
export const coverKernelSettings = (dir: string): string =>
  Object.entries(KERNEL_SETTINGS)
    .map(([name, value]) => {
      const cover = `${dir}/${name.replaceAll("/", ".")}`;
      return `echo ${value} >${cover}; mount --bind ${cover} /proc/sys/${name}`;
    })
    .join("\n");
