"""How the control room looks: one style sheet, in which every rule begins with ``.rinq``."""

from __future__ import annotations

from rinq.charts.palette import DARK, FILL, HATCH_INK, LIGHT, css
from rinq.queue import Status
from rinq.room.layout import LAYOUT

_ARROW = (  # of a chooser; ipywidgets' own is black
    "url(\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 18 18'%3E"
    "%3Cpath fill='none' stroke='%23{}' stroke-width='2' d='M5 7l4 4 4-4'/%3E%3C/svg%3E\")"
)
_FILLS = "".join(f".rinq .q-{status}{{background-color:{FILL[status]}}}" for status in Status)

STYLE = f"""<style>
.rinq{{{css(LIGHT)};--q-button:#0b6bb0;--q-on-button:#fff;
 --q-font:var(--jp-ui-font-family,system-ui,sans-serif);--jp-widgets-margin:0;
 --jp-widgets-inline-width:auto;--jp-widgets-inline-label-width:auto;
 container:rinq/inline-size;width:100%;overflow:hidden;padding:6px 2px;box-sizing:border-box;
 color:var(--q-text);background:var(--q-surface);font-variant-numeric:tabular-nums}}
[data-jp-theme-light="false"] .rinq{{{css(DARK)};--q-button:#56B4E9;--q-on-button:#111;
 --jp-widgets-dropdown-arrow:{_ARROW.format(DARK["text"][1:])}}}
{_FILLS}
.rinq .q-processing{{background-image:repeating-linear-gradient(135deg,{HATCH_INK} 0 1px,
 transparent 1px 4px)}}
.rinq .q-failed{{background-image:repeating-linear-gradient(135deg,{HATCH_INK} 0 1px,
 transparent 1px 4px),repeating-linear-gradient(45deg,{HATCH_INK} 0 1px,transparent 1px 4px)}}
.rinq .q-cleaned{{background-image:radial-gradient({HATCH_INK} 1px,transparent 1.2px);
 background-size:4px 4px}}
.rinq .q-swatch{{display:inline-block;width:11px;height:11px;border-radius:2px;margin-right:7px}}

.rinq .widget-box{{min-width:0;overflow:visible;margin:0}}
.rinq .widget-html{{margin:0;height:auto;min-width:0}}
.rinq .widget-html-content{{width:100%;font:13px/1.35 var(--q-font);color:var(--q-text)}}
.rinq small{{font-size:12px;color:var(--q-muted)}}
.rinq .rinq-head,.rinq .rinq-title{{flex-flow:row wrap;align-items:center;gap:4px 10px}}
.rinq .rinq-head{{justify-content:space-between}}
.rinq .rinq-title b{{font-size:18px;white-space:nowrap}}
.rinq .q-pill{{border:1px solid var(--q-line);border-radius:12px;padding:3px 10px;
 white-space:nowrap}}
.rinq .q-pill i,.rinq td i{{font-style:normal}}
.rinq i.q-running{{color:var(--q-processed)}} .rinq i.q-frozen{{color:var(--q-unprocessed)}}
.rinq i.q-killed,.rinq i.q-crashed{{color:var(--q-failed)}}
.rinq .rinq-message{{margin:6px 0 10px}}
.rinq .rinq-message .widget-html-content{{min-height:18px;overflow-wrap:anywhere}}
.rinq .rinq-error:not(.rinq-wrong){{display:none}}
.rinq .rinq-error .widget-html-content{{color:var(--q-failed);font-size:12px}}

.rinq .rinq-body{{display:grid;gap:12px;grid-template-columns:minmax(0,1fr);
 grid-template-areas:"tiles" "start" "procs" "charts" "knobs" "moves" "log"}}
.rinq .rinq-card,.rinq .rinq-tiles{{border:1px solid var(--q-line);border-radius:8px;
 box-sizing:border-box}}
.rinq .rinq-card{{padding:12px}}
.rinq .rinq-counts{{grid-area:tiles;gap:12px}} .rinq .rinq-start{{grid-area:start;gap:8px}}
.rinq .rinq-side{{display:contents}} .rinq .rinq-hidden{{display:none!important}}
.rinq .rinq-knobs{{grid-area:knobs}} .rinq .rinq-log{{grid-area:log}}
.rinq .rinq-charts{{grid-area:charts;display:grid;gap:12px;
 grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr))}}
.rinq .rinq-wide .rinq-charts{{grid-template-columns:minmax(0,1fr)}}
.rinq .rinq-first,.rinq .rinq-more{{display:contents}}
.rinq .rinq-charts .rinq-bar{{grid-column:1/-1;margin:0}} .rinq .rinq-moves{{grid-area:moves}}
.rinq .rinq-progress .widget-html-content{{display:flex;align-items:center;gap:10px}}
.rinq .q-bar{{flex:1;height:8px;border-radius:4px;background:var(--q-grid);overflow:hidden}}
.rinq .q-bar i{{display:block;height:100%;background:var(--q-processed)}}
.rinq .rinq-bar,.rinq .rinq-tools,.rinq .rinq-goal{{flex-flow:row wrap;align-items:center;
 gap:6px 8px}}
.rinq .rinq-bar{{justify-content:space-between;margin-bottom:8px}}
.rinq .rinq-tabs .widget-button{{border-radius:0}}
.rinq .rinq-tabs .rinq-chosen{{background:var(--q-text);color:var(--q-surface);
 border-color:var(--q-text)}}
.rinq .rinq-goal input{{width:70px!important}}
.rinq .rinq-chart{{overflow-x:auto}}
.rinq .rinq-card svg{{display:block;width:100%;min-width:330px;max-width:640px;margin:0 auto}}
.rinq .rinq-wide svg{{max-width:1060px;min-width:860px}}
.rinq .rinq-knob{{display:grid;grid-template-columns:116px minmax(0,1fr);align-items:center;
 white-space:nowrap}}
.rinq .rinq-knob .widget-slider{{width:100%;margin:0;height:28px}}
.rinq .rinq-knob .widget-readout{{min-width:44px;max-width:44px;color:var(--q-text);
 text-align:right}}
.rinq select{{height:28px;border:1px solid var(--q-line);border-radius:5px;
 background-color:var(--q-surface);color:var(--q-text);font:13px var(--q-font)}}
.rinq .widget-dropdown{{width:auto}} .rinq .rinq-log .widget-dropdown{{flex:1}}
.rinq .widget-checkbox{{width:auto;font-size:12px}}
.rinq .widget-checkbox label,.rinq .widget-checkbox span{{color:var(--q-muted)}}
.rinq .rinq-log-lines{{overflow:auto}}
.rinq .rinq-log-lines .widget-html-content{{display:flex;flex-direction:column-reverse;
 overflow:auto;height:200px}}
.rinq pre{{font:12px/1.4 var(--jp-code-font-family,monospace);white-space:pre-wrap;margin:0;
 overflow-wrap:anywhere;color:var(--q-text);background:none;padding:0;flex-shrink:0;
 overflow:visible;margin-bottom:auto}}
.rinq .rinq-feed{{height:230px;overflow:auto}}
.rinq .rinq-feed table{{width:100%;margin:0;border-collapse:collapse;font-size:12px}}
.rinq .rinq-feed tr{{background:none!important}}
.rinq .rinq-feed th,.rinq .rinq-feed td{{text-align:left;padding:3px 8px 3px 0;
 border-bottom:1px solid var(--q-line);white-space:nowrap;max-width:260px;overflow:hidden;
 text-overflow:ellipsis}}
.rinq .rinq-feed th{{position:sticky;top:0;background:var(--q-surface);font-weight:400;
 color:var(--q-muted)}}
.rinq .rinq-feed th b{{float:right;font-weight:600}}
.rinq .rinq-find{{margin-bottom:8px}}
.rinq .rinq-story{{height:auto;max-height:230px;flex-shrink:0}}
.rinq .rinq-story small{{display:block;padding:12px 0 4px}}
.rinq code{{background:none;color:inherit;padding:0}}
.rinq p{{color:var(--q-muted);text-align:center;margin:16px 0}}

.rinq .rinq-procs{{grid-area:procs;overflow:auto;max-height:316px;flex-wrap:nowrap}}
.rinq .rinq-line{{border-top:1px solid var(--q-line);align-items:center;padding:3px 0;gap:8px;
 flex-shrink:0}}
.rinq .rinq-process{{flex:1}} .rinq .rinq-thead{{order:-1;flex:none;padding-right:198px}}
.rinq .rinq-process .widget-html-content{{display:grid;gap:8px;align-items:center;
 grid-template-columns:minmax(214px,1fr) minmax(0,1.2fr) 112px minmax(0,1fr)}}
.rinq .rinq-process span{{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}}
.rinq .rinq-process span i{{font-style:normal}}
.rinq .rinq-thead span{{font-size:12px;color:var(--q-muted)}}
.rinq .rinq-acts{{width:190px;gap:4px;justify-content:flex-end;flex-shrink:0}}
.rinq .rinq-acts .widget-button{{height:24px;line-height:22px;font-size:12px;padding:0 8px;
 min-width:0}}
.rinq .rinq-process .q-strip{{position:relative;height:12px;display:block}}
.rinq .q-strip i{{position:absolute;top:0;height:12px;box-sizing:border-box;
 border-right:1px solid var(--q-surface)}}
.rinq .q-end-complete{{background:{FILL[Status.PROCESSED]}}}
.rinq .q-end-running{{background:repeating-linear-gradient(135deg,{HATCH_INK} 0 1px,
 {FILL[Status.PROCESSING]} 1px 4px)}}
.rinq .q-end-fail{{background:repeating-linear-gradient(45deg,{HATCH_INK} 0 1px,
 {FILL[Status.FAILED]} 1px 3px)}}
.rinq .q-end-retry{{background:repeating-linear-gradient(45deg,{HATCH_INK} 0 1px,
 {FILL[Status.UNPROCESSED]} 1px 4px)}}
.rinq .q-end-reassign,.rinq .q-end-release{{background:repeating-linear-gradient(0deg,
 {HATCH_INK} 0 1px,{FILL[Status.UNPROCESSED]} 1px 4px)}}
.rinq .rinq-where{{overflow-wrap:anywhere}}
.rinq .rinq-tiles .widget-html-content{{display:grid;grid-template-columns:repeat(5,1fr)}}
.rinq .rinq-tiles .widget-html-content>div{{padding:10px 12px;min-width:0;overflow:hidden;
 white-space:nowrap;text-overflow:ellipsis}}
.rinq .rinq-tiles div>div+div{{border-left:1px solid var(--q-line)}}
.rinq .rinq-tiles b,.rinq .rinq-tiles small{{display:block}}
.rinq .rinq-tiles b{{font-size:24px;line-height:1.25;font-weight:600}}
.rinq .rinq-row{{display:grid;grid-template-columns:72px minmax(0,1fr) auto auto;gap:6px;
 align-items:center}}
.rinq .rinq-config{{grid-template-columns:72px minmax(0,1fr) auto}}
.rinq input[type=text]{{height:28px;border:1px solid var(--q-line)!important;border-radius:5px;
 background:var(--q-surface)!important;color:var(--q-text)!important;font:13px var(--q-font)}}
.rinq .rinq-wrong input[type=text]{{border-color:var(--q-failed)!important}}
.rinq .widget-button{{height:28px;width:auto;min-width:58px;padding:0 10px;border-radius:5px;
 border:1px solid var(--q-line);background:var(--q-surface);color:var(--q-text);line-height:26px;
 font-family:var(--q-font);font-size:13px;box-shadow:none}}
.rinq .widget-button:hover{{border-color:var(--q-muted);box-shadow:none}}
.rinq .rinq-go{{background:var(--q-button);border-color:var(--q-button);
 color:var(--q-on-button);font-weight:600;min-width:76px}}
.rinq .rinq-muted{{background:var(--q-surface);color:var(--q-muted);border-color:var(--q-line);
 font-weight:400}}
.rinq :focus-visible{{outline:2px solid var(--q-button)!important;outline-offset:1px}}
{LAYOUT}</style>"""
