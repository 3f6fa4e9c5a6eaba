import { IMAGE } from "./image.ts";

const CONTAINERD_SOCKET = "/run/containerd/containerd.sock";

/** Directories without a word about them are the programs' defaults, which are private to the node. */
export const containerdConfiguration = (cniDir: string): string => `
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${IMAGE}"
  # Else runc fails where CAP_SYS_RESOURCE is missing, with words that do not say so.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    conf_dir = "${cniDir}"
[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd/opt"
`;

/**
 * A pod network that is declared and never made: with it the node is Ready, and pods of the host's network run.
 * Others stay in ContainerCreating with an event that names the missing plugin.
 */
export const CNI_CONFIGURATION = {
  cniVersion: "0.4.0",
  name: "host-network-only",
  plugins: [{ type: "itsy-testbed-has-no-pod-network" }],
};

export type KubeletSettings = {
  readonly cgroupPath: string;
  readonly podLogsDir: string;
  readonly syncFrequencyMs: number;
};

/** @see https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ */
export const kubeletConfiguration = ({ cgroupPath, podLogsDir, syncFrequencyMs }: KubeletSettings) => ({
  apiVersion: "kubelet.config.k8s.io/v1beta1",
  kind: "KubeletConfiguration",
  // Nobody on this machine gets a way into the pods: logs are read from files.
  enableServer: false,
  healthzPort: 0,
  containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
  cgroupRoot: cgroupPath,
  cgroupDriver: "cgroupfs",
  failCgroupV1: false,
  failSwapOn: false,
  // The machine's firewall, devices and name servers are not ours.
  makeIPTablesUtilChains: false,
  resolvConf: "",
  volumePluginDir: "/var/lib/kubelet/volume-plugins",
  podLogsDir,
  syncFrequency: `${syncFrequencyMs}ms`,
  // A full disk of the machine is no reason to end a test's pods.
  evictionHard: { "memory.available": "0%", "nodefs.available": "0%", "imagefs.available": "0%" },
  imageGCHighThresholdPercent: 100,
});
