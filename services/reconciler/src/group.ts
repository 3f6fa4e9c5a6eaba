/** The API group of everything that Itsy Keys adds to a cluster, and the prefix of its annotations. */
export const GROUP = "keys.itsy.dev";
export const VERSION = "v1";
