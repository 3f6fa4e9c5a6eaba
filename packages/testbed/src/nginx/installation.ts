import { execa } from "execa";
import { type Command, findOnPath } from "../process/die-with-parent.ts";

/** An nginx on this machine. */
export type NginxInstallation = {
  /** The directory tree that it is run in (chroot); null is the machine's own. */
  readonly root: string | null;
  readonly path: string;
};

const PROGRAM = "nginx";

export const nginxCommand = ({ root }: NginxInstallation, args: readonly string[]): Command =>
  root === null ? { file: PROGRAM, args } : { file: "chroot", args: [root, PROGRAM, ...args] };

/** As nginx tells it, for example `1.22.1`. */
export const nginxVersion = async (installation: NginxInstallation): Promise<string> => {
  const { file, args } = nginxCommand(installation, ["-v"]);
  const { stderr } = await execa(file, [...args], { env: { PATH: `${installation.path}:/usr/sbin:/sbin` } });
  return /nginx\/(\S+)/.exec(stderr)?.[1] ?? "";
};

/** Why an nginx of the machine's own cannot be used; null when it can. */
export const whyNoNginx = async (path: string): Promise<string | null> => {
  const file = await findOnPath(PROGRAM, path);
  if (file === null) return "nginx not found";
  const { stderr } = await execa(file, ["-V"], { reject: false });
  return stderr.includes("http_auth_request_module") ? null : `${file} lacks the auth_request module`;
};
