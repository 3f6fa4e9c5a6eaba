import {
  checkedCounts,
  purgeUnwritten,
  type RateReadRow,
  type RateRows,
  rateReadQuery,
  toRateRead,
  UPDATE_RATE,
} from "../rate-rows.ts";
import type { Execute } from "./execute.ts";

/** When the statement began, in whatever time zone the session is. */
const NOW_MS = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) DIV 1000";

const READ = rateReadQuery(NOW_MS);
const INSERT = "INSERT IGNORE INTO key_rate (key_id, version, counts) VALUES (?, ?, ?)";

/** Each call is one prepared statement that commits by itself. Nothing is sent twice. */
export const createServerRateRows = ({ read, write }: Execute): RateRows =>
  Object.freeze<RateRows>({
    read: async (keyId) => toRateRead(await read<RateReadRow>(READ, [keyId, keyId])),
    write: async ({ keyId, expectedVersion, row }) => {
      const counts = checkedCounts(row.counts);
      const changed =
        expectedVersion === null
          ? await write(INSERT, [keyId, row.version, counts])
          : await write(UPDATE_RATE, [row.version, counts, keyId, expectedVersion]);
      return changed === 1;
    },
    purge: () => purgeUnwritten(NOW_MS, { find: read, remove: write }),
  });
