/** A map of at most so many entries; one that was not asked for lately gives way to a new one. */
export interface ClockMap<Value> {
  /** Finds, and counts as a use. */
  get(key: string): Value | undefined;
  /** Finds, and does not. */
  peek(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
  clear(): void;
  readonly size: number;
}

interface Places<Value> {
  readonly keys: (string | undefined)[];
  readonly values: (Value | undefined)[];
  readonly free: number[];
}

const noPlaces = <Value>(): Places<Value> => ({ keys: [], values: [], free: [] });

/**
 * CLOCK (Corbató, 1968): entries stand in a circle, a hand goes round, spares what was used since its last visit, and
 * takes the first that was not. A hit sets a bit and moves nothing, in a place of its own, so that it touches no more
 * memory than it must. Everything is O(1), amortised.
 */
export const createClockMap = <Value>(options: {
  readonly entriesMax: number;
  /** Told of what gave way to something new; not of what was deleted. */
  readonly onGone: (key: string, value: Value) => void;
}): ClockMap<Value> => {
  const { entriesMax, onGone } = options;
  const placeOf = new Map<string, number>();
  const isUsed = new Uint8Array(entriesMax);
  let places = noPlaces<Value>();
  let hand = 0;

  const remove = (place: number): Value | undefined => {
    const { keys, values } = places;
    const [key, value] = [keys[place], values[place]];
    if (key !== undefined) placeOf.delete(key);
    keys[place] = undefined;
    values[place] = undefined;
    return value;
  };

  const makeRoom = (): number => {
    for (; isUsed[hand] === 1; hand = (hand + 1) % entriesMax) isUsed[hand] = 0;
    const place = hand;
    hand = (hand + 1) % entriesMax;
    const key = places.keys[place];
    const value = remove(place);
    if (key !== undefined && value !== undefined) onGone(key, value);
    return place;
  };

  const findRoom = (): number => {
    const free = places.free.pop();
    if (free !== undefined) return free;
    return places.keys.length < entriesMax ? places.keys.length : makeRoom();
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
      const place = placeOf.get(key) ?? findRoom();
      placeOf.set(key, place);
      places.keys[place] = key;
      places.values[place] = value;
    },
    delete: (key: string) => {
      const place = placeOf.get(key);
      if (place === undefined) return;
      remove(place);
      isUsed[place] = 0;
      places.free.push(place);
    },
    clear: () => {
      placeOf.clear();
      isUsed.fill(0);
      places = noPlaces();
      hand = 0;
    },
    get size() {
      return placeOf.size;
    },
  });
};
