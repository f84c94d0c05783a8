const prefix = 'tidemark_'

/** A column that is kept with each row and that the public view does not show. */
export function hiddenColumn(name: string): string {
  return `${prefix}${name}`
}

/** A user's own column of such a name leaves no room for ours. */
export function looksHidden(name: string): boolean {
  return name.startsWith(prefix)
}
