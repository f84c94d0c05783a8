import { Problem } from '../problem.js'

const mostNames = 500

/**
 * Names in a list with commas between them. In double quotes a name can have commas; a double quote in it is written twice.
 * null: none are named.
 * @throws Problem REQUEST_INVALID where a quote is not closed, or something stands behind it; or there are too many.
 */
export function namesOf(given: string | undefined): readonly string[] | null {
  if (given === undefined || given === '') return null
  const names: string[] = []
  // Each part begins where the last one ended: at the beginning, or at a comma.
  const part = /(?:"((?:[^"]|"")*)"|([^",][^,]*))(?:,|$)/y
  let end = 0
  while (end < given.length) {
    part.lastIndex = end
    const [whole = '', quoted, plain = ''] = part.exec(given) ?? []
    if (whole === '' || names.length === mostNames) throw refusal(names.length)
    names.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    end += whole.length
  }
  if (given.endsWith(',')) throw refusal(names.length)
  return names
}

function refusal(count: number): Problem {
  if (count === mostNames) return new Problem('REQUEST_INVALID', `At most ${mostNames} views can be named.`)
  return new Problem('REQUEST_INVALID', '"views" is no list of names.', {
    hint: 'Write views=a,b. A name with a comma or a double quote stands in double quotes, with those in it doubled.',
  })
}
