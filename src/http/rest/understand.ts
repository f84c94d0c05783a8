import { LRUCache } from 'lru-cache'
import { type Asking, askingOf } from '../asking.js'
import { Problem } from '../problem.js'
import { parseQuery, type RestQuery } from './parse.js'
import { readPreferences } from './preferences.js'
import { type Extent, readExtent } from './range.js'
import { chooseRepresentation, type Representation } from './representation.js'

/** What a request asks for, whoever asks. */
export interface Asked {
  readonly query: RestQuery
  readonly extent: Extent
  readonly representation: Representation
  readonly count: boolean
  readonly applied: string | undefined
}

/** Node refuses a quarter of this by itself; others take what comes. */
const longestUrl = 65_536

const mostRemembered = 1_000
/** Longer ones are understood anew each time: what is remembered must stay small. */
const longestRemembered = 2_048

/** Dashboards ask for the same again and again: what was understood once is remembered, as the same object. */
export class Understanding {
  readonly #known = new LRUCache<string, Asked>({ max: mostRemembered })

  constructor(private readonly maxRows: number) {}

  /** @throws RestError, Problem. What is wrong is not remembered. */
  of(request: Request): Asked {
    const key = keyOf(askingOf(request))
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const asked = understand(request, this.maxRows)
    if (key.length <= longestRemembered) this.#known.set(key, asked)
    return asked
  }

  recall(asking: Asking): Asked | undefined {
    return this.#known.get(keyOf(asking))
  }
}

/** All that is looked at. No header has a line break in it, and no address. */
function keyOf({ headers, target }: Asking): string {
  const word = (name: string): string => headers.get(name) ?? '\n'
  return `${target}\n${word('accept')}\n${word('prefer')}\n${word('range')}\n${word('range-unit')}`
}

function understand({ url, headers }: Request, maxRows: number): Asked {
  if (url.length > longestUrl) {
    throw new Problem('REQUEST_TOO_LARGE', `The URL has more than ${longestUrl} characters.`, { status: 414 })
  }
  const representation = chooseRepresentation(headers.get('accept'))
  const { count, applied } = readPreferences(headers.get('prefer'))
  const query = parseQuery(queryStringOf(url))
  return { query, extent: readExtent(query, headers, maxRows), representation, count, applied }
}

function queryStringOf(url: string): string {
  const [address = ''] = url.split('#', 1)
  const start = address.indexOf('?')
  return start < 0 ? '' : address.slice(start + 1)
}
