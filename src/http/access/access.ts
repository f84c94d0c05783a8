import type { HttpAction } from '../../define/http-options.js'
import type { AccessRules } from '../../define/http-types.js'
import type { Queryable } from '../../engine/database.js'
import type { Asking } from '../asking.js'
import { Problem } from '../problem.js'
import type { ServedView, ViewDirectory } from '../views.js'
import { bearerOf } from './credentials.js'
import { allows, anonymous, type Identity, identify, identifyAtOnce } from './identity.js'
import { jwtVerifier, type VerifyJwt } from './jwt.js'
import { OwnRule, type Patience } from './ownRule.js'
import { Privileges } from './privileges.js'

/** What a request may do, and under which role and with which claims its statements run. */
export interface Grant {
  readonly role?: string
  readonly claims?: Readonly<Record<string, unknown>>
  /** Anybody would be answered the same: neither a rule of the user's own nor a role had a part in it. */
  readonly shared?: true
}

/** The same for one view. */
export interface ViewGrant extends Grant {
  readonly view: ServedView
}

/** Everything is closed but what the rules open. */
export class Access {
  readonly #verify: VerifyJwt | null
  readonly #privileges: Privileges
  readonly #anybody = new WeakMap<ServedView, ViewGrant>()

  constructor(
    private readonly rules: AccessRules,
    private readonly views: ViewDirectory,
    database: Queryable,
    private readonly patience: Patience,
  ) {
    this.#verify = rules.jwt === null ? null : jwtVerifier(rules.jwt)
    this.#privileges = new Privileges(database)
  }

  /**
   * @param name of a view, as the request names it.
   * @throws Problem 401 or 403; 404 where the request may do it, and the view is not there.
   */
  check(request: Request, action: HttpAction, name: string): Promise<ViewGrant>
  check(request: Request, action: HttpAction): Promise<Grant>
  check(request: Request, action: HttpAction, name?: string): Promise<Grant | ViewGrant> {
    const caller = this.caller(request)
    return name === undefined ? caller.demand(action, null) : caller.demandOf(action, name)
  }

  /**
   * The grant of a read, where nothing has to be waited for: neither the user's own code, nor the keys of an issuer, nor the
   * database. Nothing too where it is refused: `check` says why.
   */
  recall(request: Pick<Asking, 'headers'>, name: string): ViewGrant | undefined {
    const view = this.rules.authorize === null ? this.views.recent(name) : undefined
    if (view === undefined) return undefined
    const token = bearerOf(request)
    if (token === undefined) return this.#ofAnybody(view)
    const identity = identifyAtOnce(token, this.rules, this.#verify)
    if (identity === undefined || !allows(identity, this.rules, 'read', view)) return undefined
    return { ...grantOf(identity, this.rules), view }
  }

  /** Whether PostgreSQL lets those read the view under whose role the request runs. */
  async mayRead({ role, view }: ViewGrant): Promise<boolean> {
    return role === undefined || (await this.#privileges.mayRead(role, view.id))
  }

  /** Those who bring no credentials are all alike. */
  #ofAnybody(view: ServedView): ViewGrant | undefined {
    const known = this.#anybody.get(view)
    if (known !== undefined) return known
    if (!allows(anonymous, this.rules, 'read', view)) return undefined
    const grant = { ...grantOf(anonymous, this.rules), view }
    this.#anybody.set(view, grant)
    return grant
  }

  /** Whoever sends the request, to be asked about several things. */
  caller(request: Request): Caller {
    return new Caller(request, {
      rules: this.rules,
      views: this.views,
      verify: this.#verify,
      privileges: this.#privileges,
      patience: this.patience,
    })
  }
}

/** Those who bring no claims read as the server does, or as the role that is for everybody. */
function grantOf({ kind }: Exclude<Identity, { kind: 'jwt' }>, { anonymousRole }: AccessRules): Grant {
  if (anonymousRole === null) return { shared: true }
  return kind === 'token' ? {} : { role: anonymousRole }
}

interface Surroundings {
  readonly rules: AccessRules
  readonly views: ViewDirectory
  readonly verify: VerifyJwt | null
  readonly privileges: Privileges
  readonly patience: Patience
}

export class Caller {
  #identity: Promise<Identity> | undefined
  readonly #own: OwnRule | null

