/** Set by the build: false in packaged builds, which then do not even contain what stands behind it. */
declare const __DEVELOPMENT__: boolean;
