/** Keys of the query cache: what the handler is called, whose rows they are, the view, and what is read of it. */
export type ViewKey = readonly ['tidemark', scope: string, view: string, query: string]

export function viewKey(scope: string, view: string, query: string): ViewKey {
  return ['tidemark', scope, view, query]
}
