import { Counter, type Registry } from "prom-client";

interface CounterText {
  readonly name: string;
  readonly help: string;
  readonly registers: Registry[];
}

/** A counter of what is counted in a plain number, where each request passes; `read` is asked when the metrics are. */
export const countedElsewhere = ({ read, ...text }: CounterText & { readonly read: () => number }): void => {
  const counter: Counter = new Counter({
    ...text,
    collect: () => {
      counter.reset();
      counter.inc(read());
    },
  });
};

/** The same with a number for each value of one label. */
export const countedElsewhereBy = ({
  label,
  read,
  ...text
}: CounterText & {
  readonly label: string;
  readonly read: () => Iterable<readonly [value: string, count: number]>;
}): void => {
  const counter: Counter = new Counter({
    ...text,
    labelNames: [label],
    collect: () => {
      counter.reset();
      for (const [value, count] of read()) counter.inc({ [label]: value }, count);
    },
  });
};
