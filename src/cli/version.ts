/** The version of the package: the one in `package.json`, as a test makes sure. */
export const version = '0.1.0'
