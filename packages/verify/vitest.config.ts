// @boundaries-ignore every package shares these settings
export { default } from "../../vitest.shared.ts";
