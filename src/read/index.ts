export { writeToken } from './afterWrite.js'
export type { CacheOptions, CacheStatistics } from './cache/caches.js'
export type { RedisLike, RedisOptions } from './cache/redis.js'
export type { CacheCounters } from './cache/types.js'
export type { ColumnFacts } from './facts.js'
export { readGeneratedViews } from './generate/deployedTypes.js'
export { generateTypes } from './generate/viewTypes.js'
export type {
  ConfiguredViews,
  JsonAnswer,
  JsonRequest,
  ReaderOptions,
  ReadSource,
  RecalledAnswer,
  StalenessRules,
} from './options.js'
export type { ColumnPath, Condition, OrderTerm, PathStep, ReadQuery, SelectedColumn } from './query.js'
export { createReader, type Reader, type ViewDescription } from './reader.js'
export type { Comparing, Filter, Order, ReadRequest, ReadResult, ViewRows } from './typed/types.js'
