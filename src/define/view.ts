import type { ConfigOptions, ViewDefinition, ViewOptions } from './options.js'

/**
 * Defines one view. Nothing is checked here: a configuration is checked as a whole when it is loaded, so that all
 * of its problems are reported together.
 */
export function view(name: string, options: ViewOptions): ViewDefinition {
  return Object.freeze({ ...options, name })
}

/** The default export of a configuration file. Gives editors the types; returns what it is given. */
export function defineConfig(config: ConfigOptions): ConfigOptions {
  return config
}
