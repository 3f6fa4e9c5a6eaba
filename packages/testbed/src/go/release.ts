/** A release of Go, as module proxies have it. */
export type GoRelease = {
  /** For example `1.26.11`. */
  readonly version: string;
  /** `<GOOS>-<GOARCH>` → the hash that the checksum database has for this platform's toolchain. */
  readonly hashes: Readonly<Record<string, string>>;
};

/**
 * From the checksum database's `lookup/golang.org/toolchain@v0.0.1-go<version>.<platform>`. Not older than what the
 * go.mod files of this package ask for, or it would fetch another one.
 */
export const PINNED_GO: GoRelease = {
  version: "1.26.11",
  hashes: {
    "darwin-amd64": "h1:ydidkBD90rrbnDbAJQcL+jVHdCj0S3OMfLntC/we3fw=",
    "darwin-arm64": "h1:cGxzEKi4mhhQFd6Cz/2NSL4Y9nfIBCirzU1yn2rnOY8=",
    "linux-amd64": "h1:KyINmJ/FQdKRmDYGuTAAXkumyeR2DyUlSNHZj7XaLFg=",
    "linux-arm64": "h1:GFS9FmglLJxMwOSuun3qb8tBjpr8ibzOkt8tBrRLrnk=",
  },
};
