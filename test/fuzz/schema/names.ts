import type { Random } from '../../oracle/random.js'

/** How a name may be written that SQL takes only between quotes. */
const hostile: readonly ((usual: string) => string)[] = [
  (usual) => `"${usual.toUpperCase()} ${usual}"`,
  (usual) => `"${usual}""s"`,
  (usual) => `"public.${usual}"`,
  (usual) => `"${usual}'é$$"`,
  (usual) => `"select ${usual}"`,
  // With what is put behind it, nearly as long as a name may be.
  (usual) => `"${usual.padEnd(50, '_')}"`,
]

/** The name as SQL has to write it, and now and then one that has to be quoted. */
export function written(random: Random, usual: string): string {
  return random.chance(0.2) ? random.pick(hostile)(usual) : usual
}

/** The name with more behind it, within its quotes where it has any. */
export function extended(name: string, suffix: string): string {
  return name.endsWith('"') ? `${name.slice(0, -1)}${suffix}"` : `${name}${suffix}`
}

/** The name itself. */
export function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name
}
