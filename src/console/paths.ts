/** Where the pages are, behind the `#`. */
export const paths = {
  overview: '/',
  lineage: '/lineage',
  activity: '/activity',
  view: (name: string, tab?: string) => `/views/${encodeURIComponent(name)}${tab === undefined ? '' : `/${tab}`}`,
  lineageOf: (name: string) => `/lineage/${encodeURIComponent(name)}`,
} as const
