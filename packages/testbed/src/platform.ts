const GO_ARCH: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64", ppc64: "ppc64le", s390x: "s390x" };

/** This machine's processor as Go calls it (GOARCH). */
export const goArch = GO_ARCH[process.arch] ?? process.arch;
