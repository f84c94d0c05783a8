import { useSyncExternalStore } from 'react'

/** The token lives as long as the tab; and whether the server has asked for one. */
const storageKey = 'tidemark.token'

interface TokenState {
  readonly token: string | null
  /** The server refused what was asked without one, or with this one. */
  readonly asked: boolean
  /** One was tried, and refused. */
  readonly refused: boolean
  /** Somebody wants to give another one: what is shown stays as it is if they do not. */
  readonly offered: boolean
}

/** `serve` prints an address with a token in it, which is not to stay in the address. */
function takeFromAddress(): void {
  const [, token] = /^#token=([\w.~-]+)$/.exec(location.hash) ?? []
  if (token === undefined) return
  sessionStorage.setItem(storageKey, token)
  history.replaceState(null, '', `${location.pathname}${location.search}`)
}

takeFromAddress()

let state: TokenState = { token: sessionStorage.getItem(storageKey), asked: false, refused: false, offered: false }
const listeners = new Set<() => void>()

function set(next: TokenState): void {
  state = next
  for (const listener of listeners) listener()
}

export function currentToken(): string | null {
  return state.token
}

export function giveToken(token: string): void {
  sessionStorage.setItem(storageKey, token)
  set({ token, asked: false, refused: false, offered: false })
}

/** Lets somebody give another token, whose own is good for other things only. */
export function offerToken(): void {
  set({ ...state, offered: true })
}

export function keepToken(): void {
  set({ ...state, offered: false })
}

/** A request with this token was refused. Answers to older ones say nothing about the present one. */
export function tokenRefused(used: string | null): void {
  if (used === state.token && !state.asked) set({ ...state, asked: true, refused: used !== null })
}

export function onToken(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function useToken(): TokenState {
  return useSyncExternalStore(onToken, () => state)
}
