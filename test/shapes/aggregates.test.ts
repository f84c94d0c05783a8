import { aggregates } from './catalogue/aggregates.js'
import { checkFamily } from './check.js'

await checkFamily('aggregates', aggregates)
