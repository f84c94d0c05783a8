export { type DatabaseUrl, type DatabaseUrlPlaces, redactUrl, resolveDatabaseUrl } from './define/database-url.js'
export type { Duration, DurationUnit } from './define/duration.js'
export { type LoadedConfig, loadConfig } from './define/load-config.js'
export type {
  AlertChannelOptions,
  AlertRuleOptions,
  ConfigOptions,
  CronOptions,
  IndexMethod,
  IndexOptions,
  OnChangeOptions,
  ReadOptions,
  RetryOptions,
  ScheduleOptions,
  SharedViewOptions,
  StorageKind,
  ViewDefinition,
  ViewOptions,
  WebhookOptions,
  WorkerOptions,
} from './define/options.js'
export type { NormalisedConfig, NormalisedView, ReadSettings, ViewSettings } from './define/types.js'
export { defineConfig, view } from './define/view.js'
export { applyDeployment, dropDeployment, explainViews, planDeployment } from './deploy/index.js'
export { type RefreshResult, refreshView } from './engine/refresh.js'
export { readStatus, type ViewStatus } from './engine/status.js'
export { type Verification, verifyView } from './engine/verify.js'
export type { Alert, AlertKind } from './protocol/alert.js'
export { type ErrorBody, type ErrorCode, TidemarkError } from './protocol/errors.js'
export {
  type ColumnFacts,
  type ColumnPath,
  type Condition,
  createReader,
  type JsonAnswer,
  type JsonRequest,
  type OrderTerm,
  type PathStep,
  type Reader,
  type ReaderOptions,
  type ReadQuery,
  type ReadSource,
  type SelectedColumn,
  type StalenessRules,
  type ViewDescription,
} from './read/index.js'
export { startWorker } from './worker/index.js'
