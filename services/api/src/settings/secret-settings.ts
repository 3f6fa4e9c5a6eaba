import { createPepperRing, type PepperEntry, type PepperRing } from "@itsy/key-format";

import { type DatabaseSettings, MEMORY_PATH } from "../database/database-url.ts";
import { parsePeppers, peppersOfEmbedded, readPepperFile, temporaryPepper } from "./pepper-file.ts";
import { parseScannerKeys, readScannerKeys, type ScannerKey } from "./scanner-keys.ts";

/** The settings that hold something secret, or name a file of it. */
export interface SecretSettings {
  readonly DATABASE_URL: DatabaseSettings;
  readonly PEPPERS?: string | undefined;
  readonly PEPPER_FILE?: string | undefined;
  readonly PEPPER_CURRENT?: number | undefined;
  readonly LEAK_SCANNERS?: string | undefined;
  readonly LEAK_SCANNERS_FILE?: string | undefined;
}

const loadPeppers = ({ PEPPERS, PEPPER_FILE: path, DATABASE_URL: target }: SecretSettings): readonly PepperEntry[] => {
  if (PEPPERS !== undefined) return parsePeppers(PEPPERS);
  if (target.type !== "sqlite") {
    if (path !== undefined) return readPepperFile(path);
    throw new Error("set PEPPERS or PEPPER_FILE: every replica on a MySQL or MariaDB database needs the same pepper");
  }
  if (target.path !== MEMORY_PATH)
    return peppersOfEmbedded({ path: path ?? `${target.path}.peppers`, databasePath: target.path });
  return path === undefined ? temporaryPepper() : readPepperFile(path);
};

/** @throws Error, without a part of a pepper */
export const loadPepperRing = (settings: SecretSettings): PepperRing => {
  const { PEPPER_CURRENT: current } = settings;
  return createPepperRing(loadPeppers(settings), current === undefined ? {} : { current });
};

/** @throws Error, without a part of a key */
export const loadScannerKeys = ({ LEAK_SCANNERS, LEAK_SCANNERS_FILE }: SecretSettings): readonly ScannerKey[] =>
  LEAK_SCANNERS_FILE === undefined ? parseScannerKeys(LEAK_SCANNERS ?? "") : readScannerKeys(LEAK_SCANNERS_FILE);
