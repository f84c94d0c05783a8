import type { EventEmitter } from 'node:events'
import type { RefreshResult } from '../engine/refresh.js'
import type { Alert } from '../protocol/alert.js'
import type { ErrorBody } from '../protocol/errors.js'
import type { Reason } from './when.js'

/** One refresh that the worker ran. */
export interface RefreshedEvent {
  readonly view: string
  readonly reason: Reason
  readonly result: RefreshResult
}

export interface FailedEvent {
  /** The view that failed: it can be one that the refreshed view reads. */
  readonly view: string
  readonly error: ErrorBody
  /** In a row. */
  readonly failures: number
}

export interface SkippedEvent {
  readonly view: string
  readonly reason: Reason
}

/** What can be listened to. A listener that throws is logged, and disturbs nothing. */
export interface WorkerEvents {
  refreshed: [event: RefreshedEvent]
  failed: [event: FailedEvent]
  /** Another worker, or somebody by hand, was refreshing the view or one that it reads. */
  skipped: [event: SkippedEvent]
  slow: [alert: Alert]
  stale: [alert: Alert]
  quarantined: [alert: Alert]
  recovered: [alert: Alert]
  drift: [alert: Alert]
  warning: [alert: Alert]
  /** Every alert that was raised, after deduplication. */
  alert: [alert: Alert]
  /** The set of views, or what is known of their timing, was read again. */
  loaded: [views: readonly string[]]
  /** The database cannot be reached; the worker tries again by itself. */
  offline: [error: ErrorBody]
  online: []
}

export type Emit = <Name extends keyof WorkerEvents>(name: Name, ...event: WorkerEvents[Name]) => void

/** Emits to listeners of which none can disturb the worker. */
export function emitTo(emitter: EventEmitter<WorkerEvents>, log: Log): Emit {
  // The emitter's own type cannot follow a name that is a parameter.
  const emit = emitter.emit.bind(emitter) as (name: string, ...event: readonly unknown[]) => boolean
  return (name, ...event) => {
    try {
      emit(name, ...event)
    } catch (error) {
      log.error({ event: name, error: error instanceof Error ? error.message : String(error) }, 'a listener failed')
    }
  }
}

/** The part of a pino logger that is used. */
export interface Log {
  debug(details: object, message: string): void
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}
