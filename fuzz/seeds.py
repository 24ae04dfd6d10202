"""Writes what the fuzzers begin with: seeds cut from the documents here, and words of the language.

    fuzz/seeds.py DIR

DIR/document holds whole documents and sections of a few kB, each with what its document defines;
DIR/values holds what stands on the right of an `=` in them; DIR/language.dict holds the words, block
names and attributes of docs/language.md.
"""

import hashlib
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
SEED_BYTES_MAX = 6_000
# What Markdown and HCL make something of, and what breaks those who read them.
MARKS = (
    *("```hcl\n", "\n```\n", "~~~hcl\n", "> ", "- ", "1. ", "    ", "## ", "<!--", "-->", "|", "\f", "\r\n", "\r"),
    *("{", "}\n", "[", "]", "(", ")", ",", "=", '"', "\\", "${", "%{", "<<EOT\n", "<<-EOT\n", "\nEOT\n", "# ", "//"),
    *("/*", "*/", "\t", "\0", "é", "優先", "\u2028", "\u202e", "\ufeff", "condition.", "assumed = ", "replaces = "),
    *("79228162514264337593543950335", "0.0000000000000000000000000001", "4294967295", "18446744073709551615"),
    *("9223372036854775807", "9999-12-31", "0000-01-01", "-9999-01-01", "2024-02-29"),
)


def documents():
    """Texts of documents, none longer than a seed may be."""
    example = sorted((HERE / "examples/microsoft-openai").glob("*.md"))
    findings = sorted((HERE / "crates/terms/findings").glob("*.md"))
    for path in example + findings:
        yield from sections(path.read_text(), "")
    for path in sorted((HERE / "crates/terms/tests/real_clauses").glob("*.md")):
        preamble, *contracts = path.read_text().split("\n## ")
        for contract in contracts:
            yield from sections("## " + contract, preamble + "\n")
    # Amendments find what they amend only beside it.
    texts = {path.stem: path.read_text() for path in example}
    yield "\f".join(texts[name] for name in ("2025-10-recapitalisation", "2026-04-open-clouds"))


def sections(text, preamble):
    if len(preamble + text) <= SEED_BYTES_MAX:
        yield preamble + text
    for section in re.split(r"(?m)^(?=#)", text):
        if "```hcl" in section and len(preamble + section) <= SEED_BYTES_MAX:
            yield preamble + section
            yield section


def words(language):
    """Words of the language, as dictionary entries."""
    for code in set(re.findall(r"`([^`\n]+)`", language)):
        yield code
    for kind in re.findall(r"(?m)^### `(\w+)`", language):
        yield f'\n{kind} "a" {{\n'
    for block in re.findall(r"Inside, a block `(\w+)`", language):
        yield f"\n  {block} {{\n"
    for attribute in set(re.findall(r"(?m)^\| `(\w+)` \|", language)):
        yield f"\n  {attribute} = "
    yield from re.findall(r'"[^"`\n|]+"', language)
    yield from MARKS


def quoted(word):
    """A dictionary entry, in libFuzzer's escapes."""
    entry = "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\' else f"\\x{byte:02x}"
        for byte in word.encode()
    )
    return f'"{entry}"'


def keep(folder, seeds):
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        content = seed.encode()
        (folder / hashlib.sha1(content).hexdigest()).write_bytes(content)


def main(into):
    texts = set(documents())
    keep(into / "document", texts)
    values = {value.strip() for text in texts for value in re.findall(r"(?m)^\s*\w+\s*= (.+)$", text)}
    keep(into / "values", values)
    keep(into / "scopes", [])
    # libFuzzer refuses entries longer than 128 bytes.
    entries = {word for word in words((HERE / "docs/language.md").read_text()) if len(word) <= 64}
    (into / "language.dict").write_text("".join(f"{quoted(word)}\n" for word in sorted(entries)))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
