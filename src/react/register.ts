/**
 * Where an application names its views, once, for all of `tidemark/react`. `tidemark generate --react` writes `JsonViews`:
 *
 *     declare module 'tidemark/react' {
 *       interface Register { views: JsonViews }
 *     }
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is there to be merged with.
export interface Register {}

export type UnknownRow = Readonly<Record<string, unknown>>

type Registered = Register extends { readonly views: infer Views } ? Views : Readonly<Record<string, UnknownRow>>

export type ViewName = keyof Registered & string

/** A row of a view, as JSON has it. */
export type RowOf<View extends ViewName> = Registered[View]
