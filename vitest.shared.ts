import { defineConfig } from "vitest/config";

/** What every package's tests have in common. The JSON report is what `scripts/test.ts` adds up. */
export default defineConfig({
  resolve: { conditions: ["@itsy/source"] },
  ssr: { resolve: { conditions: ["@itsy/source", "module", "node", "development|production"] } },
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    reporters: ["default", ["json", { outputFile: "test-results/vitest.json" }]],
    testTimeout: 30_000,
    hookTimeout: 600_000,
    passWithNoTests: true,
  },
});
