/** The dashboard's style sheet. Colours are variables: one set for light, one for dark. */
export const pageStyle = `
:root {
  color-scheme: light;
  --page: #f6f7f9; --card: #fff; --line: #e3e6ea; --text: #1c2127; --quiet: #5d6773; --hover: #f0f2f5;
  --failed: #d64545; --running: #3b7ddd; --migrated: #2f9e6e; --up-to-date: #8fcdb2; --waiting: #d3d8df;
  --failed-text: #b52f2f; --running-text: #2360b8; --migrated-text: #1c7350; --mark: #fff; --halted: #9a520a; --shadow: 0 1px 2px rgb(20 30 40 / 6%);
}
@media (prefers-color-scheme: dark) { :root[data-theme="auto"] {
  color-scheme: dark;
  --page: #12151a; --card: #1a1e25; --line: #2a303a; --text: #e6e9ee; --quiet: #98a3b1; --hover: #222833;
  --failed: #f0716f; --running: #6ea8fe; --migrated: #3fb984; --up-to-date: #2a6b50; --waiting: #38404c;
  --failed-text: #f58a88; --running-text: #86b6ff; --migrated-text: #56c797; --mark: #1a1e25; --halted: #e0a35a; --shadow: none;
} }
:root[data-theme="dark"] {
  color-scheme: dark;
  --page: #12151a; --card: #1a1e25; --line: #2a303a; --text: #e6e9ee; --quiet: #98a3b1; --hover: #222833;
  --failed: #f0716f; --running: #6ea8fe; --migrated: #3fb984; --up-to-date: #2a6b50; --waiting: #38404c;
  --failed-text: #f58a88; --running-text: #86b6ff; --migrated-text: #56c797; --mark: #1a1e25; --halted: #e0a35a; --shadow: none;
}
* { box-sizing: border-box; }
html { background: var(--page); }
body { margin: 0; color: var(--text); font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Open Sans", sans-serif; }
h1, h2, h3, p, ol, ul, dl { margin: 0; padding: 0; font-weight: inherit; }
ol, ul { list-style: none; }
h1 { font-size: 22px; font-weight: 650; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { font-size: 14px; font-weight: 650; }
h3 { font-size: 13px; font-weight: 600; overflow-wrap: anywhere; }
code, pre { font: 12.5px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
button, input, select { font: inherit; color: inherit; }
button { cursor: pointer; }
:focus-visible { outline: 2px solid var(--running); outline-offset: 2px; border-radius: 4px; }
[hidden] { display: none !important; }
.quiet { color: var(--quiet); }
.grow { flex: 1; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 8px; top: -60px; background: var(--card); padding: 8px 12px; border-radius: 6px; z-index: 3; }
.skip:focus { top: 8px; }
.plain { border: 1px solid var(--line); background: var(--card); border-radius: 6px; padding: 3px 10px; }
.plain:hover { background: var(--hover); }
.link { border: 0; background: none; padding: 0; text-align: left; overflow-wrap: anywhere; }
.link:hover { text-decoration: underline; }
.top { display: flex; align-items: center; gap: 10px; padding: 10px 24px; border-bottom: 1px solid var(--line); background: var(--card); flex-wrap: wrap; }
.brand { display: grid; grid-template-columns: 7px 7px; gap: 2px; }
.brand i { width: 7px; height: 7px; border-radius: 1.5px; background: var(--migrated); }
.brand i:last-child { background: var(--running); }
.top select { border: 1px solid var(--line); background: var(--card); border-radius: 6px; padding: 3px 6px; max-width: 60vw; }
#connection { color: var(--halted); }
main { max-width: 1500px; margin: 0 auto; padding: 20px 24px 48px; }
.welcome { display: none; padding: 15vh 0; text-align: center; color: var(--quiet); font-size: 16px; }
.empty .welcome { display: block; }
.empty .content { display: none; }
.title-line { display: flex; align-items: center; gap: 12px; flex-wrap: wrap; }
#facts { overflow-wrap: anywhere; }
.pill { border-radius: 99px; padding: 1px 11px; font-weight: 600; font-size: 13px; border: 1px solid currentColor; color: var(--quiet); }
.pill.running { color: var(--running-text); } .pill.done { color: var(--migrated-text); }
.pill.partial, .pill.halted, .pill.abandoned { color: var(--failed-text); } .pill.interrupted { color: var(--halted); }
#bar { display: flex; height: 10px; border-radius: 5px; overflow: hidden; background: var(--waiting); margin: 14px 0 6px; }
#bar i { transition: width 0.3s; min-width: 0; }
i.failed { background: var(--failed); } i.running { background: var(--running); } i.migrated { background: var(--migrated); }
i.up-to-date { background: var(--up-to-date); } i.waiting { background: var(--waiting); }
#pace { font-variant-numeric: tabular-nums; color: var(--quiet); }
#chips { display: flex; flex-wrap: wrap; gap: 10px; margin: 14px 0 20px; }
.chip { flex: 1 1 120px; display: flex; flex-direction: column; align-items: flex-start; border: 1px solid var(--line); background: var(--card); border-radius: 10px; padding: 9px 14px; box-shadow: var(--shadow); }
.chip:hover { background: var(--hover); }
.chip[aria-pressed="true"], .error[aria-pressed="true"] { border-color: var(--running); box-shadow: inset 0 0 0 1px var(--running); }
.number { font-size: 22px; font-weight: 650; line-height: 1.3; font-variant-numeric: tabular-nums; }
.label { display: flex; align-items: center; gap: 7px; color: var(--quiet); }
.dot { display: inline-block; width: 9px; height: 9px; border-radius: 2.5px; flex: none; }
td .dot { margin-right: 7px; }
.columns { display: grid; grid-template-columns: minmax(0, 1fr) 380px; grid-template-rows: auto 1fr; gap: 16px; align-items: start; }
.side { display: grid; gap: 16px; min-width: 0; grid-area: 1 / 2 / span 2; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px 18px; box-shadow: var(--shadow); min-width: 0; }
.card-head { display: flex; align-items: center; gap: 10px; margin-bottom: 12px; flex-wrap: wrap; }
.card-head h2 { overflow-wrap: anywhere; min-width: 0; }
#search { border: 1px solid var(--line); background: var(--page); border-radius: 8px; padding: 5px 10px; width: 260px; max-width: 100%; }
.version { margin-top: 16px; } .version:first-child { margin-top: 0; }
.version header { display: flex; gap: 10px; align-items: baseline; margin-bottom: 7px; flex-wrap: wrap; }
canvas { display: block; width: 100%; border-radius: 3px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; font-weight: inherit; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th.n, td.n { text-align: right; }
thead th { color: var(--quiet); font-size: 12.5px; }
tbody tr:hover { background: var(--hover); }
tbody th { min-width: 130px; max-width: 320px; }
td { white-space: nowrap; }
#more { margin-top: 12px; }
#waves li + li, #slowest li + li { margin-top: 12px; }
.wave-head { display: flex; justify-content: space-between; gap: 10px; font-variant-numeric: tabular-nums; }
.wave-head strong { font-weight: 600; white-space: nowrap; }
.wave-head .quiet { text-align: right; }
.track { position: relative; height: 10px; border-radius: 5px; background: var(--hover); margin-top: 4px; overflow: hidden; }
.span { position: absolute; inset: 0 auto 0 0; display: flex; background: var(--waiting); border-radius: 5px; overflow: hidden; min-width: 3px; }
li.waiting .span { display: none; }
.reason { color: var(--failed-text); } .reason:empty { display: none; }
#errors li + li { margin-top: 8px; }
.error { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 2px 10px; width: 100%; text-align: left; border: 1px solid var(--line); border-radius: 8px; background: none; padding: 9px 11px; }
.error:hover { background: var(--hover); }
.error > * { overflow-wrap: anywhere; }
.error code { font-weight: 600; align-self: center; }
.badge { background: var(--failed-text); color: var(--card); border-radius: 99px; padding: 0 9px; font-weight: 650; font-variant-numeric: tabular-nums; align-self: center; }
.message, .names { grid-column: 1 / -1; }
.message { display: -webkit-box; -webkit-line-clamp: 3; -webkit-box-orient: vertical; overflow: hidden; }
#slowest li { display: grid; grid-template-columns: minmax(0, 1fr) 90px 74px; gap: 10px; align-items: center; }
.meter { height: 6px; border-radius: 3px; background: var(--hover); overflow: hidden; display: block; }
.meter i { display: block; height: 100%; background: var(--running); border-radius: 3px; }
.time { text-align: right; font-variant-numeric: tabular-nums; }
#tip { position: fixed; z-index: 2; pointer-events: none; display: grid; background: var(--text); color: var(--page); padding: 6px 10px; border-radius: 7px; font-size: 12.5px; max-width: 340px; overflow-wrap: anywhere; }
dialog { border: 1px solid var(--line); border-radius: 14px; background: var(--card); color: var(--text); padding: 0; width: min(640px, calc(100vw - 32px)); max-height: calc(100vh - 64px); }
dialog::backdrop { background: rgb(10 15 20 / 45%); }
.dialog-content { padding: 18px 20px 20px; }
#detail-name { font-size: 18px; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px 18px; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
#detail-body h3 { margin: 16px 0 4px; }
pre { margin: 4px 0 0; padding: 10px 12px; border-radius: 8px; background: var(--page); white-space: pre-wrap; overflow-wrap: anywhere; }
@media (max-width: 1000px) { .columns { grid-template: none / minmax(0, 1fr); } .side { grid-area: auto; } }
@media (max-width: 600px) {
  main { padding: 14px 14px 40px; } .top { padding: 10px 14px; }
  #search { width: 100%; } .top select { max-width: 40vw; } .chip { flex-basis: 30%; padding: 7px 10px; } .number { font-size: 18px; }
  .card { padding: 13px 14px; }
}
@media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
`;
