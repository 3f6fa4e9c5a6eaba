import type { Environment } from "./environment.ts";

/** The strings a brand's secrets and management tokens begin with. */
export const prefixesOf = (brand: string) => ({
  secret: (environment: Environment) => `${brand}_${environment}_sk_`,
  token: `${brand}_mt_`,
});
