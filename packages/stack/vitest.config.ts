import { mergeConfig } from "vitest/config";

// @boundaries-ignore every package shares these settings
import shared from "../../vitest.shared.ts";

/** MySQL and MariaDB are started once; a file's control plane and services are its own, so files run one by one. */
export default mergeConfig(shared, {
  test: { globalSetup: ["./test/world/servers.ts"], fileParallelism: false, testTimeout: 120_000 },
});
