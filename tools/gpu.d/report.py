# SPDX-License-Identifier: MIT
"""gpu.json and gpu.html, both whole at any moment: written beside and renamed, each time something is known."""
import html
import json
import os
import threading

STYLE = """:root{color-scheme:light dark;--line:#8886;--bad:#c22;--good:#272}
@media (prefers-color-scheme:dark){:root{--bad:#f77;--good:#7d7}}
body{font:15px/1.45 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:.6rem 0 1.6rem;display:block;overflow-x:auto}
th,td{padding:.2rem .7rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.failed,.time-out{color:var(--bad);font-weight:600}.ok{color:var(--good)}"""


def text(value):
    if isinstance(value, float):
        return "%.4g" % value
    if isinstance(value, dict):
        return ", ".join("%s %s" % (key, text(v)) for key, v in value.items())
    return "" if value is None else str(value)


def table(head, rows, numbers=()):
    def cells(tag, row):
        return "".join("<%s%s>%s</%s>" % (tag, ' class="n"' if i in numbers else "", html.escape(text(v)), tag) for i, v in enumerate(row))
    return "<table><tr>%s</tr>%s</table>" % (cells("th", head), "".join("<tr>%s</tr>" % cells("td", row) for row in rows))


def page(document):
    steps = document["steps"]
    title = "alexcl on %s" % (document["device"] or {}).get("name", "a machine without a usable GPU")
    out = ['<!DOCTYPE html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
           "<title>%s</title><style>%s</style><h1>%s</h1>" % (html.escape(title), STYLE, html.escape(title)),
           "<p>%s</p>" % html.escape(document["summary"])]
    facts = [("when", document["when"]), ("places", document["places"]), *document["machine"].items(), *document["versions"].items()]
    for driver in document["drivers"]:
        facts.append(("driver of " + driver["vendor"], "%s, by %s%s" % (driver["library"], driver["icd"], " (written)" * driver["icd_written"])))
    out += ["<h2>Machine</h2>", table(("", ""), facts)]
    if document["against_torch"]:
        rows = [[row[key] for key in ("model", "what", "batch", "alexcl", "torch", "ratio")] for row in document["against_torch"]]
        out += ["<h2>Beside PyTorch on the same GPU</h2><p>Images a second, from host memory and back. half: alexcl keeps the fully connected "
                "layers' weights in half precision and sums in float; PyTorch computes all in half.</p>",
                table(("net", "what", "batch", "alexcl", "PyTorch", "alexcl / PyTorch"), rows, (2, 3, 4, 5))]
    times = [step for step in steps if step["figures"].get("images_per_s")]
    if times:
        keys = ("model", "what", "batch", "devices", "images_per_s", "milliseconds", "gflops")
        out += ["<h2>Speed</h2>", table(("step", "net", "what", "batch", "devices", "images/s", "ms a batch", "GFLOP/s"),
                                        [[step["name"], *(step["figures"][key] for key in keys)] for step in times], (3, 5, 6, 7))]
    out.append("<h2>Steps</h2><table><tr><th></th><th>step</th><th class=n>s</th><th>figures</th><th>why</th></tr>")
    for step in steps:
        figures = {} if step in times else {k: v for k, v in step["figures"].items() if not isinstance(v, list)}
        out.append('<tr><td class="%s">%s</td><td>%s</td><td class=n>%.1f</td><td>%s</td><td>%s</td></tr>' % (
            step["state"].replace(" ", "-").lower(), *(html.escape(text(v)) for v in (step["state"], step["name"])), step["seconds"],
            html.escape(text(figures)), html.escape(step["why"])))
    return "\n".join(out) + "</table>\n"


class Report:
    """`steps`: {name, ok (null: not known), state, seconds, figures, why} each. States: ok, FAILED, TIME OUT, skipped, left out, running, not
    begun."""
    def __init__(self, out, document):
        self.out, self.lock = out, threading.RLock()
        self.document = {"summary": "begun", "device": None, "places": "", "machine": {}, "versions": {}, "drivers": [], "against_torch": [],
                         "seconds": 0.0, "steps": [], **document}
        self.write()

    def change(self, **known):
        with self.lock:
            self.document.update(known)
            self.write()

    def step(self, name, **known):
        with self.lock:
            steps = self.document["steps"]
            step = next((step for step in steps if step["name"] == name), None)
            if step is None:
                step = {"name": name, "ok": None, "state": "not begun", "seconds": 0.0, "figures": {}, "why": ""}
                steps.append(step)
            step.update(known)
            self.document["against_torch"] = beside_torch(steps)
            self.write()

    def write(self):
        for name, content in (("gpu.json", json.dumps(self.document, indent=1) + "\n"), ("gpu.html", page(self.document))):
            part = os.path.join(self.out, name + ".part")
            with open(part, "w") as file:
                file.write(content)
            os.replace(part, os.path.join(self.out, name))


def beside_torch(steps):
    """Rows of what both measured."""
    ours = {}
    for step in steps:
        figures = step["figures"]
        if figures.get("images_per_s") and figures["alone"]:
            ours[figures["model"], figures["what"], figures["batch"]] = figures["images_per_s"]
    rows = []
    for row in (row for step in steps for row in step["figures"].get("times", [])):
        for what in (row["what"].replace("tf32", "float"), row["what"].replace("tf32", "float") + ", tuned"):
            own = ours.get((row["model"], what, row["batch"]))
            if own and "images_per_s" in row:
                rows.append({"model": row["model"], "what": what + (" (PyTorch: TF32)" if "tf32" in row["what"] else ""), "batch": row["batch"],
                             "alexcl": own, "torch": row["images_per_s"], "ratio": own / row["images_per_s"]})
    return rows
