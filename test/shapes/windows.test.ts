import { windows } from './catalogue/windows.js'
import { checkFamily } from './check.js'

await checkFamily('windows', windows)
