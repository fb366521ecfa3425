"""Writes the outlines of the letters that `@pellucid/render` draws into pixels: DejaVu Sans, which matplotlib brings along.

Needs `fonttools` and `matplotlib`. Outlines are rounded to 512 units per em: at 40 pixels that is a twelfth of a pixel.
"""

import sys
from pathlib import Path

import matplotlib
from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

EM = 512
LETTERS = [chr(code) for code in [*range(0x20, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]] + list("–—‘’“”…·−≈≤≥∞→∇ΔΣαβγδεθλμσφŁłŠšŽžŒœ□")

font = TTFont(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf")
names, glyphs, scale = font.getBestCmap(), font.getGlyphSet(), EM / font["head"].unitsPerEm
lines = []
for letter in sorted(set(LETTERS)):
    pen = SVGPathPen(glyphs, ntos=lambda value: str(round(value)))
    glyphs[names[ord(letter)]].draw(TransformPen(pen, (scale, 0, 0, -scale, 0, 0)))
    advance = round(glyphs[names[ord(letter)]].width * scale)
    quoted = "\"'\"" if letter == "'" else "'\\\\'" if letter == "\\" else f"'{letter}'"
    lines.append(f"  {quoted}: [{advance}, '{pen.getCommands()}'],")
Path(sys.argv[1]).write_text(
    "// Made by tools/reference/write_glyphs.py from DejaVu Sans; its licence is in THIRD-PARTY.txt of this package.\n"
    f"/** Units per font size: y grows downwards from the line that letters stand on. */\nexport const UNITS_PER_EM = {EM};\n\n"
    "/** Of each letter: how far the next one stands from it, and its outline as an SVG path. */\n"
    "export const GLYPHS: Readonly<Record<string, readonly [advance: number, path: string]>> = {\n" + "\n".join(lines) + "\n};\n",
    encoding="utf-8",
)
