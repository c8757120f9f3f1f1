import type { HttpResults } from '../http/http.ts'
import type { WorkloadName } from '../http/workloads.ts'
import { importModule } from '../machine/modules.ts'
import type { Spread } from '../measure/rounds.ts'
import { labelOf, type SideName } from '../sides/sides.ts'
import { httpRatio } from './http-report.ts'

interface Echarts {
  init: (element: null, theme: null, options: { renderer: 'svg', ssr: true, width: number, height: number }) => {
    setOption: (option: object) => void
    renderToSVGString: () => string
    dispose: () => void
  }
}

/** The part of ECharts' API that draws a whisker. https://echarts.apache.org/en/option.html#series-custom.renderItem */
interface WhiskerApi {
  value: (dimension: number) => number
  coord: (point: [number, number]) => [number, number]
}

const routes = [
  { workload: 'burstRead', label: 'a route that reads the session', color: '#2f81f7' },
  { workload: 'burstChange', label: 'a route that changes the session', color: '#d4812a' }
] as const satisfies ReadonlyArray<{ workload: WorkloadName, label: string, color: string }>

// Each color of the light theme with that of the dark theme. A viewer without media queries shows the light one, on its own background.
const colors = { background: '#ffffff', text: '#1f2328', muted: '#59636e', grid: '#d8dee4', whisker: '#57606a' } as const
const darkColors: Readonly<Record<keyof typeof colors, string>> = { background: '#0d1117', text: '#e6edf3', muted: '#9198a1', grid: '#2f353d', whisker: '#b1bac4' }

const fontFamily = 'system-ui, sans-serif'
const width = 860
const barHeight = 42
// As wide as the longest label in bold: without a browser, ECharts cannot measure it.
const labelWidth = 284

/** Requests a second of each side through HTTP, relative to a `Map` of JSON strings, as an SVG image for light and dark pages. */
export async function httpChart (http: HttpResults, fileSystem: string): Promise<string> {
  const { init } = await importModule<Echarts>('echarts')
  const names = sidesByThroughput(http)
  const longest = Math.ceil(5 * Math.max(...routes.flatMap(({ workload }) => names.map(name => httpRatio(http, 'directory', workload, name, 'map').high)))) / 5
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height: 128 + barHeight * names.length })
  chart.setOption({
    animation: false,
    backgroundColor: colors.background,
    textStyle: { fontFamily, color: colors.text },
    title: {
      text: 'Requests a second through @fastify/session',
      subtext: `relative to a Map of JSON strings; rolling sessions with a maxAge on ${fileSystem}; lines show the middle half of the rounds`,
      left: 16,
      top: 12,
      textStyle: { color: colors.text },
      subtextStyle: { color: colors.muted }
    },
    legend: { left: 12, top: 64, itemWidth: 14, itemGap: 48, textStyle: { color: colors.text }, data: routes.map(({ label }) => label) },
    grid: { left: labelWidth, right: 48, top: 98, bottom: 32 },
    // ECharts takes the ends of the bars into account, and not those of the whiskers.
    xAxis: { type: 'value', min: 0, max: longest, axisLabel: { color: colors.muted }, splitLine: { lineStyle: { color: colors.grid } } },
    yAxis: {
      type: 'category',
      data: names.map(labelOf),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: colors.muted } },
      axisLabel: { fontSize: 13, color: colors.text, formatter: emphasizeOurs, rich: { ours: { fontWeight: 'bold', fontSize: 13, color: colors.text } } }
    },
    series: routes.flatMap((route, index) => seriesOf(route, index, names.map(name => httpRatio(http, 'directory', route.workload, name, 'map'))))
  })
  const image = chart.renderToSVGString()
  chart.dispose()
  return withDarkTheme(image)
}

// ECharts draws the first name at the bottom.
function sidesByThroughput (http: HttpResults): SideName[] {
  const { sides = {} } = http.cases.find(({ fileSystem, workload }) => fileSystem === 'directory' && workload === 'burstRead') ?? {}
  const throughput = (name: SideName) => httpRatio(http, 'directory', 'burstRead', name, 'map').middle
  return (Object.keys(sides) as SideName[]).sort((one, other) => throughput(one) - throughput(other))
}

function seriesOf ({ label, color }: typeof routes[number], index: number, ratios: readonly Spread[]): object[] {
  return [
    {
      name: label,
      type: 'bar',
      barWidth: 14,
      barGap: '15%',
      itemStyle: { color },
      data: ratios.map(({ middle }) => Number(middle.toFixed(3)))
    },
    {
      type: 'custom',
      silent: true,
      z: 3,
      renderItem: (_parameters: unknown, api: WhiskerApi) => whisker(api, index),
      data: ratios.map(({ low, middle, high }, row) => [low, high, row, middle])
    }
  ]
}

// The middle half of the rounds, and the ratio to the right of it. The bars of a row are 14 high with a gap of 2; the first is on top.
function whisker (api: WhiskerApi, index: number): object {
  const row = api.value(2)
  const middle = api.value(3)
  const [left, center] = api.coord([api.value(0), row])
  const [right] = api.coord([api.value(1), row])
  const [end] = api.coord([middle, row])
  const y = center + (index === 0 ? -8 : 8)
  const line = (x1: number, y1: number, x2: number, y2: number) => ({ type: 'line', shape: { x1, y1, x2, y2 }, style: { stroke: colors.whisker, lineWidth: 1.5 } })
  const label = { text: middle.toFixed(2), x: Math.max(right, end) + 8, y, fill: colors.text, fontSize: 12, fontFamily, textVerticalAlign: 'middle' }
  return { type: 'group', children: [line(left, y, right, y), line(left, y - 3, left, y + 3), line(right, y - 3, right, y + 3), { type: 'text', style: label }] }
}

function emphasizeOurs (label: string): string {
  return label.startsWith('this store') ? `{ours|${label}}` : label
}

// CSS rules take precedence over the attributes that ECharts writes.
function withDarkTheme (image: string): string {
  const rules = Object.entries(colors).map(([name, light]) => {
    const dark = darkColors[name as keyof typeof colors]
    return `[fill="${light}"]{fill:${dark}}[stroke="${light}"]{stroke:${dark}}`
  })
  return image.replace(/(<svg [^>]*>)/, `$1\n<style>@media (prefers-color-scheme:dark){${rules.join('')}}</style>`)
}
