import { html } from './html.ts'

/** The one stylesheet, inlined into each page. */
export const style = html`
:root {
  color-scheme: light dark;
  --ground: #f4f1ea; --paper: #fffdf8; --ink: #26231d; --faint: #756e60; --line: #e2dccd;
  --accent: #1f5f4a; --on-accent: #ffffff; --warn: #9c3a24;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #1b1a17; --paper: #25231f; --ink: #ece7db; --faint: #a39b8a; --line: #3a372f;
    --accent: #7cc7a8; --on-accent: #10231b; --warn: #f0a08a;
  }
}
* { box-sizing: border-box }
body {
  margin: 0; min-height: 100vh; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
header, main, footer { max-width: 44rem; margin: 0 auto; padding: 0 1.25rem }
header { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.25rem; padding-top: 1.5rem; padding-bottom: 1.5rem }
header .brand { font-family: ui-serif, Georgia, "Noto Serif", serif; font-size: 1.25rem; font-weight: 600; color: inherit; text-decoration: none; margin-right: auto }
header nav { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.25rem }
ul + form { margin-top: 1rem }
a { color: var(--accent); text-underline-offset: .2em }
h1, h2 { font-family: ui-serif, Georgia, "Noto Serif", serif; line-height: 1.2; font-weight: 600; margin: 0 }
h1 { font-size: 1.9rem }
h2 { font-size: 1.2rem }
p { margin: .5rem 0 0 }
form { margin: 0 }
.faint { color: var(--faint) }
.warn { color: var(--warn) }
.paper { background: var(--paper); border: 1px solid var(--line); border-radius: 14px; padding: 1.5rem; margin-bottom: 1.25rem }
.narrow { max-width: 26rem; margin: 6vh auto 1.25rem }
.sides { display: flex; align-items: center; justify-content: space-between; gap: .75rem 1rem }
.sides > :first-child { min-width: 0; overflow-wrap: anywhere }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
.visits { font-family: ui-serif, Georgia, "Noto Serif", serif; font-size: 2.6rem; line-height: 1; font-weight: 600; color: var(--accent); font-variant-numeric: tabular-nums }
label { display: block; font-weight: 600; margin: 1.25rem 0 .35rem }
input { width: 100%; font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--line); border-radius: 9px; padding: .6rem .8rem }
button { font: inherit; font-weight: 600; cursor: pointer; border: 1px solid var(--line); border-radius: 9px; padding: .35rem .8rem; background: transparent; color: var(--ink) }
button:hover { border-color: var(--accent) }
button.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent) }
button.wide { width: 100%; padding: .6rem .8rem; margin-top: 1rem }
button.round { width: 2.1rem; padding: .2rem 0; text-align: center }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
ul { list-style: none; margin: .75rem 0 0; padding: 0 }
li { display: flex; align-items: center; gap: .75rem; padding: .6rem 0; border-top: 1px solid var(--line) }
li:first-child { border-top: 0 }
li > :first-child { flex: 1; min-width: 0 }
li small { display: block }
.total { display: flex; justify-content: space-between; border-top: 2px solid var(--line); margin-top: .25rem; padding-top: .75rem; font-weight: 600 }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: 1.25rem; align-items: start }
.columns .paper { margin: 0 }
footer { font-size: .875rem; padding-top: 1rem; padding-bottom: 2rem }
`
