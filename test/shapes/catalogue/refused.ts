import type { RefusedShape } from '../shape.js'

/** Views that are not taken. */
export const refused: readonly RefusedShape[] = [
  { name: 'no_key', query: 'SELECT product, quantity FROM sales', code: 'KEY_MISSING' },
  { name: 'no_key_in_table', query: 'SELECT sale, reason FROM returns', code: 'KEY_MISSING' },
  {
    name: 'no_key_in_sets',
    query: 'SELECT shop, product, count(*) AS n FROM sales GROUP BY ROLLUP (shop, product)',
    code: 'KEY_MISSING',
  },
  {
    name: 'no_key_in_union',
    query: 'SELECT id, product FROM sales UNION ALL SELECT shop, product FROM offers',
    code: 'KEY_MISSING',
  },
  { name: 'unknown_key', query: 'SELECT id, product FROM sales', key: ['sale'], code: 'KEY_INVALID' },
  {
    name: 'key_without_equality',
    query: 'SELECT json_build_array(id) AS id FROM sales',
    key: ['id'],
    code: 'KEY_INVALID',
  },
]
