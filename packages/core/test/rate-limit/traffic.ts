/** A request on its way to a replica (by index). */
interface Arrival {
  readonly atMs: number;
  readonly replica: number;
}

interface TrafficOptions {
  readonly limit: number;
  readonly replicas: number;
  readonly random: () => number;
}

/** Requests without end, in the order of their instants. */
type Traffic = (options: TrafficOptions) => Generator<Arrival>;

const MINUTE_MS = 60_000;

const anyOf = (replicas: number, random: () => number) => Math.floor(random() * replicas);

/** Just below the limit, evenly: 59 requests a minute of 60, and in proportion. */
const below: Traffic = function* ({ limit, replicas, random }) {
  const everyMs = (MINUTE_MS * 60) / 59 / limit;
  const jitterMs = Math.min(20, everyMs / 2);
  for (let sent = 0; ; sent++) yield { atMs: sent * everyMs + random() * jitterMs, replica: sent % replicas };
};

/** Gaps between requests that know nothing of each other, at a rate for each minute. */
const gapMs = (perMinute: number, random: () => number) => (-Math.log(1 - random()) * MINUTE_MS) / perMinute;

const atRandom = function* (perMinute: number, { replicas, random }: TrafficOptions): Generator<Arrival> {
  for (let atMs = gapMs(perMinute, random); ; atMs += gapMs(perMinute, random)) {
    yield { atMs, replica: anyOf(replicas, random) };
  }
};

/** Half as many again as the limit admits. A client of a small key asks twice a second. */
const above: Traffic = (options) => atRandom(Math.max(1.5 * options.limit, 120), options);

/** Many times what the limit admits, up to two thousand a second: whatever becomes free is taken at once. */
const hammering: Traffic = (options) => {
  const { limit } = options;
  return atRandom(Math.max(1200, 3 * limit, Math.min(20 * limit, 120_000)), options);
};

/** The same, nine of ten requests at one replica. */
const oneHot: Traffic = function* (options) {
  for (const arrival of above(options)) yield options.random() < 0.9 ? { ...arrival, replica: 0 } : arrival;
};

/** Up to a fifth more than the limit within two seconds at most, then nothing for a while. */
const bursts: Traffic = function* ({ limit, replicas, random }) {
  for (let beginMs = 1000; ; beginMs += 5000 + random() * 40_000) {
    const size = Math.max(1, Math.round(limit * (0.2 + random())));
    const lastMs = 50 + random() * 1950;
    for (let sent = 0; sent < size; sent++) {
      yield { atMs: beginMs + (sent / size) * lastMs, replica: anyOf(replicas, random) };
    }
  }
};

/** The whole limit within two seconds, each minute on the minute: what leaves the window late is missed at once. */
const eachMinute: Traffic = function* ({ limit, replicas, random }) {
  for (let beginMs = 1000; ; beginMs += MINUTE_MS) {
    for (let sent = 0; sent < limit; sent++) {
      yield { atMs: beginMs + (sent / limit) * 2000, replica: anyOf(replicas, random) };
    }
  }
};

/**
 * A replica spends the limit in about three seconds and hears nothing more; when that leaves the window, the next one
 * is hammered on. Whatever leaves too early is taken twice.
 */
const handover: Traffic = function* ({ limit, replicas, random }) {
  for (let wave = 0; ; wave++) {
    const beginMs = wave * 59_000;
    const hammered = wave % 2 === 1;
    const perMs = hammered ? Math.max(1, limit / 200) : limit / 3000;
    const lastMs = hammered ? 6000 : 3500;
    for (let atMs = random() / perMs; atMs < lastMs; atMs += (2 * random()) / perMs) {
      yield { atMs: beginMs + atMs, replica: wave % replicas };
    }
  }
};

export const traffics = {
  below,
  above,
  hammering,
  bursts,
  handover,
  "one hot": oneHot,
  "each minute": eachMinute,
} as const;
export type TrafficName = keyof typeof traffics;
