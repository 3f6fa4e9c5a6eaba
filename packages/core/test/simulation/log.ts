/** Takes one line of the trace; it is written only where somebody reads it. */
export type Log = (line: () => string) => void;
