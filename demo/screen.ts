/** A terminal that is drawn over and over, in its second buffer: what was there before comes back in the end. */
export class Screen {
  #open = false
  readonly #restore = () => this.close()

  constructor(private readonly out: NodeJS.WriteStream) {}

  get columns(): number {
    return this.out.columns
  }

  draw(lines: readonly string[]): void {
    if (!this.#open) this.#enter()
    const shown = lines.slice(0, Math.max(1, this.out.rows - 1))
    // Each line is erased to its end only, so that nothing flickers.
    this.out.write(`\u001b[H${shown.map((line) => `${line}\u001b[K`).join('\n')}\u001b[J`)
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    process.off('exit', this.#restore)
    this.out.write('\u001b[?25h\u001b[?1049l')
  }

  #enter(): void {
    this.#open = true
    // However this process ends, its terminal is to be of use again.
    process.once('exit', this.#restore)
    this.out.write('\u001b[?1049h\u001b[?25l\u001b[2J')
  }
}
