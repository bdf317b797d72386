#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`alexcl report`'s pages in a browser: Debian's chromium, axe-core, and the Nu validator of HTML. Runs in a folder of its own.

  check_report_browser.py PROGRAM SOURCES [--shots DIR]

Each page is looked at 360 and 1280 pixels wide, light, dark and printed, then on A5 at least. At the end a page is broken in many
ways: each must be found. --shots writes the pictures of the documents into DIR. Prints `all good` at the end; 77 where something is
missing.
"""
import argparse
import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

parser = argparse.ArgumentParser()
parser.add_argument("program")
parser.add_argument("sources")
parser.add_argument("--shots")
given = parser.parse_args()
program, sources = os.path.abspath(given.program), os.path.abspath(given.sources)
shots = given.shots and os.path.abspath(given.shots)
axe_file = os.path.join(sources, ".deps/browser/axe.min.js")
vnu_file = os.path.join(sources, ".deps/browser/vnu.jar")
SCREEN = 800  # pixels of height
A5, A4 = 482, 717  # pixels between the margins


def skip(what):
    print(f"skipped: {what} is not installed (tools/setup --all installs it)")
    sys.exit(77)


for name in ("chromium", "chromedriver", "java"):
    shutil.which(name) or skip(name)
for path in (axe_file, vnu_file):
    os.path.exists(path) or skip(os.path.basename(path))
try:
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
except ImportError:
    skip("python3-selenium")


# ---- the pages ----------------------------------------------------------------------------------------


def alexcl(*arguments):
    done = subprocess.run([program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        sys.exit(f"alexcl {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}")


def long_net():
    """More convolutions than the roofline has lines, with names as long as GoogLeNet's and longer."""
    layer = 'layer {{ name: "{}" type: "{}" bottom: "{}" top: "{}" {} }}\n'
    text = 'name: "' + "a net with a long name " * 4 + '"\n'
    text += 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 24 dim: 24 } } }\n'
    below = "data"
    for i in range(60):
        name = f"inception_{i // 6}a/5x5_reduce_{i}" if i % 3 else f"conv{i}"
        text += layer.format(name, "Convolution", below, name, f"convolution_param {{ num_output: {8 + i % 5 * 8} kernel_size: 3 pad: 1 }}")
        below = name
    text += layer.format("loss3/classifier", "InnerProduct", below, "fc", "inner_product_param { num_output: 24 }")
    return text + layer.format("prob", "Softmax", "fc", "prob", "")


def make_training():
    """28 x 28 pixels of three classes, as MNIST's files: of class k the rows 8 k + 2 to 8 k + 5 are bright."""
    os.mkdir("data")
    for part, count in (("train", 96), ("t10k", 40)):
        pixels = bytearray()
        for i in range(count):
            for y in range(28):
                pixels += bytes((i * 37 + x * 11 + y * 5) % 90 + 150 * (8 * (i % 3) + 2 <= y <= 8 * (i % 3) + 5) for x in range(28))
        head = b"".join(n.to_bytes(4, "big") for n in (0x803, count, 28, 28))
        with open(f"data/{part}-images-idx3-ubyte", "wb") as file:
            file.write(head + pixels)
        with open(f"data/{part}-labels-idx1-ubyte", "wb") as file:
            file.write(b"".join(n.to_bytes(4, "big") for n in (0x801, count)) + bytes(i % 3 for i in range(count)))
    alexcl("-d", "0", "train", "-m", "lenet5", "--data", "data", "--val", "data", "--recipe", "keras", "--batch", "12", "--epochs", "3", "-o", "run", "-q")


def make_pages():
    fashion = os.path.join(sources, "tools/fashion")
    # By a name of the current folder: no path of this machine gets into the documents' pictures.
    weights = "alexnet_small_fashion_mnist.safetensors"
    shutil.copy(os.path.join(sources, "share/alexcl", weights), weights)
    alexcl("-d", "0/2", "-m", "alexnet-small", "--weights", weights, "report", "-o", "pictures.html", f"{fashion}/batch.txt",
           "--labels", f"{fashion}/labels.txt", *([] if shots else ["--show", "12"]))
    make_training()
    alexcl("-d", "ref", "-b", "1", "-m", "lenet5", "--weights", "run/best.safetensors", "report", "-o", "run.html", "--run", "run")
    with open("long.prototxt", "w", encoding="ascii") as file:
        file.write(long_net())
    # Long names without a place to break; more classes than the matrix has rows.
    os.mkdir("many")
    with open("many.txt", "w", encoding="utf-8") as file:
        for i in range(24):
            name = f"many/{i:02}{'_a_picture_with_a_long_name' * 6}.png"
            shutil.copy(os.path.join(fashion, f"test{i:02}.png"), name)
            file.write(f"{name} {i}\n")
    with open("names.txt", "w", encoding="utf-8") as file:
        file.writelines(f"{'Unbrechbares' * 4}Wort{i} <&\n" for i in range(24))
    alexcl("-d", "0/2", "-m", "long.prototxt", "report", "-o", "long.html", "many.txt", "--labels", "names.txt", "--show", "6")
    alexcl("-d", "0", "-m", "tiny2t", "report", "-o", "net.html")
    return ["pictures.html", "run.html", "long.html", "net.html"]


