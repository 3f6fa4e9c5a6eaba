import type { Program } from "../src/program.ts";

/** What a reconciler says of itself now: the sum over all labels of each of these metrics. */
export const readMetrics = async <Name extends string>(
  program: Program,
  names: readonly Name[],
): Promise<Readonly<Record<Name, number>>> => {
  const { port } = await program.logged("serving /healthz, /readyz and /metrics");
  const text = await (await fetch(`http://127.0.0.1:${String(port)}/metrics`)).text();
  const sums = names.map((name) => {
    const found = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm"))];
    return [name, found.reduce((sum, [, value]) => sum + Number(value), 0)] as const;
  });
  return Object.fromEntries(sums) as Record<Name, number>;
};
