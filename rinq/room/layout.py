"""What of the control room's style depends on how wide the panel is.

Wide (1300 px and more) has a column at the side; narrow (under 720) has one column. Between
them the first chart stands beside the card Start; on the page of the processes, whose charts
are wide, the sliders stand there.
"""

from __future__ import annotations

LAYOUT = """\
@container rinq (max-width:719px){.rinq .rinq-tiles .widget-html-content{font-size:12px}
 .rinq .rinq-tiles .widget-html-content>div{padding:8px 6px}
 .rinq .rinq-tiles small{font-size:11px}
 .rinq .q-swatch{width:9px;height:9px;margin-right:4px}}
@container rinq (max-width:599px){.rinq .q-live{display:none}}
@container rinq (min-width:720px) and (max-width:959px){.rinq .rinq-go{min-width:58px}}
@container rinq (max-width:519px){
 .rinq .rinq-tiles .widget-html-content{grid-template-columns:1fr 1fr}
 .rinq .rinq-tiles div>div:nth-child(odd){border-left:0}
 .rinq .rinq-row{grid-template-columns:minmax(0,1fr) auto auto} .rinq .rinq-go{min-width:0}
 .rinq .rinq-row>:first-child{grid-column:1/-1}}
@container rinq (max-width:719px){.rinq .rinq-procs{max-height:520px}
 .rinq .rinq-line{flex-wrap:wrap}
 .rinq .rinq-process{flex-basis:100%} .rinq .rinq-thead{display:none}
 .rinq .rinq-process .widget-html-content{grid-template-columns:minmax(0,2fr) minmax(0,1fr)}
 .rinq .rinq-process span:first-child{grid-column:1/-1}
 .rinq .q-strip{grid-column:1/-1} .rinq .q-strip:empty{display:none!important}
 .rinq .rinq-acts{width:auto}}
@container rinq (min-width:520px) and (max-width:719px){
 .rinq .rinq-process span:first-child{grid-column:auto}
 .rinq .rinq-process .widget-html-content{
  grid-template-columns:minmax(214px,3fr) minmax(0,2fr) 112px}}
@container rinq (min-width:720px) and (max-width:1299px){
 .rinq .rinq-body{grid-template-columns:minmax(330px,2fr) minmax(0,3fr);
  grid-template-areas:"tiles tiles" "start first" "procs procs" "more more"
  "knobs knobs" "moves moves" "log log"}
 .rinq .rinq-body.rinq-wide{grid-template-rows:auto auto 1fr;
  grid-template-areas:"tiles tiles" "start tabs" "start knobs" "first first"
  "more more" "procs procs" "moves moves" "log log"}
 .rinq .rinq-charts{display:contents}
 .rinq .rinq-body:not(.rinq-wide) .rinq-knobs{display:grid;gap:0 32px;
  grid-template-columns:repeat(auto-fit,minmax(300px,1fr))}
 .rinq .rinq-knobs>:first-child{grid-column:1/-1}
 .rinq .rinq-more{display:grid;grid-area:more;gap:12px;
  grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr))}
 .rinq .rinq-more>:nth-child(3){grid-column:1/-1}
 .rinq .rinq-wide .rinq-more{grid-template-columns:minmax(0,1fr)}
 .rinq .rinq-first{display:flex;grid-area:first;gap:8px}
 .rinq .rinq-wide .rinq-first{display:contents}
 .rinq .rinq-wide .rinq-first>.rinq-chart{grid-area:first}
 .rinq .rinq-wide .rinq-first>.rinq-bar{grid-area:tabs;align-self:start}
 .rinq .rinq-more,.rinq .rinq-first,.rinq .rinq-wide .rinq-first>*{padding:12px;
  border:1px solid var(--q-line);border-radius:8px;box-sizing:border-box}}
@container rinq (min-width:930px) and (max-width:1299px){
 .rinq .rinq-more>:nth-child(3) svg{max-width:calc(50% - 6px)}}
@container rinq (min-width:1300px){
 .rinq .rinq-log{position:relative;flex:1;min-height:220px}
 .rinq .rinq-log-lines{position:absolute;inset:52px 12px 12px}
 .rinq .rinq-log-lines .widget-html-content{height:100%}
 .rinq .rinq-side{display:flex;grid-area:side;gap:12px}
 .rinq .rinq-body{grid-template-columns:348px minmax(0,1fr);
  grid-template-rows:auto auto auto 1fr;
  grid-template-areas:"side tiles" "side procs" "side charts" "side moves"}}
"""
