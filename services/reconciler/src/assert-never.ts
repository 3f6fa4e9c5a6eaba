/** Marks what the compiler knows to be impossible. Prints the variant's tag only: the rest may hold a secret. */
export const assertNever = (value: never): never => {
  throw new TypeError(`unexpected variant: ${String((value as { type?: unknown }).type)}`);
};
