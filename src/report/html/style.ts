/** The style of the page. It needs no font, image or other file. */
export const style = `
:root{--bg:#fff;--text:#15181c;--second:#4d5560;--third:#69717c;--surface:#f6f7f8;--line:#e2e5e9;--outline:#8a929c;--accent:#2b59c9;--accent-tint:#e9effc;--agent:#7391e6;--checks:#8a939e;--ink:#15181c;--green:#18794a;--red:#c22f2a;--amber:#8d5800;--green-tint:#e7f4ec;--red-tint:#fcecea;--amber-tint:#fbf1de;--on:#fff;color-scheme:light}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){--bg:#101215;--text:#eceef0;--second:#aab1ba;--third:#8b939d;--surface:#171a1e;--line:#292e34;--outline:#6c7580;--accent:#86a9ff;--accent-tint:#1b2540;--agent:#4f6cb8;--checks:#67707a;--ink:#eceef0;--green:#5cc48c;--red:#ff857d;--amber:#e3ac4d;--green-tint:#14291e;--red-tint:#331a19;--amber-tint:#2c2212;--on:#101215;color-scheme:dark}}
:root[data-theme=dark]{--bg:#101215;--text:#eceef0;--second:#aab1ba;--third:#8b939d;--surface:#171a1e;--line:#292e34;--outline:#6c7580;--accent:#86a9ff;--accent-tint:#1b2540;--agent:#4f6cb8;--checks:#67707a;--ink:#eceef0;--green:#5cc48c;--red:#ff857d;--amber:#e3ac4d;--green-tint:#14291e;--red-tint:#331a19;--amber-tint:#2c2212;--on:#101215;color-scheme:dark}
*{box-sizing:border-box}
html{scroll-padding-top:60px}
body{margin:0;background:var(--bg);color:var(--text);font:13px/20px Inter,system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
code,pre,.command{font:12px/18px "JetBrains Mono",ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
h1,h2,h3,h4,p,ol,ul,dl,dd,dt,pre,table{margin:0;padding:0}
ol,ul{list-style:none}
h1{font-size:30px;line-height:38px;letter-spacing:-.022em;font-weight:600}
h2{font-size:18px;line-height:26px;font-weight:600}
h3,h4,b,th[scope=row]{font-weight:600}
h4{margin:24px 0 8px}
h4 .dim,h2 .dim{font-weight:400}
a{color:inherit;text-decoration:none}
a:hover,a:focus-visible{text-decoration:underline}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
.dim{color:var(--third)}
.bad{color:var(--red)}
.hidden{position:absolute}
.reader{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
[hidden]{display:none!important}
.top{position:sticky;top:0;z-index:2;display:flex;gap:24px;align-items:center;height:46px;padding:0 40px;background:var(--bg);border-bottom:1px solid var(--line)}
.top nav{display:flex;gap:2px}
.top nav a{padding:5px 9px;border-radius:6px;color:var(--second);font-weight:500}
.top nav a[aria-current]{background:var(--surface);color:var(--text)}
.top .run{margin-left:auto;color:var(--second)}
.top input{width:240px;height:32px;padding:0 10px;border:1px solid var(--outline);border-radius:6px;background:var(--bg);color:inherit;font:inherit}
.top button{height:26px;min-width:22px;border:1px solid var(--line);border-radius:4px;background:var(--surface);color:inherit;font:inherit}
.tabs{display:none}
main{max-width:1440px;margin:0 auto;padding:0 40px 80px}
section{margin-top:32px}
.verdict{display:flex;justify-content:space-between;gap:32px;flex-wrap:wrap}
.figures{display:flex;gap:32px;align-items:flex-start;padding-top:6px;flex-wrap:wrap}
.figures>div{display:flex;flex-direction:column}
.figures b{color:var(--text);font-size:20px;line-height:28px}
.figures dd{color:var(--third);font-size:14px}
.figures dt{color:var(--second);font-size:12px;line-height:18px}
.strip{display:flex;gap:16px;margin-top:18px}
.strip li{flex:1 1 0;min-width:78px}
${Array.from({ length: 60 }, (_, index) => `.strip .n${index + 1}{flex-grow:${index + 1}}`).join('')}
.cells{display:flex;gap:3px;margin-bottom:4px}
.cell{flex:1;height:24px;border-radius:4px;display:flex;align-items:center;justify-content:center;min-width:0}
.landed>.cells .cell{background:var(--green-tint)}.failed>.cells .cell{background:var(--red-tint)}.question>.cells .cell,.approval>.cells .cell{background:var(--amber-tint)}.waiting>.cells .cell{border:1px dashed var(--outline)}
.strip-bar{height:22px;margin:18px 0 6px}
.part.landed{fill:var(--green)}.part.failed{fill:var(--red)}.part.question,.part.approval{fill:var(--amber)}.part.waiting{fill:var(--line)}
.g{display:inline-flex;width:14px;height:14px;flex:none;align-items:center;justify-content:center;vertical-align:-2px;border:1.5px solid;border-radius:50%;font:700 10px/1 system-ui,sans-serif;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.g::before{color:var(--bg)}
.g.landed,.g.failed,.g.question{background:currentColor}
.g.landed::before{content:"\\2713"}.g.failed::before{content:"\\D7";font-size:13px}.g.question::before{content:"!";transform:rotate(-45deg)}.g.approval::before{content:"?";color:inherit}
.g.failed{border-radius:2px}.g.question{border-radius:1px;transform:rotate(45deg) scale(.8)}.g.waiting{border-style:dashed;border-width:1px}
.g.flaky{background:linear-gradient(90deg,transparent 50%,currentColor 50%)}
.g.met{width:8px;height:8px;background:currentColor;vertical-align:1px}.g.none{width:3px;height:3px;background:currentColor;border:0;vertical-align:4px}
.gf{fill:currentColor}
.gi{stroke:var(--bg);stroke-width:1.6;fill:none;stroke-linecap:round;stroke-linejoin:round}
.go{fill:none;stroke:currentColor;stroke-width:1.4;stroke-linecap:round}.gd{stroke-dasharray:1.8 1.8}
.g.landed,.g.met,.gs.landed{color:var(--green)}.g.failed,.gs.failed{color:var(--red)}.g.question,.g.approval,.g.flaky,.gs.question,.gs.approval{color:var(--amber)}.g.waiting,.g.none,.gs.waiting{color:var(--outline)}
.split{display:grid;grid-template-columns:minmax(0,856fr) minmax(0,448fr);gap:56px;margin-top:32px}
.headed{display:flex;gap:14px;align-items:baseline;flex-wrap:wrap;margin-bottom:8px}
.headed .legend{margin-left:auto}.headed .command{margin-left:auto}
.legend li{display:flex;align-items:center;gap:5px}.legend .key{margin:0}
.legend{display:flex;gap:16px;flex-wrap:wrap;color:var(--second);font-size:12px}
.key{width:10px;height:11px;margin-right:6px;vertical-align:-1px;overflow:visible}
.needs{border-top:1px solid var(--line);margin:8px 0 32px}
.needs>li{display:grid;grid-template-columns:14px minmax(0,1fr) minmax(0,290px);gap:16px;padding:13px 0;border-bottom:1px solid var(--line)}
.needs .g{margin-top:3px}
.detail,.tests{color:var(--second);font-size:12px;line-height:18px}
.tests li+li{margin-top:4px}
.notice{color:var(--second);margin:8px 0;padding-left:12px;border-left:2px solid var(--outline)}
.command{display:flex;align-items:center;justify-content:space-between;gap:8px;padding:3px 4px 3px 10px;background:var(--surface);border:1px solid var(--line);border-radius:6px;margin-bottom:6px}
.command code{overflow-x:auto;white-space:pre}
.copy{white-space:nowrap;border:0;border-left:1px solid var(--line);background:none;color:var(--third);font:12px/18px system-ui,sans-serif;padding:2px 8px;cursor:pointer}
.rows{border-top:1px solid var(--line)}
.rows li{display:flex;gap:16px;padding:8px 0;border-bottom:1px solid var(--line)}
.rows .phase{flex:0 0 128px}.rows .named{flex:1;min-width:0}
.name{margin-right:10px;white-space:nowrap}
.side h3{margin-top:22px}.side .headed h3{margin:0}.side .headed{justify-content:space-between;margin:0 0 6px}.side .headed:not(:first-child){margin-top:24px}
.bar{display:block;width:100%;height:16px}
.bar-agent,.bar-repair{fill:var(--agent)}.bar-repair{fill:url(#p-repair)}.bar-checks{fill:var(--checks)}.bar-queue{fill:var(--ink)}.bar-limit{fill:url(#p-limit)}.bar-idle,.bar-rest{fill:none;stroke:var(--outline)}
.bar-agent.crit,.under{fill:var(--accent)}.bar-repair.crit{fill:url(#p-repair-crit)}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:6px 12px 6px 0;border-bottom:1px solid var(--line);vertical-align:top;font-weight:400}
th[scope=row]{font-weight:500}
thead th{color:var(--third);font-size:11px;line-height:16px}
.r{text-align:right}.c{text-align:center;padding-right:4px}
th:last-child,td:last-child{padding-right:0}
.shares th,.shares td{border:0;padding:1px 0 1px 12px;text-align:right;font-weight:400}.shares th{text-align:left;padding-left:0}.shares td:last-child{width:48px}
.shares.ruled{border-top:1px solid var(--line);margin-top:4px}
.scroll{overflow-x:auto}.scroll th,.scroll td{overflow-wrap:break-word}
.timeline{display:block;width:100%;height:auto;min-width:900px}
.narrow{display:none}.narrow .timeline{min-width:0}
svg text{font:12px Inter,system-ui,sans-serif;fill:var(--text)}
svg .axis{font-size:11px;fill:var(--third)}svg .mid{text-anchor:middle}svg .end{text-anchor:end}svg .strong,svg .label{font-weight:500}
.grid{stroke:var(--line)}.tick{stroke:var(--text)}.gate,.gate-bar{fill:var(--outline)}.gate{opacity:.45}
.block.failed .label{fill:var(--red)}.block.question .label,.block.approval .label{fill:var(--amber)}
.capped{stroke:var(--outline);stroke-dasharray:2 3}
.line{fill:none;stroke-width:1.3}.line.work{stroke:var(--accent)}.line.landed{stroke:var(--green)}.line.cost{stroke:var(--text)}
.area{stroke:none}.area.work{fill:var(--accent-tint)}.area.landed{fill:var(--green-tint)}.area.cost{fill:var(--line)}
.as-table{margin-top:12px}.as-table summary,.patch summary{color:var(--second);cursor:pointer;font-size:12px}
.edge{fill:none;stroke:var(--outline);stroke-width:1.2}.edge.held{stroke:var(--red);stroke-dasharray:4 3}.edge.crit{stroke:var(--accent);stroke-width:2}
.node rect{fill:var(--bg);stroke:var(--outline)}.node.failed rect{fill:var(--red-tint);stroke:var(--red)}.node.question rect,.node.approval rect{fill:var(--amber-tint);stroke:var(--amber)}.node.waiting rect{stroke-dasharray:4 3}.node.crit rect{stroke:var(--accent);stroke-width:2}
.node:focus-visible rect,.node:hover rect{stroke:var(--accent)}
.path{display:flex;flex-wrap:wrap;gap:4px 16px;margin-top:6px;color:var(--second)}
.master{display:grid;grid-template-columns:312px minmax(0,1fr);border:1px solid var(--line);border-radius:8px}
.list{border-right:1px solid var(--line)}
.filters{display:flex;gap:6px;flex-wrap:wrap;padding:10px 12px;border-bottom:1px solid var(--line)}
.filters button{border:1px solid var(--line);border-radius:12px;background:none;color:inherit;font:12px/18px system-ui,sans-serif;padding:1px 9px;cursor:pointer}
.filters button[aria-pressed=true]{background:var(--text);color:var(--bg);border-color:var(--text)}
.no-match{padding:12px}
.group-head,.list li a{display:grid;grid-template-columns:minmax(0,1fr) 56px 56px;padding:8px 12px 4px}
.group-head .dim{text-align:right;font-size:11px}
.list li a{grid-template-columns:24px minmax(0,1fr) 56px 56px;padding:4px 12px;align-items:center;border-left:2px solid transparent}
.list .name{overflow:hidden;text-overflow:ellipsis;font-weight:500}
.list li a[aria-current]{background:var(--accent-tint);border-left-color:var(--accent)}
.list li a[aria-current] .dim{color:var(--second)}
.detail-pane{min-width:0;padding:0 20px}
.unit{padding:18px 0 32px;content-visibility:auto;contain-intrinsic-size:auto 500px}
.unit+.unit{border-top:1px solid var(--line)}
.js .unit:not(.open){display:none}.js .unit{border:0!important}
.js .list{max-height:calc(100vh - 60px);overflow-y:auto;position:sticky;top:52px}
.unit-head{display:grid;grid-template-columns:14px minmax(0,1fr) minmax(0,310px);gap:12px}
.unit-head h3{font-size:18px;line-height:22px}.unit-head .g{margin-top:4px}
.said{margin-top:12px;max-width:640px}
.facts{display:flex;flex-wrap:wrap;gap:8px 40px;margin-top:14px;padding-top:12px;border-top:1px solid var(--line)}
.brief{color:var(--second);margin-top:10px}
.facts dt{color:var(--third);font-size:11px;line-height:16px}
.criteria{border-top:1px solid var(--line)}
.criterion{border-bottom:1px solid var(--line);padding:8px 0}
.head{display:grid;grid-template-columns:14px minmax(0,1fr) 64px 104px 104px 92px;gap:10px}
.head.columns{padding:4px 0;font-size:11px;line-height:16px;border-bottom:1px solid var(--line)}
.head .g{margin-top:3px}.what code{display:block}
summary.head{cursor:pointer;list-style:none}summary.head::-webkit-details-marker{display:none}
summary.head .what::after{content:" \\25B8";color:var(--third)}details[open]>summary.head .what::after{content:" \\25BE"}
.verdict-landed{color:var(--green)}.verdict-failed{color:var(--red)}.verdict-approval{color:var(--amber)}.verdict-waiting{color:var(--third);font-weight:400}
.panes{display:grid;grid-template-columns:repeat(auto-fit,minmax(280px,1fr));gap:12px;margin:10px 0 4px 24px}
.pane{border:1px solid var(--line);border-radius:6px;min-width:0}.pane.bad-pane{border-color:var(--red)}
.pane-head{display:flex;justify-content:space-between;gap:8px;padding:4px 10px;background:var(--surface);color:var(--second);font-size:12px;border-bottom:1px solid var(--line);border-radius:6px 6px 0 0}
.bad-pane .pane-head span:last-child{color:var(--red);font-weight:600}
.pane .tests,.pane-foot{padding:8px 10px}.pane-foot{font-size:12px}.pane-foot a,p a,.detail a{text-decoration:underline}
pre{white-space:pre-wrap;padding:8px 10px;max-height:420px;overflow:auto}
.criterion>p{margin:6px 0 0 24px}
.tries{display:flex;flex-wrap:wrap;gap:24px}.tries>li{flex:1 1 220px}.tries>li>p{border-bottom:1px solid var(--line);margin-bottom:6px}.tries ol{display:flex;flex-wrap:wrap;gap:10px 24px}.tries ol li{flex:0 1 200px}
.why{color:var(--second);font-size:12px;line-height:16px}
.cells-bar{display:block;width:160px;height:11px;margin-bottom:3px}
.cell-good{fill:var(--green)}.cell-bad{fill:var(--red-tint);stroke:var(--red)}
.patch{margin-top:18px;border:1px solid var(--line);border-radius:6px}.patch summary{padding:4px 10px;background:var(--surface)}
ins,del{text-decoration:none;display:block}ins{background:var(--green-tint)}del{background:var(--red-tint)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(320px,1fr));gap:16px;margin-top:16px}
.card{border:1px solid var(--line);border-radius:8px;padding:12px 14px}.card-head{display:flex;gap:8px;align-items:baseline;margin-bottom:6px}.right{margin-left:auto}
.column{display:block;width:16px;height:24px;margin:0 auto}.spark{width:70px;height:14px}
.history .what{min-width:200px}
.keys{border:1px solid var(--outline);border-radius:8px;background:var(--bg);color:var(--text);padding:16px 20px;max-width:420px}
.keys dl{display:grid;grid-template-columns:90px 1fr;gap:4px}
@media (max-width:900px){
.top{padding:0 16px}.top nav,.top input,.top .theme{display:none}
main{padding:0 16px 110px}
h1{font-size:26px;line-height:32px}.figures b{font-size:18px;line-height:26px}
.figures{display:grid;grid-template-columns:1fr 1fr;gap:12px}
.strip{flex-wrap:wrap;gap:8px 12px}.strip li{min-width:0;flex:0 1 auto}.cells{flex-wrap:wrap}.cell{flex:0 0 26px;height:22px}
.split{grid-template-columns:minmax(0,1fr);gap:24px}
.needs>li{grid-template-columns:14px minmax(0,1fr)}.needs>li>div+div{grid-column:2}
.command{min-height:44px}
.wide{display:none}.narrow{display:block}
.master{grid-template-columns:minmax(0,1fr);border:0}.list{border:0}.js .list{position:static;max-height:none}
.detail-pane{padding:0}
.unit-head{grid-template-columns:14px minmax(0,1fr)}.unit-head>div+div{grid-column:1/-1}
.head{grid-template-columns:14px minmax(0,1fr) 84px}.head>.aside{display:none}
.panes{margin-left:0}
.rows li{flex-wrap:wrap;gap:2px 16px}.rows .named{flex:1 0 100%;order:3}.rows .phase{flex:1 0 auto}
.scroll table{min-width:680px}.history{min-width:900px}
.tabs{position:fixed;bottom:0;left:0;right:0;z-index:2;display:flex;background:var(--bg);border-top:1px solid var(--line)}
.tabs a{flex:1;text-align:center;padding:14px 4px;color:var(--second)}.tabs a[aria-current]{box-shadow:inset 0 2px var(--accent);color:var(--text);font-weight:600}
}
@media (forced-colors:active){.g::before{color:CanvasText!important}.cell{border:1px solid}}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:auto}}
@page{size:A4;margin:14mm}
@page figures{size:A4 landscape}
@media print{
:root{--bg:#fff;--text:#000}
.top,.tabs,.copy,.filters,.list,.as-table{display:none!important}
main{padding:0;max-width:none}
#timeline,#graph{page:figures;break-before:page}
.wide{display:block}.narrow{display:none}.scroll{overflow:visible}.timeline{min-width:0}.graph{max-width:100%;height:auto}
.master{display:block;border:0}.detail-pane{padding:0}
.unit{break-inside:avoid-page;content-visibility:visible}.js .unit{display:block!important}
.js .unit[data-mark=landed],.unit[data-mark=landed]{padding:8px 0}
pre{max-height:none}
.split{grid-template-columns:minmax(0,2fr) minmax(0,1fr);gap:24px}
}
`;
