import { subqueries } from './catalogue/subqueries.js'
import { checkFamily } from './check.js'

await checkFamily('subqueries', subqueries)
