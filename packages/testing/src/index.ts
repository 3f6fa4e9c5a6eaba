export { createFakeClock, type FakeClock } from "./fake-clock.ts";
export { createSeededBytes } from "./seeded-bytes.ts";
export { seededRandom } from "./seeded-random.ts";
export { aVerificationRecord } from "./verification-record.ts";
