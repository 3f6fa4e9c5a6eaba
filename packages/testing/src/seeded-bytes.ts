import { seededRandom } from "./seeded-random.ts";

/** The same bytes for the same seed, in place of the operating system's generator. */
export const createSeededBytes = (seed = 1): ((size: number) => Uint8Array) => {
  const random = seededRandom(seed);
  return (size) => Uint8Array.from({ length: size }, () => Math.floor(random() * 256));
};
