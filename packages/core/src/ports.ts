// What the domain asks of the outside, a file for each concept.
export * from "./ports/audit.ts";
export * from "./ports/bindings.ts";
export * from "./ports/clock.ts";
export * from "./ports/database.ts";
export * from "./ports/idempotency.ts";
export * from "./ports/ids.ts";
export * from "./ports/keys.ts";
export * from "./ports/peppers.ts";
export * from "./ports/tenancy.ts";
export * from "./ports/tokens.ts";
export * from "./ports/usage.ts";
export * from "./ports/verification.ts";
export * from "./ports/versions.ts";
export * from "./ports/write-conflicts.ts";
