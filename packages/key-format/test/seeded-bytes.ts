import type { RandomBytes } from "../src/index.ts";

/** A reproducible source of uniform bytes. Source of the generator: SplitMix32, after Steele, Lea and Flood (2014). */
export const seededBytes = (seed: number): RandomBytes => {
  let state = seed | 0;
  return (size) =>
    Uint8Array.from({ length: size }, () => {
      state = (state + 0x9e3779b9) | 0;
      let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      return (mixed ^ (mixed >>> 15)) >>> 24;
    });
};
