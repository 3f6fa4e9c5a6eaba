import { coverKernelSettings } from "./kernel-settings.ts";
import { PRIVATE_DIRS } from "./machine.ts";

/** Names in the node's directory; the shell program below knows them too. */
export const FILES = {
  program: "start.sh",
  bin: "bin",
  containerd: "containerd.toml",
  cni: "cni",
  image: "image",
  kubelet: "kubelet.json",
  logs: "logs",
} as const;

/**
 * The first process of the node's pid namespace, as a shell program: `start.sh DIR NAME KUBECONFIG`.
 * It stays, because somebody has to reap what containerd's shims leave; when it ends, so does all the rest.
 */
export const FIRST_PROCESS = `
set -eu
for dir in ${PRIVATE_DIRS.join(" ")}; do mount -t tmpfs -o mode=755 tmpfs "$dir"; done
${coverKernelSettings("/run")}
PATH="$1/${FILES.bin}:$PATH"
containerd --config "$1/${FILES.containerd}" --log-level warn &
until ctr version >/dev/null 2>&1; do sleep 0.1; done
ctr --namespace k8s.io images import "$1/${FILES.image}/image.tar"
kubelet --config "$1/${FILES.kubelet}" --hostname-override "$2" --kubeconfig "$3"
`;
