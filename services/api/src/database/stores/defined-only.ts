/** The change without the fields that are `undefined`: those stay as they are, and `null` is written. */
export const definedOnly = <Change extends object>(change: Change): Change =>
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as Change;
