/* SPDX-License-Identifier: MIT */
/* How the report's page looks: light and dark as the reader has chosen, on paper always light. Texts have a contrast
 * of at least 4.5 to 1 in both. Drawings are made for white paper: in the dark they are turned round, with their hues
 * kept, and their black lets the page's own through. Where a phone is narrower than a drawing's letters bear, the
 * drawing is scrolled. */
#ifndef ALEXCL_REPORT_STYLE_H
#define ALEXCL_REPORT_STYLE_H

static const char report_style[] =
    ":root{color-scheme:light;--back:#fff;--text:#1a1a1a;--soft:#555;--line:#8a8f96;--link:#0b5cad;--panel:#f2f4f7;"
    "--right:#1a7f37;--wrong:#b3261e;--bar:#1769aa}\n"
    "@media screen and (prefers-color-scheme:dark){:root{color-scheme:dark;--back:#121417;--text:#e8e8e8;"
    "--soft:#b0b6bd;--line:#6b727a;--link:#8ab8ff;--panel:#1c2025;--right:#5fd07a;--wrong:#ff8a80;--bar:#6aa9e9}"
    ".drawing svg{filter:invert(1) hue-rotate(180deg);mix-blend-mode:screen}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--back);color:var(--text);font:1rem/1.5 system-ui,sans-serif;"
    "overflow-wrap:anywhere}\n"
    "header,main,nav{max-width:68rem;margin:0 auto;padding:0 1rem}\n"
    "h1{font-size:1.6rem;margin:1rem 0 .25rem}h2{font-size:1.25rem;margin:2rem 0 .5rem}p{margin:.5rem 0}\n"
    "a{color:var(--link)}a:focus,[tabindex]:focus,summary:focus{outline:3px solid var(--link);outline-offset:2px}\n"
    ".skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:var(--back);padding:.25rem .5rem}\n"
    "nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;padding:0;margin:.5rem 0}\n"
    "dl{display:grid;grid-template-columns:minmax(6rem,max-content) 1fr;gap:.25rem 1rem;margin:.5rem 0}"
    "dt{color:var(--soft)}dd{margin:0}\n"
    ".columns{display:block;columns:17rem}.columns>div{display:grid;grid-template-columns:9rem 1fr;gap:1rem;"
    "padding:.125rem 0;break-inside:avoid}h3{font-size:1.05rem;margin:1.25rem 0 .5rem}\n"
    "@media screen and (min-width:60rem){.beside{display:grid;grid-template-columns:1fr 25rem;"
    "gap:2rem;align-items:start}.beside figure{margin:0}}\n"
    ".wide{overflow-x:auto;margin:.75rem 0}\n"
    "table{border-collapse:collapse;font-size:.9rem;overflow-wrap:normal}"
    "caption{text-align:left;color:var(--soft);padding:.25rem 0;width:max-content;max-width:calc(100vw - 2rem)}"
    "th,td{border:1px solid var(--line);padding:.2rem .5rem;text-align:left}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}thead th{background:var(--panel)}"
    ".devices tbody th{min-width:11rem}"
    ".walls th+th,.targets th+th,.epochs th+th,.layers th:nth-child(n+3),.devices th:nth-child(n+6)"
    "{text-align:right}\n"
    "figure{margin:.75rem 0}figcaption{color:var(--soft);font-size:.9rem}.drawing figcaption,.filters figcaption{"
    "margin-top:.5rem}"
    ".drawing svg{display:block;width:100%;height:auto}.narrow{max-width:25rem}"
    ".drawing .wide{margin:0}.drawing .wide svg{min-width:48rem}"
    ".filters img{display:block;max-width:100%;height:auto;image-rendering:pixelated}\n";

static const char report_style_pictures[] =
    ".pictures{list-style:none;margin:0;padding:0;display:grid;gap:1rem;"
    "grid-template-columns:repeat(auto-fill,minmax(min(100%,19rem),1fr))}"
    ".pictures>li{border:1px solid var(--line);border-left:.35rem solid var(--line);border-radius:.25rem;"
    "padding:.5rem;background:var(--back)}.pictures>li.right{border-left-color:var(--right)}"
    ".pictures>li.wrong{border-left-color:var(--wrong)}\n"
    ".pictures figure{display:flex;gap:.75rem;align-items:flex-start;margin:0}"
    ".pictures img{width:120px;height:120px;object-fit:contain;flex:none;background:var(--panel)}"
    ".pictures figcaption{min-width:0}.pictures figcaption span{display:block}\n"
    ".mark{font-weight:bold;color:var(--text)}.right .mark{color:var(--right)}.wrong .mark{color:var(--wrong)}\n"
    ".best{list-style:none;margin:.5rem 0 0;padding:0;font-size:.9rem}"
    ".best>li{display:grid;grid-template-columns:1fr auto;gap:0 .5rem}.best .own{font-weight:bold}"
    ".bar{grid-column:1/-1;display:block;height:.4rem;background:var(--panel)}"
    ".bar span{display:block;height:100%;background:var(--bar)}\n"
    ".matrix thead th{writing-mode:vertical-rl;white-space:nowrap;vertical-align:bottom;text-align:end}"
    ".matrix thead th:first-child{writing-mode:horizontal-tb;text-align:left}.matrix "
    "td{text-align:right;min-width:2rem}"
    ".matrix .none{color:var(--soft)}.matrix .hit{background:rgba(26,127,55,var(--a))}"
    ".matrix .miss{background:rgba(179,38,30,var(--a))}\n"
    "@media print{nav,.skip{display:none}body{font-size:10pt}.wide{overflow:visible}"
    ".drawing .wide svg{min-width:0}tbody th{overflow-wrap:anywhere}.matrix td,.devices tbody th{min-width:0}"
    "th,td{padding:.1rem .25rem}"
    ".pictures>li,figure,tr{break-inside:avoid}h2{break-after:avoid}.matrix,table{font-size:8pt}"
    ".bar span,.matrix td,thead th{-webkit-print-color-adjust:exact;print-color-adjust:exact}}\n"
    "@media print and (max-width:40rem){table{overflow-wrap:anywhere}.matrix{font-size:5.5pt}}\n";
#endif
