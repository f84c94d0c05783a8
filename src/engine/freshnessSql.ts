/** Expressions of a row `f` of `tidemark.freshness_of`: what waits, as far as it is counted, and whether more does. */
export const pendingColumn = 'least(f.pending, tidemark.most_counted())::double precision'
export const moreColumn = 'coalesce(f.pending > tidemark.most_counted(), false)'

/** Every deployed view `v`, with its state `s` and what `tidemark.freshness_of` says of it. */
export const fromEveryView = `FROM tidemark.freshness_of(ARRAY(SELECT v.id FROM tidemark.view v WHERE v.replaces IS NULL AND NOT v.hidden)) AS f
  JOIN tidemark.view v ON v.id = f.view_id JOIN tidemark.state s ON s.view_id = v.id`
