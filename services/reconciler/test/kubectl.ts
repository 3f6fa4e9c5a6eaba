import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { type Credentials, findKubectl } from "@itsy/testbed";

export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the real kubectl, as a person would; `stdin` is for `-f -`. Never throws for a refusal. */
export const kubectl = async (
  { kubeconfigPath }: Pick<Credentials, "kubeconfigPath">,
  args: readonly string[],
  stdin = "",
): Promise<KubectlResult> => {
  const program = await findKubectl();
  return new Promise((resolve, reject) => {
    const child = execFile(program, ["--kubeconfig", kubeconfigPath, ...args], (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== "number") return reject(error);
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
    child.stdin?.end(stdin);
  });
};

/** Runs a command line as it is printed, in a shell whose kubectl has these credentials. */
export const shell = async (
  { kubeconfigPath }: Pick<Credentials, "kubeconfigPath">,
  line: string,
): Promise<KubectlResult> => {
  const env = { KUBECTL: await findKubectl(), KUBECONFIG: kubeconfigPath, HOME: tmpdir(), PATH: "/usr/bin:/bin" };
  return new Promise((resolve, reject) => {
    execFile("sh", ["-c", `kubectl() { "$KUBECTL" "$@"; }; ${line}`], { env }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== "number") return reject(error);
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
};
