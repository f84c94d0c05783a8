import { setFlagsFromString } from 'node:v8'

/**
 * V8 notes early on which places of the code make objects that live long, and from then on puts all that come from there among
 * the old ones. In the first moments of a server everything seems to: while connections are opened, all requests wait. Later
 * each of them leaves what it made behind, for collections that stop everything: five to twenty milliseconds, once a second.
 * Source: `--allocation-site-pretenuring` in V8's src/flags/flag-definitions.h. Takes effect for code that is compiled after it.
 */
export function expectShortLives(): void {
  setFlagsFromString('--no-allocation-site-pretenuring')
}
