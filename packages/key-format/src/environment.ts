/** The environments a key can belong to, as they are written inside a secret. */
export const environments = Object.freeze(["production", "preview", "local"] as const);

export type Environment = (typeof environments)[number];
