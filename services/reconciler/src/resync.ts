/** When ApiKeys are looked at although nothing happened. */
export interface Resync {
  /** From the end of one look until the next, in milliseconds. */
  readonly nextMs: () => number;
  /** From a start until the first look at an ApiKey that says of itself that nothing is left to do, in milliseconds. */
  readonly firstMs: () => number;
}

export interface ResyncSettings {
  /** About how long from one look to the next. */
  readonly resyncMs: number;
  /** Of so many ApiKeys that this would be more looks a second, each waits longer. */
  readonly looksPerSecond: number;
}

/** Looking again is spread over a fifth of the period, so that what started together does not stay together. */
const SPREAD = 0.2;

/**
 * What a look costs the API server and the service (two reads and a call) does not grow with the number of ApiKeys
 * beyond `looksPerSecond`: ten thousand each minute would keep a whole core busy.
 * @param apiKeys those that are known
 * @param random in [0, 1)
 */
export const createResync = (
  { resyncMs, looksPerSecond }: ResyncSettings,
  apiKeys: { readonly size: number },
  random: () => number,
): Resync => {
  const periodMs = (): number => Math.max(resyncMs, (apiKeys.size / looksPerSecond) * 1000);
  return Object.freeze({
    nextMs: () => periodMs() * (1 - SPREAD / 2 + random() * SPREAD),
    firstMs: () => periodMs() * random(),
  });
};
