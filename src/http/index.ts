export type {
  AccessOptions,
  Authorization,
  Authorize,
  CorsOptions,
  FreshOptions,
  HttpAction,
  HttpCacheOptions,
  HttpRedisOptions,
  JwtOptions,
  LimitOptions,
  ServingOptions,
  TokenOptions,
} from '../define/http-options.js'
export { createHandler, type Handler, type HandlerOptions } from './handler.js'
