/** Where the pages are, behind the `#`. */
export const paths = {
  overview: '/',
  lineage: '/lineage',
  activity: '/activity',
  view: (name: string, tab?: string) => `/views/${written(name)}${tab === undefined ? '' : `/${tab}`}`,
  lineageOf: (name: string) => `/lineage/${written(name)}`,
} as const

/** The router takes back what `encodeURI` does, and leaves what only `encodeURIComponent` does: commas, slashes and others. */
function written(name: string): string {
  return encodeURIComponent(name.replaceAll('%', '%25'))
}

/** A name as the router hands it over. */
export function nameFrom(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    // Typed by hand, with a percent sign that stands for itself.
    return part
  }
}
