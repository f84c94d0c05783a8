import type { SelectStmt } from '@pgsql/types'
import { TidemarkError } from '../../protocol/errors.js'
import type { Place } from './place.js'

/** Something wrong with a piece of a query, which is still to be found in the user's text. */
export class PlacedError extends TidemarkError {
  constructor(
    code: TidemarkError['code'],
    message: string,
    hint: string,
    readonly place: Place,
    /** The tree that the place is in. */
    readonly query: SelectStmt,
  ) {
    super(code, message, { hint })
  }
}
