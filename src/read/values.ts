import { type Fragment, trusted } from '../compiler/fragment.js'
import { invalidRead } from './errors.js'

/** The wire protocol counts them in 16 bits. */
const most = 30_000

/** Values of one statement, which travel beside its text and never in it. */
export class BindValues {
  readonly all: unknown[] = []

  /** The place of a value in the text, such as `$3`. PostgreSQL gives it the type that its place asks for. */
  add(value: unknown): Fragment {
    if (this.all.length >= most) throw invalidRead(`The read has more than ${most} values.`)
    this.all.push(value)
    return trusted(`$${this.all.length}`)
  }

  text(value: string): Fragment {
    return trusted(`${this.add(value).text}::pg_catalog.text`)
  }
}
