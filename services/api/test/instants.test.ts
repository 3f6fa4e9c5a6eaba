import { expect, test } from "vitest";

import { codeOf } from "./api/code-of.ts";
import { startTestApi } from "./api/start-test-api.ts";
import { databaseKinds } from "./database/fresh-database.ts";

/** In UTC, one is before the year 0000 and one after 9999: no answer could show it. */
const BEYOND = ["0000-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"];
const LAST = "9999-12-31T23:59:59.999Z";

test.each(databaseKinds)(
  "on %s, an instant of no year from 0000 to 9999 is refused wherever one is taken",
  async (kind) => {
    await using api = await startTestApi({ kind });
    const { tokens } = await api.tenant("acme");
    const admin = api.client(tokens.admin);
    const operator = api.client(api.operatorToken);
    const { key } = await admin.keys.create({ name: "a", environment: "local", expiresAt: LAST });
    expect(key.expiresAt).toBe(LAST);
    for (const instant of BEYOND) {
      const codes = [
        admin.keys.create({ name: "b", environment: "local", expiresAt: instant }),
        admin.keys.update({ keyId: key.id, expiresAt: instant }),
        operator.tokens.create({ role: "operator", name: "t", expiresAt: instant }),
        admin.keys.usage({ from: instant }),
        admin.keys.usage({ to: instant }),
        admin.audit.list({ from: instant }),
        admin.audit.list({ to: instant }),
      ].map((call) => codeOf(call));
      expect(new Set(await Promise.all(codes))).toEqual(new Set(["INVALID_INPUT"]));
    }
    expect(await codeOf(admin.keys.usage({ from: "9999-12-31T23:00:00Z", to: LAST }))).toBe("INVALID_INPUT");
    expect((await admin.audit.list({ from: "0000-01-01T00:00:00Z", to: LAST })).entries.length).toBeGreaterThan(0);
    expect((await admin.keys.list({})).keys).toHaveLength(1);
    expect((await admin.keys.health({})).keys).toHaveLength(0);
  },
);
