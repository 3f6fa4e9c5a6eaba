/** Values that no field of the API takes all of: wrong types, out of every range, oversized, unreadable. */
const junk: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  Number.MAX_SAFE_INTEGER,
  1e300,
  "",
  " ",
  "a\u0000b",
  "line\nbreak",
  "ÜMLAUT",
  "../../etc/passwd",
  "' OR 1=1 --",
  "x".repeat(5000),
  "2020-13-45T00:00:00Z",
  [],
  [null],
  Array.from({ length: 100 }, () => "x"),
  {},
  { $gt: "" },
];

export interface Spoilt {
  /** Which field, and what was done to it. */
  readonly name: string;
  readonly field: string;
  readonly input: unknown;
}

type Tree = Record<string, unknown>;
const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);

const brief = (value: unknown) => JSON.stringify(value).slice(0, 24);

/** Every input that differs from a good one in one place: a field with junk, a field gone, a field too many. */
export const spoil = (good: Tree, prefix = ""): readonly Spoilt[] => [
  { name: `${prefix}* has a field too many`, field: `${prefix}*`, input: { ...good, unexpected: 1 } },
  ...Object.entries(good).flatMap(([key, value]): Spoilt[] => {
    const field = `${prefix}${key}`;
    const { [key]: _gone, ...without } = good;
    const nested = isTree(value) ? spoil(value, `${field}.`) : [];
    const listed = Array.isArray(value) ? junk.map((one) => [one]) : [];
    return [
      { name: `${field} is not there`, field, input: without },
      ...[...junk, ...listed].map((bad) => ({
        name: `${field} is ${brief(bad)}`,
        field,
        input: { ...good, [key]: bad },
      })),
      ...nested.map((inner) => ({ ...inner, input: { ...good, [key]: inner.input } })),
    ];
  }),
];
