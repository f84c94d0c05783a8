import type { DeploymentProblem } from '../protocol/api.js'

/** What became of what was saved last: whoever applies it says so here, and the server tells. */
export class DeploymentNotes {
  #problems: readonly DeploymentProblem[] = []
  #onChange: () => void = () => undefined

  get problems(): readonly DeploymentProblem[] {
    return this.#problems
  }

  /** None: it was applied. */
  note(problems: readonly DeploymentProblem[]): void {
    if (problems.length === 0 && this.#problems.length === 0) return
    this.#problems = problems
    this.#onChange()
  }

  onChange(listener: () => void): void {
    this.#onChange = listener
  }
}
