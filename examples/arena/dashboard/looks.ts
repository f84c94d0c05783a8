/** How the tooltips of the charts look, which style themselves. */
export const tooltipLooks = {
  contentStyle: {
    background: 'var(--surface)',
    border: '1px solid var(--line)',
    borderRadius: 9,
    boxShadow: 'var(--shadow)',
    fontSize: 13,
  },
  itemStyle: { color: 'var(--text)' },
  isAnimationActive: false,
} as const

export const axisLooks = {
  stroke: 'var(--line)',
  tick: { fill: 'var(--soft)', fontSize: 12 },
  tickLine: false,
} as const
