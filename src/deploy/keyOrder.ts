import type { CompiledView } from '../compiler/compile.js'

/** The key's columns, those of the first branch in front: then its index finds slices too. */
export function keyOrder({ compiled }: { readonly compiled: CompiledView }): readonly string[] {
  const { key, branches } = compiled.plan
  const first = (branches[0]?.key ?? []).filter((name) => key.includes(name))
  return [...first, ...key.filter((name) => !first.includes(name))]
}
