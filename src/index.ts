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
export { applyDeployment, bypassView, dropDeployment, explainViews, planDeployment } from './deploy/index.js'
export { type RefreshResult, refreshView } from './engine/refresh.js'
export { readStatus, type ViewStatus } from './engine/status.js'
export { type Verification, verifyView } from './engine/verify.js'
export type { Alert, AlertKind } from './protocol/alert.js'
export { type ErrorBody, type ErrorCode, TidemarkError } from './protocol/errors.js'
export {
  type CacheCounters,
  type CacheOptions,
  type CacheStatistics,
  type ColumnFacts,
  type ColumnPath,
  type Comparing,
  type Condition,
  createReader,
  type Filter,
  type JsonAnswer,
  type JsonRequest,
  type Order,
  type OrderTerm,
  type PathStep,
  type Reader,
  type ReaderOptions,
  type ReadQuery,
  type ReadRequest,
  type ReadResult,
  type ReadSource,
  type RedisLike,
  type RedisOptions,
  type SelectedColumn,
  type StalenessRules,
  type ViewDescription,
  type ViewRows,
  writeToken,
} from './read/index.js'
export { startWorker } from './worker/index.js'
