/** Receives one progress line, without a line end. */
export type Log = (line: string) => void;

export const silent: Log = () => {};

/** Progress goes to standard error: standard output belongs to the command's result. */
export const toStderr: Log = (line) => {
  process.stderr.write(`${line}\n`);
};
