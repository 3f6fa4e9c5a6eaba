/** One of its own for each run, told so that the run can be repeated: `FUZZ_SEED=n`. */
export const fuzzSeed = (): number => {
  const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);
  console.log(`FUZZ_SEED=${seed}`);
  return seed;
};
