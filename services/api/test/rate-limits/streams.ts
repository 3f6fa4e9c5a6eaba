/** How the requests of one key come. */
export type Traffic = "below" | "above" | "bursts" | "each minute" | "one hot";

export interface Stream {
  /** Requests a minute. */
  readonly limit: number;
  readonly traffic: Traffic;
}

const MINUTE_MS = 60_000;
/** A client of a small key asks twice a second. */
const LEAST_PER_MINUTE = 120;

/** Just below the limit, evenly: 59 requests a minute of 60, and in proportion. */
const steady = function* (perMinute: number): Generator<number> {
  for (let sent = 0; ; sent++) yield (sent * MINUTE_MS) / perMinute;
};

/** At instants that know nothing of each other. */
const atRandom = function* (perMinute: number, random: () => number): Generator<number> {
  for (let atMs = 0; ; ) {
    atMs += (-Math.log(1 - random()) * MINUTE_MS) / perMinute;
    yield atMs;
  }
};

/** Up to a fifth more than the limit within two seconds, then nothing for a while. */
const bursts = function* (limit: number, random: () => number): Generator<number> {
  for (let beginMs = 1000; ; beginMs += 5000 + random() * 30_000) {
    const size = Math.max(1, Math.round(limit * (0.2 + random())));
    for (let sent = 0; sent < size; sent++) yield beginMs + (sent / size) * 2000;
  }
};

/** The whole limit within two seconds, each minute on the minute: what leaves the window late is missed at once. */
const eachMinute = function* (limit: number): Generator<number> {
  for (let beginMs = 1000; ; beginMs += MINUTE_MS) {
    for (let sent = 0; sent < limit; sent++) yield beginMs + (sent / limit) * 2000;
  }
};

const above = (limit: number, random: () => number) => atRandom(Math.max(1.3 * limit, LEAST_PER_MINUTE), random);

const traffics = {
  below: (limit: number) => steady((limit * 59) / 60),
  above,
  bursts,
  "each minute": eachMinute,
  "one hot": above,
} as const satisfies Record<Traffic, (limit: number, random: () => number) => Generator<number>>;

/** When requests are sent, in milliseconds since the beginning; without end. */
export const arrivals = ({ limit, traffic }: Stream, random: () => number): Generator<number> =>
  traffics[traffic](limit, random);

/** Which of so many replicas is asked: any, or nine times of ten the first. */
export const replicaFor = ({ traffic }: Stream, replicas: number, random: () => number): number =>
  traffic === "one hot" && random() < 0.9 ? 0 : Math.floor(random() * replicas);
