import type { FreshRules, HttpLimits } from '../../define/http-types.js'
import type { Reader } from '../../read/index.js'
import type { Log } from '../../worker/events.js'
import type { Access } from '../access/access.js'
import type { ViewDirectory } from '../views.js'

/** What reading needs of the server. */
export interface RestContext {
  readonly reader: Pick<Reader, 'readJson' | 'recall' | 'describe' | 'present' | 'invalidate'>
  readonly access: Pick<Access, 'check' | 'recall' | 'mayRead'>
  readonly views: Pick<ViewDirectory, 'invalidate'>
  readonly limits: Pick<HttpLimits, 'maxRows' | 'statementTimeoutMs'>
  /** null: nothing is computed for a request. */
  readonly fresh: FreshRules | null
  readonly log: Log
}
