/** Colours by name, light and dark: every text has a contrast of 4.5 at least, every line of 3. */
export const STYLE = `:root{color-scheme:light dark;--paper:#fff;--ink:#1b1b1f;--quiet:#55565e;--line:#d4d5da;--panel:#f5f5f7;--good:#0a6b3d;--bad:#a3160f;--link:#0b57d0;
--s0:#0b57d0;--s1:#b3470a;--s2:#0a7a4b;--s3:#8e24aa;--s4:#9a6a00;--s5:#c2185b;--s6:#00778a;--s7:#5d4037;--faint:#b9bbc4}
@media (prefers-color-scheme:dark){:root{--paper:#141518;--ink:#ececf1;--quiet:#a9abb5;--line:#3a3c44;--panel:#1e2025;--good:#6fd39b;--bad:#ff9d94;--link:#9cc2ff;
--s0:#8ab4f8;--s1:#ffab70;--s2:#6fd39b;--s3:#e0a3f0;--s4:#e6c15a;--s5:#ff8fb5;--s6:#62d4e6;--s7:#d3b0a2;--faint:#555862}}
*{box-sizing:border-box}body{font:15px/1.5 system-ui,sans-serif;margin:0;color:var(--ink);background:var(--paper)}
main,header,footer,nav{max-width:80rem;margin:0 auto;padding:0 1rem}header{padding-top:1.5rem}main{padding-bottom:3rem}
h1{font-size:1.8rem;margin:.2rem 0}h2{font-size:1.35rem;margin:2.6rem 0 .4rem;padding-top:.6rem;border-top:1px solid var(--line)}h3{font-size:1.08rem;margin:1.6rem 0 .3rem}
a{color:var(--link)}.skip{position:absolute;left:-999rem}.skip:focus{left:.5rem;top:.5rem;background:var(--paper);padding:.5rem 1rem;z-index:9;outline:3px solid var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;padding:0;list-style:none;margin:.7rem 0}
.note{color:var(--quiet);max-width:62rem}.wide{overflow-x:auto;max-width:100%;margin:.5rem 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}caption{text-align:left;color:var(--quiet);padding:.2rem 0;caption-side:top}
th,td{padding:.22rem .6rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}thead th{vertical-align:bottom;white-space:normal}
th[scope=row],thead th:first-child,.left{text-align:left;font-weight:600}.wide>table>tbody>tr>th[scope=row]:first-child{position:sticky;left:0;background:var(--paper);z-index:1}
tr.control th,tr.control td{font-style:italic}td small,th small{color:var(--quiet);font-weight:400;font-size:.85em}.good{color:var(--good)}.bad{color:var(--bad)}
td.name{text-align:left}td.text{white-space:normal;text-align:left;min-width:16rem;overflow-wrap:anywhere}
.heat td{text-align:center;padding:.2rem .4rem;border:1px solid var(--paper)}.heat thead th{height:8.6rem;white-space:nowrap;padding:0 .2rem .3rem;text-align:left;font-weight:500}
.heat thead th:nth-child(n+3)>span,.matrix thead th:nth-child(n+2)>span{writing-mode:vertical-rl;transform:rotate(180deg);display:inline-block}
.pixels{image-rendering:pixelated;width:64px;height:64px;display:block}figure{margin:.8rem 0}figcaption{color:var(--quiet);max-width:62rem}
.chart svg{width:100%;height:auto;max-width:60rem;display:block}.chart{overflow-x:auto}
dl{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.2rem 1rem}dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}
pre{background:var(--panel);padding:.8rem;overflow:auto;max-height:32rem;font-size:.82rem}details>summary{cursor:pointer;padding:.3rem 0;font-weight:600}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:.8rem;margin:1rem 0;padding:0;list-style:none}.cards li{background:var(--panel);padding:.7rem .9rem;border-radius:.4rem}
.cards b{display:block;font-size:1.05rem}
@media (max-width:40rem){body{font-size:14px}th,td{padding:.2rem .4rem}.chart svg{min-width:34rem}dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}
.wide>table>tbody>tr>th[scope=row]:first-child{min-width:8rem;max-width:9.5rem;white-space:normal;overflow-wrap:break-word}}
@media print{:root{color-scheme:light;--paper:#fff;--ink:#000;--quiet:#444;--line:#bbb;--panel:#fff;--good:#0a6b3d;--bad:#a3160f;--link:#000}
@page{margin:14mm;size:A4 landscape}nav,.skip{display:none}.wide,.chart{overflow:visible}table{font-size:7.5pt}th,td{padding:1pt 3pt}.heat td{print-color-adjust:exact;-webkit-print-color-adjust:exact}
h2,h3,caption{break-after:avoid}tr,figure{break-inside:avoid}thead{display:table-header-group}}`;
