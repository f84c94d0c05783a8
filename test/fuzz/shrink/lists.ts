/** Leaves out ever smaller stretches of a list, for as long as the test still fails. */
export async function shrinkList<Item>(
  items: readonly Item[],
  fails: (items: readonly Item[]) => Promise<boolean>,
): Promise<readonly Item[]> {
  let left = items
  for (let stretch = Math.ceil(left.length / 2); stretch >= 1; stretch = stretch > 1 ? Math.ceil(stretch / 2) : 0) {
    for (let start = 0; start < left.length; ) {
      const candidate = [...left.slice(0, start), ...left.slice(start + stretch)]
      if (await fails(candidate)) left = candidate
      else start += stretch
    }
  }
  return left
}
