/** Links between pages: whether what they lead to is there, and whether each page is led to. */
import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import { type Page, root } from './pages.js'

/** Links of a page that lead nowhere. Addresses on the web are taken as they are, if they are https. */
export function checkLinks(page: Page, pages: readonly Page[]): string[] {
  return page.links.flatMap(({ line, target }) => {
    const problem = checkLink(page, target, pages)
    return problem === undefined ? [] : [`${page.path}:${line}: ${target}: ${problem}`]
  })
}

function checkLink(page: Page, target: string, pages: readonly Page[]): string | undefined {
  if (/^[a-z]+:/.test(target)) return target.startsWith('https://') ? undefined : 'is no https address'
  const [file = '', anchor] = target.split('#', 2)
  const path = file === '' ? page.path : posix.join(posix.dirname(page.path), file)
  if (path !== page.path && !existsSync(root + path)) return `there is no ${path}`
  if (anchor === undefined) return undefined
  const led = path === page.path ? page : pages.find((other) => other.path === path)
  return led?.anchors.has(anchor) ? undefined : `${path} has no heading for #${anchor}`
}

/** Pages that no way of links leads to from `start`. A link to a folder leads to all that is in it. */
export function unreachable(pages: readonly Page[], start: string): string[] {
  const reached = new Set<string>()
  const visit = (path: string): void => {
    const page = pages.find((other) => other.path === path)
    if (page === undefined || reached.has(path)) return
    reached.add(path)
    for (const { target } of page.links) {
      const led = posix.join(posix.dirname(path), target.split('#', 1)[0] ?? '')
      visit(led)
      for (const other of pages) if (posix.dirname(other.path) === led.replace(/\/$/, '')) visit(other.path)
    }
  }
  visit(start)
  return pages.map(({ path }) => path).filter((path) => !reached.has(path))
}
