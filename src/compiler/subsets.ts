/** Every set that can be made of these, the empty one first. Meant for a handful: there are 2^n. */
export function subsets<T>(items: readonly T[]): T[][] {
  let sets: T[][] = [[]]
  for (const item of items) sets = sets.concat(sets.map((set) => set.concat(item)))
  return sets
}
