/**
 * A map of at most so many entries, which together weigh at most so much; one that was not asked for lately gives way to
 * a new one.
 */
export interface ClockMap<Value> {
  /** Finds, and counts as a use. */
  get(key: string): Value | undefined;
  /** Finds, and does not. */
  peek(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
  clear(): void;
  readonly size: number;
  /** Of all entries together. */
  readonly weight: number;
}

interface ClockMapOptions<Value> {
  readonly entriesMax: number;
  /** What all entries together may weigh; an entry that is heavier than that stands alone. */
  readonly weightMax?: number;
  /** Asked once for each value that is set. Without it, nothing weighs anything. */
  readonly weigh?: (value: Value) => number;
  /** Told of what gave way to something new; not of what was deleted. */
  readonly onGone: (key: string, value: Value) => void;
}

interface Places<Value> {
  readonly keys: (string | undefined)[];
  readonly values: (Value | undefined)[];
  readonly weights: number[];
  readonly free: number[];
}

const noPlaces = <Value>(): Places<Value> => ({ keys: [], values: [], weights: [], free: [] });

/**
 * CLOCK (Corbató, 1968): entries stand in a circle, a hand goes round, spares what was used since its last visit, and
 * takes the first that was not. A hit sets a bit and moves nothing, in a place of its own, so that it touches no more
 * memory than it must. Everything is O(1), amortised: what the hand passes without taking it was used since, or is a
 * place that something lighter left, and there are no more of those than light entries fit.
 */
export const createClockMap = <Value>(options: ClockMapOptions<Value>): ClockMap<Value> => {
  const { entriesMax, weightMax = Number.POSITIVE_INFINITY, weigh = () => 0, onGone } = options;
  const placeOf = new Map<string, number>();
  const isUsed = new Uint8Array(entriesMax);
  let places = noPlaces<Value>();
  let hand = 0;
  let weightSum = 0;

  const remove = (place: number): Value | undefined => {
    const { keys, values, weights, free } = places;
    const [key, value] = [keys[place], values[place]];
    if (key !== undefined) placeOf.delete(key);
    keys[place] = undefined;
    values[place] = undefined;
    weightSum -= weights[place] ?? 0;
    weights[place] = 0;
    isUsed[place] = 0;
    free.push(place);
    return value;
  };

  const turn = (): number => {
    const place = hand;
    hand = (hand + 1) % places.keys.length;
    return place;
  };

  /** Lets the next entry go that was not used, whatever is at `spared`. There must be one. */
  const letGo = (spared: number | undefined): void => {
    let place = turn();
    for (; places.keys[place] === undefined || place === spared || isUsed[place] === 1; place = turn())
      isUsed[place] = 0;
    const key = places.keys[place];
    const value = remove(place);
    if (key !== undefined && value !== undefined) onGone(key, value);
  };

  const findRoom = (): number => {
    if (placeOf.size >= entriesMax) letGo(undefined);
    return places.free.pop() ?? places.keys.length;
  };

  const valueAt = (key: string): Value | undefined => {
    const place = placeOf.get(key);
    return place === undefined ? undefined : places.values[place];
  };

  return Object.freeze({
    get: (key: string) => {
      const place = placeOf.get(key);
      if (place === undefined) return undefined;
      isUsed[place] = 1;
      return places.values[place];
    },
    peek: valueAt,
    set: (key: string, value: Value) => {
      const weight = weigh(value);
      const known = placeOf.get(key);
      if (known !== undefined) {
        weightSum -= places.weights[known] ?? 0;
        places.weights[known] = 0;
      }
      const others = known === undefined ? 0 : 1;
      while (weightSum + weight > weightMax && placeOf.size > others) letGo(known);
      const place = known ?? findRoom();
      placeOf.set(key, place);
      places.keys[place] = key;
      places.values[place] = value;
      places.weights[place] = weight;
      weightSum += weight;
    },
    delete: (key: string) => {
      const place = placeOf.get(key);
      if (place !== undefined) remove(place);
    },
    clear: () => {
      placeOf.clear();
      isUsed.fill(0);
      places = noPlaces();
      hand = 0;
      weightSum = 0;
    },
    get size() {
      return placeOf.size;
    },
    get weight() {
      return weightSum;
    },
  });
};
