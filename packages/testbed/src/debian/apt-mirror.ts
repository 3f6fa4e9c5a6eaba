/** One line of `apt-get indextargets` in the format below. */
export const TARGET_FORMAT = "$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)";

/**
 * The mirror that this machine uses for Debian itself, from `apt-get indextargets` lines in TARGET_FORMAT; null when
 * there is none. ORIGIN is known only after an `apt-get update`; before it, the release's own name must do.
 */
export const chooseMirror = (lines: readonly string[], codename: string): string | null => {
  const targets = lines
    .map((line) => line.trim().split("|"))
    .filter(([, release, component]) => release === codename && component === "main");
  const chosen = targets.find(([, , , origin]) => origin === "Debian") ?? targets[0];
  return chosen?.[0] ?? null;
};

/** `ID` and `VERSION_CODENAME` of the text of /etc/os-release. */
export const parseOsRelease = (text: string): { readonly id: string; readonly codename: string } => {
  const field = (name: string): string => new RegExp(`^${name}="?([^"\\n]*)"?$`, "m").exec(text)?.[1] ?? "";
  return { id: field("ID"), codename: field("VERSION_CODENAME") };
};
