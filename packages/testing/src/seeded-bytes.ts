/**
 * The same bytes for the same seed, in place of the operating system's generator.
 * Source of the generator: mulberry32 by Tommy Ettinger (public domain).
 */
export const createSeededBytes = (seed = 1): ((size: number) => Uint8Array) => {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return (size) => Uint8Array.from({ length: size }, () => next() >>> 24);
};
