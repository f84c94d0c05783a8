const storageKey = 'arena.token'

/** The address that the terminal prints has a token in it, which is not to stay there. It lives as long as the tab. */
export function takeToken(): string | null {
  const [, given] = /^#token=([\w.~-]+)$/.exec(location.hash) ?? []
  if (given === undefined) return sessionStorage.getItem(storageKey)
  sessionStorage.setItem(storageKey, given)
  history.replaceState(null, '', `${location.pathname}${location.search}`)
  return given
}
