const STAGING = /-staged-[0-9a-f]{8}$/;

export const isStaging = (secretName: string): boolean => STAGING.test(secretName);
