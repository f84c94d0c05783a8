import type { Reason } from '../reasons.js'

/** Thrown where the changes of a table cannot tell which slices they touch. */
export class NoKey extends Error {
  constructor(readonly why: Reason) {
    super(why.reason)
  }
}
