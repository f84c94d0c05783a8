import { TidemarkRequestError } from './requestError.js'

export type Token = string | null | undefined

export interface RequestOptions {
  /** Where the handler is mounted: `/tidemark`, `https://data.example.com`. */
  readonly url: string
  /** Sent as `Authorization: Bearer`. */
  readonly token?: Token
  /** Asked before each request, so that a token can be renewed. */
  readonly getToken?: (() => Token | Promise<Token>) | undefined
  readonly fetch?: typeof fetch | undefined
}

/** Sends requests to one handler. */
export class Requests {
  #options: RequestOptions
  /** Whether the last request was answered, by whatever. */
  reached = true

  constructor(options: RequestOptions) {
    this.#options = options
  }

  /** Functions may be other ones with each rendering; what they belong to stays. */
  update(options: RequestOptions): void {
    this.#options = options
  }

  /** Any answer is one. Throws a `TidemarkRequestError` where there is none, and what it was aborted with. */
  async send(path: string, init: RequestInit = {}): Promise<Response> {
    const { url, fetch: send = fetch } = this.#options
    const headers = new Headers(init.headers)
    const token = await this.#token()
    if (token) headers.set('Authorization', `Bearer ${token}`)
    try {
      const response = await send(`${url.replace(/\/+$/, '')}${path}`, { ...init, headers })
      this.reached = true
      return response
    } catch (error) {
      if (init.signal?.aborted) throw error
      this.reached = false
      throw new TidemarkRequestError('The server could not be reached.', { cause: error })
    }
  }

  async #token(): Promise<Token> {
    const { token, getToken } = this.#options
    return getToken === undefined ? token : await getToken()
  }
}