  constructor(
    private readonly request: Request,
    private readonly around: Surroundings,
  ) {
    const { rules, patience } = around
    this.#own = rules.authorize === null ? null : new OwnRule(rules.authorize, request, patience)
  }

  /** @throws Problem 401 or 403; 404 where it is allowed, and the view is not there. */
  async demandOf(action: HttpAction, name: string): Promise<ViewGrant> {
    const { views } = this.around
    const reads = action === 'read' || action === 'read-live'
    const view = await (reads ? views.findReadable(name) : views.find(name))
    const grant = await this.demand(action, view ?? null, name)
    if (view !== undefined) return { ...grant, view }
    throw new Problem('UNKNOWN_VIEW', `There is no view named "${name.slice(0, 200)}".`)
  }

  /** @throws Problem 401 or 403. */
  async demand(action: HttpAction, view: ServedView | null, name: string | null = null): Promise<Grant> {
    const grant = await this.#ask(action, view, name)
    if (grant !== null) return grant
    if (bearerOf(this.request) !== undefined) {
      throw new Problem('FORBIDDEN', `These credentials do not allow "${action}" here.`)
    }
    throw new Problem('UNAUTHENTICATED', `"${action}" needs credentials here.`, {
      headers: { 'www-authenticate': 'Bearer' },
    })
  }

  /** @throws Problem 401 where the credentials themselves are not valid. */
  async may(action: HttpAction, view: ServedView | null): Promise<boolean> {
    return (await this.#ask(action, view, null)) !== null
  }

  /** Those of the views that it may do it with. */
  async filter<View extends ServedView>(action: HttpAction, views: readonly View[]): Promise<View[]> {
    const allowed = await Promise.all(views.map((view) => this.may(action, view)))
    return views.filter((_, index) => allowed[index])
  }

  /** Those of the views whose rows it would be given: where a role is put on, PostgreSQL says which. */
  async readable(views: readonly ServedView[]): Promise<ServedView[]> {
    const allowed = await Promise.all(
      views.map(async (view) => {
        const grant = await this.#ask('read', view, null)
        if (grant === null) return false
        return grant.role === undefined || (await this.around.privileges.mayRead(grant.role, view.id))
      }),
    )
    return views.filter((_, index) => allowed[index])
  }

  /** With every view that there is, and those to come. A role has to be asked about each. */
  async mayAll(action: HttpAction): Promise<boolean> {
    return (await this.may(action, null)) && (await this.#settled()).kind !== 'jwt'
  }

  /** When its credentials end, in milliseconds since 1970. */
  async expiresAt(): Promise<number | null> {
    const identity = await this.#settled()
    return identity.kind === 'jwt' ? identity.jwt.expiresAt : null
  }

  async #ask(action: HttpAction, view: ServedView | null, name: string | null): Promise<Grant | null> {
    const { rules, privileges } = this.around
    const said = await this.#own?.ask(action, view?.name ?? name)
    if (said !== undefined) return said
    const identity = await this.#identify()
    if (!allows(identity, rules, action, view)) return null
    if (identity.kind !== 'jwt') return grantOf(identity, rules)
    const { role, claims } = identity.jwt
    // What is read is PostgreSQL's to refuse. What is told besides has to be refused here.
    const told = view !== null && !view.public && action !== 'read' && action !== 'read-live'
    if (told && !(await privileges.mayRead(role, view.id))) return null
    return { role, claims }
  }

  /** Where `authorize` has decided, the credentials may be none of ours. */
  #settled(): Promise<Identity> {
    return this.#identify().catch((): Identity => ({ kind: 'anonymous' }))
  }

  #identify(): Promise<Identity> {
    this.#identity ??= identify(this.request, this.around.rules, this.around.verify)
    return this.#identity
  }
}
