import { setTimeout as delay } from 'node:timers/promises'

/** Between two looks there is at least this, and more where they take long: most of the time, nothing is asked. */
const gapMs = 25
const longestGapMs = 2_000
const shareOfTime = 4

/** When the next look is due: soon after it is called for, and never all the time. */
export class Pace {
  #wake: () => void = () => undefined
  #isAwake = false
  #tookMs = 0

  /** For as long as the last look took, and several times that, there is no other. */
  took(milliseconds: number): void {
    this.#tookMs = milliseconds
  }

  wake(): void {
    this.#isAwake = true
    this.#wake()
  }

  /** Until it is woken, or for so long; Infinity: until it is woken. */
  async rest(milliseconds: number, signal: AbortSignal): Promise<void> {
    const gap = Math.min(longestGapMs, Math.max(gapMs, this.#tookMs * shareOfTime))
    await delay(gap, undefined, { signal }).catch(() => undefined)
    if (!this.#isAwake && milliseconds > gap && !signal.aborted) await this.#sleep(milliseconds - gap)
    this.#isAwake = false
  }

  async #sleep(milliseconds: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      if (Number.isFinite(milliseconds)) timer = setTimeout(resolve, milliseconds)
    })
    clearTimeout(timer)
    this.#wake = () => undefined
  }
}
