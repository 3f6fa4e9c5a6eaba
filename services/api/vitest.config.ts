import { mergeConfig } from "vitest/config";

// @boundaries-ignore every package shares these settings
import shared from "../../vitest.shared.ts";

/** MySQL and MariaDB are started once for the whole run. */
export default mergeConfig(shared, { test: { globalSetup: ["./test/database/servers.ts"] } });
