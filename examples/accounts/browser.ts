// The first that matches: each says that it is all of those below it, too.
const browsers: ReadonlyArray<readonly [sign: RegExp, name: string]> = [
  [/Edg\//, 'Edge'], [/OPR\//, 'Opera'], [/Firefox\//, 'Firefox'], [/Chrome\//, 'Chrome'], [/Safari\//, 'Safari'], [/curl\//, 'curl']
]

const systems: ReadonlyArray<readonly [sign: RegExp, name: string]> = [
  [/Android/, 'Android'], [/iPhone|iPad/, 'iOS'], [/Windows/, 'Windows'], [/Mac OS X/, 'macOS'], [/Linux/, 'Linux']
]

/** What to call a browser, for the person who used it. */
export function browserOf (userAgent = ''): string {
  const [browser, system] = [browsers, systems].map(names => names.find(([sign]) => sign.test(userAgent))?.[1])
  return system === undefined ? browser ?? 'A browser' : `${browser ?? 'A browser'} on ${system}`
}
