import type { FreshRules, HttpLimits } from '../define/http-types.js'
import type { Reader } from '../read/index.js'
import type { Log } from '../worker/events.js'
import type { Access } from './access/access.js'
import type { BoundedDatabase } from './bounded.js'
import type { LongWork } from './longWork.js'
import type { ViewDirectory } from './views.js'

/** What every part of the server works with. */
export interface HttpContext {
  readonly reader: Reader
  /** Nobody waits long for a connection of it. */
  readonly database: BoundedDatabase
  readonly views: ViewDirectory
  readonly access: Access
  readonly limits: HttpLimits
  /** null: nothing is computed for a request. */
  readonly fresh: FreshRules | null
  readonly work: LongWork
  readonly log: Log
}
