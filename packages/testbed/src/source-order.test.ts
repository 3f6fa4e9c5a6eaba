import { expect, test } from "vitest";
import { readEnv } from "./env.ts";
import { silent } from "./log.ts";
import { firstOf } from "./sources/source.ts";
import { loadThings, type Thing } from "./things.ts";
import { isUnavailable } from "./unavailable.ts";

const thing = async (id: Thing["id"], env: NodeJS.ProcessEnv): Promise<Thing> => {
  const found = (await loadThings(readEnv(env))).find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
};
const names = ({ sources }: Thing): string[] => sources.map(({ name }) => name);

test("binaries of the control plane are looked for where they cost least first", async () => {
  expect(names(await thing("control-plane", {}))).toEqual([
    "existing cluster",
    "KUBEBUILDER_ASSETS",
    "cache",
    "envtest download",
    "build from Go modules",
  ]);
});

test("kubectl is taken from where it is before it is brought from somewhere", async () => {
  expect(names(await thing("kubectl", {}))).toEqual([
    "PATH",
    "KUBEBUILDER_ASSETS",
    "cache",
    "envtest download",
    "build from Go modules",
  ]);
});

test("a server given by URL comes before any server of our own", async () => {
  expect(names(await thing("mysql", {}))).toEqual(["MYSQL_URL", "container", "installed programs", "Debian packages"]);
  expect(names(await thing("mariadb", {}))[0]).toBe("MARIADB_URL");
});

test("a given server that does not answer is an error, not a reason to start another one", async () => {
  const { sources, title } = await thing("mysql", { MYSQL_URL: "mysql://root@127.0.0.1:1" });
  const outcome = await firstOf(title, sources, silent).catch((error: unknown) => error);
  expect(isUnavailable(outcome) && outcome.message).toContain("MYSQL_URL");
});

test("archives without kube-controller-manager are not taken where it is needed", async () => {
  const { sources } = await thing("controller-manager", {});
  const download = sources.find(({ name }) => name === "envtest download");
  expect(await download?.inspect()).toMatchObject({ state: "unavailable" });
});
