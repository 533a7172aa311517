package picture

// theme gives classes their colours, for light and for dark. They are those of
// M. Okabe and K. Ito, which people who see no red or no green can tell apart, and
// which differ in lightness as well.
const theme = `
text{font-family:system-ui,-apple-system,"Segoe UI","Helvetica Neue",Arial,"DejaVu Sans",sans-serif;font-size:12px;fill:#24292f}
.title{font-size:13px;font-weight:600}
.muted{fill:#656d76}
.tick{font-size:11px;fill:#656d76}
.figure{font-size:13px;font-weight:600}
.on{fill:#fff;font-weight:600}
.dark{fill:#24292f;font-weight:600}
.plain{font-weight:600}
.small{font-size:10.5px}
.ink{font-weight:600}
.ground{fill:#fff}
.panel{fill:#f6f8fa}
.outage{fill:#24292f;fill-opacity:.06}
.grid{fill:none;stroke:#24292f;stroke-opacity:.12}
.axis{fill:none;stroke:#24292f;stroke-opacity:.4}
.guide{fill:none;stroke:#24292f;stroke-opacity:.55;stroke-dasharray:2 3}
.served{fill:#0072b2}
.failed{fill:#d55e00}
.harmed{fill:#e69f00}
.spared{fill:#c4cad1}
.closed{fill:#d7e6f1}
.opened{fill:#30363d}
.probing{fill:#e69f00}
.alone{fill:#cc79a7}
.frozen{fill:#e9edf0}
.ill{fill:#d55e00}
.well{fill:#d7e6f1}
.fault{fill:#cc79a7}
.bar{fill:#30363d}
.back{fill:#c4cad1}
.probe-good{fill:#0072b2;stroke:#fff}
.probe-bad{fill:#fff;stroke:#d55e00;stroke-width:2}
.l{fill:none;stroke-width:2;stroke-linejoin:round;stroke:#24292f}
.l-served{stroke:#0072b2}
.l-failed{stroke:#d55e00}
.l-spared{stroke:#8b949e}
.l-harmed{stroke:#e69f00}
.l-other{stroke:#009e73}
.l-thick{stroke-width:3.5}
.l-dashed{stroke-dasharray:5 4}
.l-dotted{stroke-dasharray:1 4;stroke-linecap:round}
.b-served,.b-failed,.b-spared,.b-harmed,.b-ink{fill-opacity:.22}
.b-served{fill:#0072b2}
.b-failed{fill:#d55e00}
.b-spared{fill:#8b949e}
.b-harmed{fill:#e69f00}
.b-ink{fill:#24292f}
.t-served{fill:#0072b2;font-weight:600}
.t-failed{fill:#b64f00;font-weight:600}
.t-spared{fill:#656d76;font-weight:600}
.t-harmed{fill:#946600;font-weight:600}
.t-other{fill:#00765a;font-weight:600}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}
.muted,.tick{fill:#9198a1}
.on{fill:#0d1117}
.ground{fill:#0d1117}
.panel{fill:#151b23}
.outage{fill:#e6edf3;fill-opacity:.07}
.grid{stroke:#e6edf3;stroke-opacity:.13}
.axis{stroke:#e6edf3;stroke-opacity:.4}
.guide{stroke:#e6edf3;stroke-opacity:.6}
.served{fill:#56b4e9}
.failed{fill:#e8702a}
.harmed,.probing{fill:#f0b429}
.spared,.back{fill:#3d444d}
.closed,.well{fill:#1d3447}
.opened,.bar{fill:#d1d7e0}
.alone,.fault{fill:#d68fb8}
.frozen{fill:#1b222b}
.ill{fill:#e8702a}
.probe-good{fill:#56b4e9;stroke:#0d1117}
.probe-bad{fill:#0d1117;stroke:#e8702a}
.l{stroke:#e6edf3}
.l-served{stroke:#56b4e9}
.l-failed{stroke:#e8702a}
.l-spared{stroke:#8b949e}
.l-harmed{stroke:#f0b429}
.l-other{stroke:#2fbf96}
.b-served{fill:#56b4e9}
.b-failed{fill:#e8702a}
.b-harmed{fill:#f0b429}
.b-ink{fill:#e6edf3}
.t-served{fill:#56b4e9}
.t-failed{fill:#e8702a}
.t-spared{fill:#9198a1}
.t-harmed{fill:#f0b429}
.t-other{fill:#2fbf96}
}
`
