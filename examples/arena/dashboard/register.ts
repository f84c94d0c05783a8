import type { JsonViews } from './tidemark.views.js'

/** From here on `useView` knows the views, their columns and their types. */
declare module 'tidemark/react' {
  interface Register {
    readonly views: JsonViews
  }
}
