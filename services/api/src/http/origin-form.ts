/**
 * The path and query of a request's target, which may be a whole URL (RFC 9112, section 3.2.2: servers accept that).
 * Anything else stays as it is.
 */
export const originForm = (target: string): string => {
  const [, rest] = /^https?:\/\/[^/?#]*(.*)$/i.exec(target) ?? [];
  if (rest === undefined) return target;
  return rest.startsWith("/") ? rest : `/${rest}`;
};
