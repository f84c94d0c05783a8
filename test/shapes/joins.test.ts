import { joins } from './catalogue/joins.js'
import { checkFamily } from './check.js'

await checkFamily('joins', joins)
