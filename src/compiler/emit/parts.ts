import { type Fragment, trusted } from '../fragment.js'

/** No SQL text can hold it, so that nothing which a user wrote is taken for a slot. */
const edge = '\u0000'

/** A place in a text at which something is put when the text is run. */
export function slot(name: string): Fragment {
  return trusted(`${edge}${name}${edge}`)
}

/** The text with its slots: every second part is the name of one. `tidemark.filled` puts it together. */
export function partsOf(text: string): string[] {
  return text.split(edge)
}
