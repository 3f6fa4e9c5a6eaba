/**
 * Templates of the Secret's data: text with `{{ .name }}` in it, as External Secrets and Helm write it, and nothing else
 * of a template language. Every value is made of `[0-9A-Za-z_-]`: it stands in JSON, YAML, a URL or a shell's quotes as
 * it is. What could hold anything else (a display name) is no placeholder.
 */
export const placeholderNames = [
  "secret",
  "keyId",
  "displayPrefix",
  "revision",
  "environment",
  "workspace",
  "project",
] as const;
export type Placeholders = Readonly<Record<(typeof placeholderNames)[number], string>>;

const PLACEHOLDER = `[{][{] *[.]?(${placeholderNames.join("|")}) *[}][}]`;

/** The same for RE2 (the API server) and for JavaScript: the whole text, without any other "{{". */
export const TEMPLATE = `^([^{]|[{][^{]|${PLACEHOLDER})*[{]?$`;

/** A key of a Secret's data. */
export const DATA_KEY = "^[-._a-zA-Z0-9]+$";

/** What the key of the value before ends with. It makes a valid name of an environment variable, too. */
export const PREVIOUS_SUFFIX = "_previous";

const whole = new RegExp(TEMPLATE);
const placeholder = new RegExp(PLACEHOLDER, "g");

export const isTemplate = (text: string): boolean => whole.test(text);

export const render = (text: string, values: Placeholders): string =>
  text.replace(placeholder, (_found, name: keyof Placeholders) => values[name]);
