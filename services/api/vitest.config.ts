// @boundaries-ignore every package shares these settings
import { mergeConfig } from "vitest/config";

import shared from "../../vitest.shared.ts";

/** MySQL and MariaDB are started once for the whole run. */
export default mergeConfig(shared, { test: { globalSetup: ["./test/database/servers.ts"] } });
