interface Reading {
  /** The value that a workload reads now; `null` when there is none. */
  readonly read: () => Promise<string | null>;
  readonly verify: (value: string) => boolean;
}

/**
 * The value that can be read and does not work; `null` when all is well. One that was replaced while its answer was on
 * its way can be read no more: it is read again before it is blamed.
 */
export const refusedValue = async ({ read, verify }: Reading): Promise<string | null> => {
  const value = await read();
  if (value === null || verify(value)) return null;
  return (await read()) === value ? value : null;
};
