import { digestsOf, type PepperRing } from "@itsy/key-format";

/** The digests under which a secret may be stored, from its SHA-256 in hexadecimal. */
export const digestsOfSha256 = (peppers: PepperRing, secretSha256: string): readonly Uint8Array[] =>
  digestsOf(peppers, Buffer.from(secretSha256, "hex")).map(({ digest }) => digest);
