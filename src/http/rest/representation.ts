import { restError } from './errors.js'

/** How rows are written. */
export interface Representation {
  readonly format: 'json' | 'stripped' | 'csv'
  /** One row, without the brackets of a list. */
  readonly singular: boolean
  readonly contentType: string
}

const kinds: ReadonlyMap<string, Representation> = new Map(
  [
    { format: 'json' as const, singular: false, types: ['application/json', 'application/*', '*/*'] },
    { format: 'csv' as const, singular: false, types: ['text/csv', 'text/*'] },
    {
      format: 'json' as const,
      singular: true,
      types: ['application/vnd.pgrst.object+json', 'application/vnd.pgrst.object'],
    },
    {
      format: 'json' as const,
      singular: false,
      types: ['application/vnd.pgrst.array+json', 'application/vnd.pgrst.array'],
    },
  ].flatMap(({ types, ...kind }) => types.map((type) => [type, { ...kind, contentType: types[0] ?? type }])),
)

const plan = /^application\/vnd\.pgrst\.plan\b/

interface MediaRange {
  readonly type: string
  readonly stripped: boolean
  readonly quality: number
}

/** The one that the client likes best, of those that we have. */
export function chooseRepresentation(accept: string | null): Representation {
  const ranges = (accept === null || accept.trim() === '' ? '*/*' : accept).split(',').map(readRange)
  const liked = ranges.filter(({ quality }) => quality > 0).sort((one, other) => other.quality - one.quality)
  for (const { type, stripped } of liked) {
    const kind = kinds.get(type)
    if (kind === undefined || (stripped && kind.format === 'csv')) continue
    const contentType = `${kind.contentType}${stripped ? '; nulls=stripped' : ''}; charset=utf-8`
    return { ...kind, contentType, ...(stripped ? { format: 'stripped' } : {}) }
  }
  throw restError(406, 'PGRST107', 'None of the media types that the client accepts can be given', {
    details: `There are ${[...kinds.keys()].filter((type) => !type.endsWith('*')).join(', ')}.`,
    hint: ranges.some(({ type }) => plan.test(type))
      ? 'Plans are not shown over HTTP: tidemark explain says how a view is maintained.'
      : undefined,
  })
}

function readRange(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const quality = parameters.find((parameter) => parameter.startsWith('q='))
  return {
    type,
    stripped: parameters.includes('nulls=stripped'),
    quality: quality === undefined ? 1 : Number(quality.slice(2)) || 0,
  }
}
