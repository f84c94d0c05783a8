/** How SQL calls a view, or a table, as `displayName` does: both are expressions that give names. */
export function shownName(schema: string, name: string): string {
  return `CASE WHEN ${schema} = 'public' AND strpos(${name}, '.') = 0 THEN ${name} ELSE ${schema} || '.' || ${name} END`
}

/** The same for a row of `tidemark.view`. */
export function shownView(alias: string): string {
  return shownName(`${alias}.schema_name`, `${alias}.view_name`)
}
