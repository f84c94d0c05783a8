import type { CaseView } from './case.js'
import type { Fate } from './run/finding.js'

type Outcome = Fate['outcome']

const maintained = ['delta', 'slice', 'pieces', 'full'] as const
const columns = [...maintained, 'refused'] as const

interface Tally {
  readonly outcomes: Map<Outcome, number>
  readonly codes: Map<string, number>
}

/** How the views that were made came to be maintained: all of them, and by what they are made of. */
export class Coverage {
  readonly #all = newTally()
  readonly #constructs = new Map<string, Tally>()

  add(views: readonly CaseView[], fates: readonly Fate[]): void {
    for (const fate of fates) {
      note(this.#all, fate)
      for (const tag of views.find(({ name }) => name === fate.view)?.tags ?? []) {
        const tally = this.#constructs.get(tag) ?? newTally()
        this.#constructs.set(tag, tally)
        note(tally, fate)
      }
    }
  }

  /** Of the views that are maintained at all, the part that is not recomputed whole. */
  get share(): number {
    return shareOf(this.#all)
  }

  get views(): number {
    return maintained.reduce((sum, outcome) => sum + count(this.#all, outcome), 0)
  }

  toJSON(): unknown {
    const plain = (tally: Tally): unknown => ({
      ...Object.fromEntries(tally.outcomes),
      share: shareOf(tally),
      codes: Object.fromEntries(tally.codes),
    })
    return {
      share: this.share,
      all: plain(this.#all),
      constructs: Object.fromEntries([...this.#constructs].map(([tag, tally]) => [tag, plain(tally)])),
    }
  }

  toString(): string {
    const rows = [...this.#constructs].sort(([, a], [, b]) => shareOf(b) - shareOf(a))
    const lines = [
      ['construct', ...columns, 'incremental', 'reasons'],
      ...[['all', this.#all] as const, ...rows].map(row),
    ]
    const widths = lines[0]?.map((_, place) => Math.max(...lines.map((line) => (line[place] ?? '').length))) ?? []
    return lines
      .map((line) =>
        line
          .map((cell, place) =>
            place === 0 || place === line.length - 1
              ? cell.padEnd(widths[place] ?? 0)
              : cell.padStart(widths[place] ?? 0),
          )
          .join('  ')
          .trimEnd(),
      )
      .join('\n')
  }
}

function newTally(): Tally {
  return { outcomes: new Map(), codes: new Map() }
}

function note(tally: Tally, { outcome, codes }: Fate): void {
  tally.outcomes.set(outcome, count(tally, outcome) + 1)
  if (outcome !== 'full' && outcome !== 'refused') return
  for (const code of codes) tally.codes.set(code, (tally.codes.get(code) ?? 0) + 1)
}

function count({ outcomes }: Tally, outcome: Outcome): number {
  return outcomes.get(outcome) ?? 0
}

function shareOf(tally: Tally): number {
  const all = maintained.reduce((sum, outcome) => sum + count(tally, outcome), 0)
  return all === 0 ? 0 : (all - count(tally, 'full')) / all
}

function row([tag, tally]: readonly [string, Tally]): string[] {
  const codes = [...tally.codes].sort(([, a], [, b]) => b - a).slice(0, 3)
  const numbers = columns.map((outcome) => String(count(tally, outcome)))
  return [
    tag,
    ...numbers,
    `${(100 * shareOf(tally)).toFixed(0)} %`,
    codes.map(([code, times]) => `${code} ${times}`).join(', '),
  ]
}
