/** What is said besides to pages of another origin: the same object as long as it is the same. */
export interface Also {
  readonly headers: Readonly<Record<string, string>>
  /** What the answer depends on, because of it. */
  readonly vary: string | null
}
