/* global ResizeObserver, document, fetch, getComputedStyle, matchMedia */
// Draws the charts of the activity page with uPlot, which the page loads before this script.

/** @type {any} */
const { uPlot: Plot } = globalThis
const everyMs = 10_000
const height = 220

const charts = /** @type {HTMLElement} */ (document.querySelector('[data-charts]'))
const dark = matchMedia('(prefers-color-scheme: dark)')

/** @type {Map<string, any>} */
const plots = new Map()

/** @param {string} name */
const color = name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()

/** @param {number} count */
const short = count => new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 }).format(count)

/** @type {Record<string, { series: Array<[label: string, column: string]> }>} */
const lines = {
  use: { series: [['5 minutes', 'inUse'], ['1 hour', 'lastHour']] },
  traffic: { series: [['reads', 'gets'], ['touches', 'touches'], ['writes', 'writes']] },
  failures: { series: [['failures', 'failures']] }
}

const bars = ['ages', 'sizes']

dark.addEventListener('change', () => {
  for (const [name, plot] of plots) {
    plot.destroy()
    plots.delete(name)
  }
  draw()
})
new ResizeObserver(() => {
  for (const [name, plot] of plots) plot.setSize({ width: widthOf(name), height })
}).observe(charts)

async function draw () {
  const response = await fetch(/** @type {string} */ (charts.dataset['charts']), { credentials: 'same-origin' })
  if (!response.ok || response.redirected) return
  const data = await response.json()
  for (const [name, { series }] of Object.entries(lines)) {
    const columns = series.map(([, column]) => data[column])
    const isKnown = columns.some(column => column.filter((/** @type {number | null} */ value) => value !== null).length > 1)
    show(name, [data.at, ...columns], isKnown, () => lineOptions(name, series.map(([label]) => label)))
  }
  for (const name of bars) {
    const { names, counts } = data[name]
    show(name, [counts.map((/** @type {number} */ _, /** @type {number} */ index) => index), counts], counts.length > 0, () => barOptions(name, names))
  }
}

/**
 * @param {string} name
 * @param {Array<Array<number | null>>} columns
 * @param {boolean} isKnown
 * @param {() => object} optionsOf
 */
function show (name, columns, isKnown, optionsOf) {
  const place = placeOf(name)
  const plot = plots.get(name)
  if (plot !== undefined) return plot.setData(columns)
  place.textContent = isKnown ? '' : 'Not enough samples yet.'
  place.classList.toggle('empty', !isKnown)
  if (isKnown) plots.set(name, new Plot(optionsOf(), columns, place))
}

/** @param {string} name */
function placeOf (name) {
  return /** @type {HTMLElement} */ (charts.querySelector(`[data-chart="${name}"] .plot`))
}

/** @param {string} name */
function widthOf (name) {
  return placeOf(name).clientWidth
}

/** @param {string} name */
function common (name) {
  return {
    width: widthOf(name),
    height,
    cursor: { drag: { x: false, y: false }, points: { size: 7 } },
    padding: [8, 8, 0, 0]
  }
}

/** @param {object} more */
function axis (more) {
  return {
    stroke: color('muted'),
    font: '12px system-ui, sans-serif',
    grid: { stroke: color('line'), width: 1 },
    ticks: { show: false },
    ...more
  }
}

const countAxis = () => axis({ size: 48, values: (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map(short) })

/** @param {any} _ @param {number} lowest @param {number} highest */
const fromZero = (_, lowest, highest) => [0, highest > 0 ? highest * 1.1 : 5]

// In seconds: a short history fills the chart, but not the first samples alone.
const shortestSpan = 600

/** @param {any} _ @param {number} first @param {number} last */
const timeRange = (_, first, last) => [Math.min(first, last - shortestSpan), last]

/** @param {number} seconds */
const clockTime = seconds => new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(seconds * 1000)

/**
 * @param {string} name
 * @param {string[]} labels
 */
function lineOptions (name, labels) {
  const value = (/** @type {any} */ _, /** @type {number | null} */ count) => count === null ? '–' : short(count)
  return {
    ...common(name),
    scales: { x: { range: timeRange }, y: { range: fromZero } },
    axes: [
      axis({
        grid: { show: false },
        size: 32,
        space: 70,
        incrs: [60, 120, 300, 600, 1800, 3600, 7200, 10_800, 21_600],
        values: (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map(clockTime)
      }),
      countAxis()
    ],
    series: [
      { label: 'time', value: (/** @type {any} */ _, /** @type {number | null} */ seconds) => seconds === null ? '–' : clockTime(seconds) },
      ...labels.map((label, index) => ({
        label,
        value,
        stroke: color(`series-${index + 1}`),
        fill: labels.length === 1 || index === 0 ? `${color(`series-${index + 1}`)}1f` : undefined,
        width: 2,
        // Not by colour alone.
        dash: [[], [6, 4], [2, 3]][index],
        points: { show: false }
      }))
    ]
  }
}

/**
 * @param {string} name
 * @param {string[]} names
 */
function barOptions (name, names) {
  return {
    ...common(name),
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, range: [-0.6, names.length - 0.4] }, y: { range: fromZero } },
    axes: [
      axis({
        grid: { show: false },
        rotate: widthOf(name) < 360 ? -90 : -45,
        size: 54,
        gap: 6,
        splits: () => names.map((_, index) => index),
        values: () => names
      }),
      countAxis()
    ],
    series: [{}, { stroke: color('series-1'), fill: color('series-1'), width: 0, points: { show: false }, paths: Plot.paths.bars({ size: [0.75, 64], radius: 0.15 }) }]
  }
}

setInterval(() => { if (!document.hidden) draw() }, everyMs)
await draw()
