import { z } from "zod";

import { validations } from "../../crd/validation.ts";
import { Subdomain } from "../../dns-names.ts";
import { GROUP } from "../../group.ts";
import { DATA_KEY, isTemplate, PREVIOUS_SUFFIX, placeholderNames, TEMPLATE } from "../template.ts";

const QUALIFIED_NAME =
  "^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$";

const metadataRules = (what: string) =>
  validations(
    {
      rule: `self.all(key, size(key) <= 317 && key.matches('${QUALIFIED_NAME}'))`,
      message: `every ${what} needs a valid key: an optional DNS prefix and "/", then at most 63 letters, digits, "-", "_" and "."`,
    },
    {
      rule: `self.all(key, !key.startsWith('${GROUP}/'))`,
      message: `${what}s that begin with ${GROUP}/ belong to the reconciler`,
    },
  );

const SecretLabels = z.record(
  z.string(),
  z
    .string()
    .max(63)
    .regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/),
);

const DATA_KEY_LENGTH_MAX = 253;

const Template = z.record(z.string(), z.string().max(4096).refine(isTemplate, "names an unknown placeholder")).meta({
  maxProperties: 8,
  ...validations(
    {
      rule: `self.all(key, size(key) <= ${DATA_KEY_LENGTH_MAX} && key.matches('${DATA_KEY}'))`,
      message: 'every key of secret.template needs 1 to 253 letters, digits, "-", "_" and "."',
    },
    {
      rule: `self.all(key, self[key].matches('${TEMPLATE}'))`,
      message: `placeholders of secret.template are ${placeholderNames.map((name) => `{{ .${name} }}`).join(", ")}; no other "{{" may stand in it`,
    },
  ),
});

/** What the reconciler writes for workloads. */
export const TargetSpec = z
  .object({
    name: Subdomain.describe(
      "Name of the Secret, in the namespace of this ApiKey. Default: the name of this ApiKey. When it changes, the value moves: the Secret of the old name stays for rotation.overlap.",
    ).optional(),
    key: z
      .string()
      .min(1)
      .max(DATA_KEY_LENGTH_MAX)
      .regex(new RegExp(DATA_KEY))
      .default("apiKey")
      .describe("Key inside the Secret's data under which the secret is written. When it changes, the value moves."),
    includePrevious: z
      .boolean()
      .describe(
        `Keeps the secret before beside the new one, under the key with "${PREVIOUS_SUFFIX}" at its end, until shortly before it ends. Default: false.`,
      )
      .optional(),
    template: Template.describe(
      `More keys of the Secret's data, with what stands in them: text with placeholders, for example config.json: '{"key": "{{ .secret }}"}'. Placeholders: ${placeholderNames.join(", ")}. Nothing is escaped, and nothing has to be: they hold only letters, digits, "_" and "-".`,
    ).optional(),
    labels: SecretLabels.meta({ maxProperties: 16, ...metadataRules("label") })
      .describe("Labels that the Secret gets.")
      .optional(),
    annotations: z
      .record(z.string(), z.string().max(1024))
      .meta({ maxProperties: 16, ...metadataRules("annotation") })
      .describe("Annotations that the Secret gets.")
      .optional(),
  })
  .meta(
    validations(
      {
        rule: `!has(self.template) || !(self.key in self.template || (self.key + '${PREVIOUS_SUFFIX}') in self.template)`,
        message: `secret.template may not have the key of the secret itself, nor that one with ${PREVIOUS_SUFFIX}`,
      },
      {
        rule: `!has(self.includePrevious) || !self.includePrevious || size(self.key) <= ${DATA_KEY_LENGTH_MAX - PREVIOUS_SUFFIX.length}`,
        message: `with secret.includePrevious, secret.key has at most ${DATA_KEY_LENGTH_MAX - PREVIOUS_SUFFIX.length} characters`,
      },
    ),
  );