# ---- the browser --------------------------------------------------------------------------------------


class Browser:
    def __init__(self, folder):
        options = Options()
        options.binary_location = shutil.which("chromium")
        # Without its sandbox, which it does not have as root and in containers: it opens nothing but pages made here.
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-device-scale-factor=1",
                         "--disable-background-networking", "--no-first-run", f"--user-data-dir={folder}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
        with open(axe_file, encoding="utf-8") as file:
            self.axe_text = file.read()
        self.cdp("Emulation.setScrollbarsHidden", hidden=True)

    def cdp(self, command, **parameters):
        return self.driver.execute_cdp_cmd(command, parameters)

    def js(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def view(self, width, media="screen", scheme="light", height=SCREEN):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.cdp("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, page):
        """What the page asks for, and what the console says."""
        self.driver.get_log("performance")
        self.driver.get_log("browser")
        address = "file://" + os.path.abspath(page)
        self.driver.get(address)
        found = []
        asked = [json.loads(line["message"])["message"] for line in self.driver.get_log("performance")]
        asked = [m["params"]["request"]["url"] for m in asked if m["method"] == "Network.requestWillBeSent"]
        asked += self.js("return performance.getEntriesByType('resource').map(e => e.name)")
        if address not in asked:
            found.append("network: the page itself is not among what was asked for")
        found += [f"network: {url[:100]} is asked for" for url in asked if url != address and not url.startswith("data:")]
        found += [f"console: {line['message']}" for line in self.driver.get_log("browser")]
        return found

    # ---- what is looked at in each view: a list of what is wrong

    def width(self):
        """Nothing makes the page wider than the window; what is wider by itself can be scrolled to, but not on paper."""
        return self.js("""
            const found = [], wide = document.documentElement.scrollWidth, paper = matchMedia('print').matches;
            if (wide > innerWidth) {
                const by = [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
                    .map(e => e.tagName + '.' + e.className + ' ' + Math.round(e.getBoundingClientRect().right));
                found.push('width: ' + wide + ' pixels where there are ' + innerWidth + ': ' + by.slice(0, 3));
            }
            for (const e of document.body.querySelectorAll('*')) {
                const style = getComputedStyle(e);
                if (e instanceof SVGElement || style.display == 'inline' || e.scrollWidth <= e.clientWidth + 1 || style.overflowX == 'visible') continue;
                if (paper || style.overflowX == 'hidden' || style.overflowX == 'clip')
                    found.push('width: ' + e.tagName + '.' + e.className + ' is cut: ' + e.scrollWidth + ' in ' + e.clientWidth);
                else if (e.tabIndex < 0)
                    found.push('width: no key scrolls ' + e.tagName + '.' + e.className);
            }
            return found""")

    def axe(self, rules="all"):
        if not self.js("return typeof axe == 'object'"):
            self.js(self.axe_text)
        result = self.driver.execute_async_script("""
            const [rules, done] = arguments, options = {resultTypes: ['violations']};
            if (rules != 'all') options.runOnly = rules;
            axe.run(document, options).then(r => done(r.violations), e => done(String(e)))""", rules)
        if isinstance(result, str):
            return [f"axe: {result}"]
        return [f"axe: {v['id']} ({v['impact']}): {v['help']}: {v['nodes'][0]['html'][:120]} {v['nodes'][0]['failureSummary'][:200]}" for v in result
                if v["impact"] in ("serious", "critical")]

    def alternatives(self):
        """Each picture has a text that a reader can do with: an img its alt, a drawing the label of itself or of what it stands in."""
        return self.js("""
            const found = [], name = e => (e.getAttribute('alt') || e.getAttribute('aria-label') || '').trim();
            for (const e of document.querySelectorAll('img, svg')) {
                const drawing = e.matches('svg') && e.closest('[role=img]');
                if (name(drawing || e).length < 5) found.push('alternatives: ' + e.outerHTML.slice(0, 60) + ' has no text');
            }
            return found""")

    def texts(self):
        """Texts of the page stay within what they stand in, and so apart from each other."""
        return self.js("""
            const found = [], blocks = 'th, td, dt, dd, p, li, caption, figcaption, summary, h1, h2, h3';
            for (const e of document.querySelectorAll(blocks)) {
                if (!e.checkVisibility() || e.matches('.pictures > li')) continue;
                const r = e.getBoundingClientRect(), range = document.createRange();
                range.selectNodeContents(e);
                for (const t of range.getClientRects())
                    if (t.left < r.left - 1 || t.right > r.right + 1 || t.top < r.top - 1 || t.bottom > r.bottom + 1) {
                        found.push('texts: "' + e.textContent.slice(0, 40) + '" does not fit into its ' + e.tagName + ' of ' + e.closest('section')?.id);
                        break;
                    }
            }
            return found""")

    def keyboard(self):
        """Tab goes through all in the page's order; what has the focus can be seen, and that it has it."""
        found = []
        due = self.js("""
            window.due = [...document.querySelectorAll('a[href], button, input, summary, [tabindex]')]
                .filter(e => e.tabIndex >= 0 && e.checkVisibility());
            scrollTo(0, 0);
            getSelection().removeAllRanges();
            document.activeElement.blur();
            return due.map(e => e.outerHTML.slice(0, 60))""")
        self.cdp("Input.dispatchMouseEvent", type="mousePressed", x=1, y=1, button="left", clickCount=1)
        self.cdp("Input.dispatchMouseEvent", type="mouseReleased", x=1, y=1, button="left", clickCount=1)
        for i, what in enumerate(due):
            for kind in ("rawKeyDown", "keyUp"):
                self.cdp("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
            at, seen, ring = self.js("""
                const e = document.activeElement, r = e.getBoundingClientRect(), s = getComputedStyle(e);
                const light = text => text.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
                    .reduce((sum, v, k) => sum + [.2126, .7152, .0722][k] * (v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4), .05);
                const a = light(s.outlineColor), b = light(getComputedStyle(document.body).backgroundColor);
                return [due.indexOf(e), r.width > 1 && r.height > 1 && r.bottom > 1 && r.top < innerHeight - 1 && r.right > 1 && r.left < innerWidth - 1,
                    s.outlineStyle != 'none' && parseFloat(s.outlineWidth) >= 2 && Math.max(a, b) / Math.min(a, b) >= 3]""")
            if at != i:
                found.append(f"keyboard: Tab {i + 1} goes to {due[at] if at >= 0 else 'something else'}, not to {what}")
                break
            if not seen:
                found.append(f"keyboard: {what} has the focus and is not in sight")
            if not ring:
                found.append(f"keyboard: {what} has the focus and does not show it")
        return found

    def drawings(self):
        """Texts lie within their drawing, apart from each other, and within the box that they stand in."""
        found = []
        for drawing in self.js("""
            return [...document.querySelectorAll('svg')].map(svg => {
                const frame = svg.getBoundingClientRect(), own = svg.viewBox.baseVal, scale = frame.width / own.width;
                const box = e => (r => [r.left - frame.left, r.top - frame.top, r.right - frame.left, r.bottom - frame.top].map(v => v / scale))
                    (e.getBoundingClientRect());
                return {id: svg.closest('section')?.id, size: [own.width, own.height], letters: matchMedia('print').matches ? 99 : 11 * scale,
                    texts: [...svg.querySelectorAll('text')].filter(e => e.textContent.trim()).map(e => [e.textContent, ...box(e)]),
                    rects: [...svg.querySelectorAll('rect')].slice(1).map(box)};
            })"""):
            where, (width, height), texts = f"drawings: {drawing['id']}:", drawing["size"], drawing["texts"]
            if not texts:
                found.append(f"{where} has no text")
            if drawing["letters"] < 7:
                found.append(f"{where} letters are {drawing['letters']:.1f} pixels high")
            for left, top, right, bottom in drawing["rects"]:
                if left < -0.1 or top < -0.1 or right > width + 0.1 or bottom > height + 0.1:
                    found.append(f"{where} a box is outside: {left:.1f} to {right:.1f} of {width}, {top:.1f} to {bottom:.1f} of {height}")
            for i, (text, left, top, right, bottom) in enumerate(texts):
                if left < -0.5 or top < -0.5 or right > width + 0.5 or bottom > height + 0.5:
                    found.append(f"{where} '{text}' is outside: {left:.0f} to {right:.0f} of {width}, {top:.0f} to {bottom:.0f} of {height}")
                for other, x0, y0, x1, y1 in texts[:i]:
                    if min(right, x1) - max(left, x0) > 1 and min(bottom, y1) - max(top, y0) > 1:
                        found.append(f"{where} '{text}' stands over '{other}'")
                x, y = (left + right) / 2, (top + bottom) / 2
                around = [r for r in drawing["rects"] if r[0] < x < r[2] and r[1] < y < r[3]]
                if around:
                    r = min(around, key=lambda r: (r[2] - r[0]) * (r[3] - r[1]))
                    if left < r[0] - 1 or right > r[2] + 1 or top < r[1] - 1 or bottom > r[3] + 1:
                        found.append(f"{where} '{text}' is larger than its box")
        return found

    def scheme(self, dark):
        """The page follows what the reader has chosen; paper is white."""
        back = [int(v) for v in re.findall(r"\d+", self.js("return getComputedStyle(document.body).backgroundColor"))]
        return [] if (sum(back) < 200) == dark else [f"scheme: the back is {back}"]

    def paper(self):
        """Printed on A4: how many pages."""
        pdf = base64.b64decode(self.cdp("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)["data"])
        pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
        return [] if pdf.startswith(b"%PDF") and 1 <= pages <= 60 else [f"paper: {pages} pages"]

    def look(self):
        found = []
        for width in (360, 1280):
            for media, scheme in (("screen", "light"), ("screen", "dark"), ("print", "dark")):
                self.view(max(width, A5) if media == "print" else width, media, scheme)
                dark = media == "screen" and scheme == "dark"
                # What hangs on no colour is the same in the dark, and axe takes a second for it.
                rules = "all" if media == "screen" and not dark else ["color-contrast", "scrollable-region-focusable"]
                here = self.width() + self.axe(rules) + self.alternatives() + self.texts() + self.drawings() + self.scheme(dark)
                if media == "screen":
                    here += self.keyboard()
                found += [f"{width} pixels, {scheme if media == 'screen' else media}: {line}" for line in here]
        self.view(A4, "print")
        found += [f"on A4: {line}" for line in self.width() + self.texts() + self.paper()]
        return found


def take_shots(browser, page):
    """Three parts of a page for the documents, of few colours where Pillow is there."""
    browser.open(page)
    for name, width, scheme, part, height in (("light", 1280, "light", None, 1726), ("dark", 1280, "dark", "timeline", 1140),
                                              ("phone", 360, "light", "pictures", 1003)):
        browser.view(width, scheme=scheme)
        top = browser.js("return arguments[0] ? document.getElementById(arguments[0]).getBoundingClientRect().top + scrollY - 8 : 0", part)
        file = os.path.join(shots, f"report-{name}.png")
        data = browser.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                           clip={"x": 0, "y": top, "width": width, "height": height, "scale": 1})["data"]
        with open(file, "wb") as out:
            out.write(base64.b64decode(data))
        try:
            from PIL import Image
        except ImportError:
            continue
        Image.open(file).convert("RGB").quantize(255, dither=Image.Dither.NONE).save(file, optimize=True)


def validate(pages):
    """What the validator says of each page. Its copy is older than two properties of the style."""
    done = subprocess.run(["java", "-jar", vnu_file, "--errors-only", "--format", "json", "--stdout", "--exit-zero-always", "--filterpattern",
                           ".*(color-scheme|print-color-adjust).*", *pages], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        return {page: [f"valid: the validator ends with {done.returncode}"] for page in pages}
    said = json.loads(done.stdout)["messages"]
    return {page: [f"valid: line {m.get('lastLine')}: {m['message']}" for m in said if m["url"].endswith("/" + page)] for page in pages}


# ---- the test, and its own test -----------------------------------------------------------------------

# How a page is broken, and what must then be found.
BREAKS = [
    ("a word that does not break", "</h1>", f'</h1><p style="white-space:nowrap">{"word" * 100}</p>', "width: "),
    ("what is wider than the page, cut", "</h1>", f'</h1><p style="white-space:nowrap;overflow:hidden">{"word" * 100}</p>', "is cut"),
    ("a table that no key scrolls", ' tabindex="0"', "", "no key scrolls"),
    ("a heading over the numbers below", "writing-mode:vertical-rl;", "writing-mode:vertical-rl;max-height:2rem;", "texts: "),
    ("a picture without a text", r' alt="[^"]*"', "", "alternatives: "),
    ("a picture without a text, for axe", r' alt="[^"]*"', "", "axe: image-alt"),
    ("a drawing without a text", r' aria-label="(Bars|Roofline)[^"]*"', "", "alternatives: "),
    ("a pale text", "--soft:#555", "--soft:#bbb", "axe: color-contrast"),
    ("a pale text in the dark", "--soft:#b0b6bd", "--soft:#444", "axe: color-contrast"),
    ("no dark", "color-scheme:dark", "color-scheme:none", "scheme: "),
    ("dark paper", "@media screen and", "@media", "scheme: "),
    ("a label outside", r'<text x="[^"]*"', '<text x="890"', "is outside"),
    ("labels over each other", r"(<text [^>]*>[^<]*</text>)", r"\1\1", "stands over"),
    ("a text larger than its box", r"(<rect [^>]*fill=\"#d9e9f7\"[^>]*>\n<text [^>]*>)", r"\1a text that is longer than this box", "larger than its box"),
    ("another order of Tab", "</main>", '<a tabindex="5" href="#time">time</a></main>', "keyboard: Tab "),
    ("no ring", "outline:3px solid", "outline:0 solid", "does not show it"),
    ("a link out of sight", ".skip:focus{left:1rem;", ".skip:focus{left:-99rem;", "not in sight"),
    ("an error of the markup", "</main>", "</section></main>", "valid: "),
    ("an attribute twice", "<main ", '<main id="x" ', "valid: "),
    ("a picture from elsewhere", "</h1>", '</h1><img src="http://127.0.0.1:9/x.png" alt="from elsewhere">', "console: "),
    ("a picture from elsewhere, allowed", r'<meta http-equiv[^>]*>(.*)</h1>', r'\1</h1><img src="http://127.0.0.1:9/x.png" alt="from elsewhere">', "network: "),
    ("a script that fails", r"<meta http-equiv[^>]*>(.*)</h1>", r"\1</h1><script>missing()</script>", "console: "),
]


def broken_pages(page):
    with open(page, encoding="utf-8") as file:
        text = file.read()
    for i, (what, pattern, by, due) in enumerate(BREAKS):
        other = re.sub(pattern, by, text, flags=re.S) if pattern.startswith("<meta") else re.sub(pattern, by, text)
        if other == text:
            sys.exit(f"{what}: the page has no {pattern}")
        with open(f"broken{i}.html", "w", encoding="utf-8") as file:
            file.write(other)
    return [f"broken{i}.html" for i in range(len(BREAKS))]


def look_for(browser, kind, due):
    """Where alone what is due can be found."""
    found = []
    rules = [[due.split(": ")[1]]] if kind == "axe" else []
    for width, media, scheme in ((360, "screen", "light"), (1280, "screen", "dark"), (1280, "print", "dark")):
        browser.view(width, media, scheme)
        if kind == "scheme":
            found += browser.scheme(media == "screen" and scheme == "dark")
        elif kind not in ("keyboard", "axe") or media == "screen":
            found += getattr(browser, kind)(*rules)
    return found


def main():
    shutil.rmtree("pages", ignore_errors=True)
    os.mkdir("pages")
    os.chdir("pages")
    pages = make_pages()
    broken = broken_pages("pictures.html")
    valid = validate(pages + [page for page, (*_, due) in zip(broken, BREAKS) if due == "valid: "])
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        browser = Browser(folder)
        try:
            for page in pages:
                browser.view(1280)
                for line in browser.open(page) + browser.look() + valid[page]:
                    print(f"{page}: {line}")
                    failed += 1
            for page, (what, _, _, due) in zip(broken, BREAKS):
                browser.view(1280)
                found = browser.open(page) + valid.get(page, [])
                kind = {"is cut": "width", "no key scrolls": "width", "is outside": "drawings", "stands over": "drawings", "larger than its box": "drawings",
                        "does not show it": "keyboard", "not in sight": "keyboard"}.get(due, due.split(":")[0])
                if hasattr(browser, kind):
                    found += look_for(browser, kind, due)
                if not any(due in line for line in found):
                    print(f"not found: {what}, but: {found[:5]}")
                    failed += 1
            if shots:
                take_shots(browser, "pictures.html")
        finally:
            browser.driver.quit()
    print(f"{failed} failures" if failed else f"all good: {len(pages)} pages; {len(BREAKS)} ways of breaking one were found")
    return 1 if failed else 0


sys.exit(main())
