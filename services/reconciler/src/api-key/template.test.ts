import { generateSecret } from "@itsy/key-format";
import fc from "fast-check";
import { expect, test } from "vitest";

import { isTemplate, placeholderNames, render } from "./template.ts";

const values = {
  secret: generateSecret({ environment: "production" }),
  keyId: "key_1",
  displayPrefix: "itsy_production_sk_abcd",
  revision: "7",
  environment: "production",
  workspace: "acme",
  project: "default",
};

test("placeholders are filled in, with or without a dot and space", () => {
  expect(render('{"key": "{{ .secret }}"}', values)).toBe(`{"key": "${values.secret}"}`);
  expect(render("{{secret}}{{ .revision}}-{{  keyId  }}", values)).toBe(`${values.secret}7-key_1`);
});

test.each(["", "text", "{", '{ "a": { "b": 1 } }', "}}", "a\nb\n", "{ {{ .secret }} }"])("%j is a template", (text) => {
  expect(isTemplate(text)).toBe(true);
});

test.each(["{{", "{{ .name }}", "{{ .secret", "{{ secret | quote }}", "{{{ .secret }}}", "{{ . }}", "a {{ b"])(
  "%j is none",
  (text) => {
    expect(isTemplate(text)).toBe(false);
  },
);

test("text around placeholders comes through as it is, and nothing that looks like one is left", () => {
  const piece = fc.oneof(
    fc.string({ unit: "grapheme" }).filter((text) => !text.includes("{")),
    fc.constantFrom(...placeholderNames.map((name) => `{{ .${name} }}`)),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join("");
      expect(isTemplate(text)).toBe(true);
      const expected = pieces.map((one) => values[/^[{]{2} [.](.*) }}$/.exec(one)?.[1] as keyof typeof values] ?? one);
      expect(render(text, values)).toBe(expected.join(""));
    }),
  );
});

test("no value needs an escape, wherever it stands", () => {
  for (const value of Object.values(values)) expect(value).toMatch(/^[0-9A-Za-z_-]+$/);
});
