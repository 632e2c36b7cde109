"""The look of the report: light and dark as the reader's system, from 320 px to a wide screen."""

STYLE = """
:root { --ink: #1a1d21; --soft: #59616b; --paper: #ffffff; --panel: #f5f6f8; --line: #d5d9df;
  --c0: #1f6fb4; --c1: #d1570b; --c2: #2b8a3e; --c3: #b3262e; --c4: #7a4fbf; --c5: #8a6414;
  --c6: #c2378f; --c7: #0b7f86; --heat: 211 70%; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #a3abb6; --paper: #15181c;
  --panel: #1e2329; --line: #3a424c; --c0: #6cb0ea; --c1: #f29450; --c2: #69c27c; --c3: #f0797f;
  --c4: #b697ec; --c5: #d9b35c; --c6: #ec83c5; --c7: #57c4cb; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 0 16px 48px; max-width: 1120px; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 28px 0 4px; }
h2 { font-size: 1.3rem; margin: 40px 0 8px; padding-top: 8px; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 24px 0 6px; }
h4 { font-size: .95rem; margin: 18px 0 4px; }
nav { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 12px 0; font-size: .95rem; }
a { color: var(--c0); }
.note, figcaption, .soft { color: var(--soft); font-size: .9rem; }
.note { margin: 6px 0; max-width: 75ch; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(340px, 100%), 1fr));
  gap: 16px; margin: 12px 0; }
figure { margin: 0; padding: 10px; background: var(--panel); border: 1px solid var(--line);
  border-radius: 6px; min-width: 0; }
figure h3, figure .title { margin: 0 0 4px; font-size: .95rem; font-weight: 600; }
figure.wide { grid-column: 1 / -1; }
svg { display: block; width: 100%; height: auto; max-width: 720px; margin: 0 auto; }
svg text { fill: var(--ink); font-size: 12px; }
svg .tick { fill: var(--soft); font-size: 11px; }
svg .grid { stroke: var(--line); stroke-width: 1; }
svg .axis { stroke: var(--soft); stroke-width: 1; fill: none; }
svg .curve { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
svg .dashed { stroke-dasharray: 5 4; }
svg .area { stroke-width: 1.2; fill-opacity: .28; }
svg .mark { stroke-width: 1.4; }
svg .name { font-size: 11px; font-weight: 600; paint-order: stroke; stroke: var(--panel);
  stroke-width: 3px; stroke-linejoin: round; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: .85rem; margin-top: 4px; }
.key { display: inline-block; width: 14px; height: 4px; border-radius: 2px; margin-right: 5px;
  vertical-align: middle; }
.table { margin: 10px 0; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { padding: 4px 10px 4px 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; font-size: .85rem; vertical-align: bottom; }
.figure { text-align: right; font-variant-numeric: tabular-nums; }
.range { color: var(--soft); white-space: nowrap; font-size: .85em; display: block; }
.bar { display: block; height: 4px; min-width: 48px; background: var(--line);
  border-radius: 2px; overflow: hidden; margin-top: 3px; }
.bar > span { display: block; height: 100%; background: var(--c1); }
.clear { font-weight: 600; }
details { margin: 10px 0; border: 1px solid var(--line); border-radius: 6px; padding: 6px 12px; }
summary { cursor: pointer; font-weight: 600; padding: 4px 0; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: 10px;
  font-size: .8rem; white-space: pre-wrap; }
audio { display: block; width: 100%; min-width: 0; max-width: 280px; height: 36px;
  margin: 2px 0 6px; }
@media (max-width: 680px) {
  table, tbody, tr, td { display: block; width: 100%; }
  thead { display: none; }
  tr { border-bottom: 1px solid var(--line); padding: 6px 0; }
  td { border: 0; padding: 1px 0; display: flex; gap: 12px; justify-content: space-between; }
  td::before { content: attr(data-title); color: var(--soft); font-size: .85rem; flex: 0 1 45%;
    text-align: left; }
  td.word:first-child::before { content: none; }
  td:empty { display: none; }
  td.word:first-child { font-weight: 600; justify-content: flex-start; }
  .figure { text-align: right; }
  .bar { width: 90px; align-self: center; margin: 0; }
}
@media print { details > * { display: block; } }
"""
