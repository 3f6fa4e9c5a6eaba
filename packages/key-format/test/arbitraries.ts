import fc from "fast-check";
import { environments, generateSecret, generateToken } from "../src/index.ts";
import { seededBytes } from "./seeded-bytes.ts";

/** A secret of the default brand, with its environment. */
export const aSecret = fc
  .record({ environment: fc.constantFrom(...environments), seed: fc.integer() })
  .map(({ environment, seed }) => ({
    environment,
    secret: generateSecret({ environment, randomBytes: seededBytes(seed) }),
  }));

/** A management token of the default brand. */
export const aToken = fc.integer().map((seed) => generateToken({ randomBytes: seededBytes(seed) }));

const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));

/** Every text that differs from `text` by one substituted, inserted or deleted ASCII character or one transposition. */
export function* oneMistakeAway(text: string): Generator<string> {
  for (let at = 0; at <= text.length; at++) {
    const before = text.slice(0, at);
    const here = text.charAt(at);
    const next = text.charAt(at + 1);
    for (const other of ascii) yield before + other + text.slice(at);
    if (here === "") continue;
    for (const other of ascii) if (other !== here) yield before + other + text.slice(at + 1);
    yield before + text.slice(at + 1);
    if (next !== here && next !== "") yield before + next + here + text.slice(at + 2);
  }
}

/** UTF-16 code units of any kind, so lone surrogates too. */
export const anyText = (maxLength: number) =>
  fc.array(fc.nat(0xffff), { maxLength }).map((codes) => String.fromCharCode(...codes));
