import { routes, type HttpResults } from './http.ts'
import { load } from './load.ts'
import { ratioOf } from './rounds.ts'
import { labelOf } from './stores.ts'

interface Echarts {
  init: (element: null, theme: null, options: { renderer: 'svg', ssr: true, width: number, height: number }) => {
    setOption: (option: object) => void
    renderToSVGString: () => string
    dispose: () => void
  }
}

const width = 860
const barHeight = 46
// As wide as the longest label in bold: ECharts has no browser to measure it with.
const labelWidth = 284
const colors = { '/read': '#1f6feb', '/change': '#f59f00' } as const

/** The HTTP comparison as an SVG picture: requests a second of each store against a `Map` of JSON strings. */
export async function httpChart ({ routes: measured }: HttpResults): Promise<string> {
  const { init } = await load<Echarts>('echarts')
  const reading = measured.find(({ route }) => route === '/read')?.samples ?? {}
  // ECharts draws the first name at the bottom.
  const names = Object.keys(reading).sort((one, other) => ratioOf(reading, one, 'map') - ratioOf(reading, other, 'map'))
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height: 124 + barHeight * names.length })
  chart.setOption({
    animation: false,
    // Pages are light or dark; a picture with a ground of its own can be read on both.
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'system-ui, sans-serif', color: '#1f2328' },
    title: { text: 'Requests a second through @fastify/session', subtext: 'a Map of JSON strings = 1, rolling sessions with a maxAge', left: 16, top: 12 },
    legend: { left: 12, top: 62, itemWidth: 14, itemGap: 48, data: measured.map(({ route }) => `a route that ${routes[route]}`) },
    grid: { left: labelWidth, right: 48, top: 96, bottom: 32 },
    xAxis: { type: 'value', min: 0, axisLabel: { color: '#59636e' }, splitLine: { lineStyle: { color: '#e5e8eb' } } },
    yAxis: {
      type: 'category',
      data: names.map(labelOf),
      axisTick: { show: false },
      axisLabel: { fontSize: 13, color: '#1f2328', formatter: (label: string) => label.startsWith('this store') ? `{own|${label}}` : label, rich: { own: { fontWeight: 'bold', fontSize: 13 } } }
    },
    series: measured.map(({ route, samples }) => ({
      name: `a route that ${routes[route]}`,
      type: 'bar',
      barGap: '8%',
      barCategoryGap: '34%',
      itemStyle: { color: colors[route] },
      label: { show: true, position: 'right', formatter: ({ value }: { value: number }) => value.toFixed(2) },
      data: names.map(name => Number(ratioOf(samples, name, 'map').toFixed(3)))
    }))
  })
  const picture = chart.renderToSVGString()
  chart.dispose()
  return picture
}
