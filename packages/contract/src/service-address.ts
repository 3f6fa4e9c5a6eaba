const parse = (text: string): URL | null => {
  try {
    return new URL(text);
  } catch {
    // Not the parser's error: it quotes its input, in which somebody may have put a password.
    return null;
  }
};

/** Where a service listens, without a slash at its end; or what is wrong with the text, of which nothing is quoted. */
export const readServiceAddress = (text: string): { readonly address: string } | { readonly flaw: string } => {
  const url = parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return { flaw: "must be an http or https address" };
  if (url.username !== "" || url.password !== "") return { flaw: "must not hold a user or a password" };
  return { address: `${url.origin}${url.pathname.replace(/\/+$/, "")}` };
};
