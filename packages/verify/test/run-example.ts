import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface RunningExample extends AsyncDisposable {
  readonly url: string;
}

const fileAt = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Examples that only export a handler get the server that their platform would be. */
const programOf = (name: string) =>
  name === "fetch" ? [fileAt("serve-fetch.ts"), fileAt("../examples/fetch.ts")] : [fileAt(`../examples/${name}.ts`)];

/** Runs an example as a program of its own, the way its reader would. */
export const runExample = async (
  name: string,
  service: { readonly url: string; readonly token: string },
): Promise<RunningExample> => {
  const child = spawn(process.execPath, ["--conditions=@itsy/source", ...programOf(name)], {
    env: { ...process.env, ITSY_KEYS_URL: service.url, ITSY_KEYS_TOKEN: service.token, PORT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaints = "";
  child.stderr.on("data", (chunk) => {
    complaints += String(chunk);
  });
  const exited = once(child, "exit");
  const listening = (async () => {
    for await (const line of createInterface(child.stdout)) {
      const url = /^listening on (\S+)$/.exec(line)?.[1];
      if (url !== undefined) return url;
    }
    throw new Error(`examples/${name}.ts ended: ${complaints}`);
  })();
  return {
    url: await listening,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await exited;
    },
  };
};
