export type { ColumnFacts } from './facts.js'
export type { JsonAnswer, JsonRequest, ReaderOptions, ReadSource, StalenessRules } from './options.js'
export type { ColumnPath, Condition, OrderTerm, PathStep, ReadQuery, SelectedColumn } from './query.js'
export { createReader, type Reader, type ViewDescription } from './reader.js'
