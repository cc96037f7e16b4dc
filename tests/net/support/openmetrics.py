#!/usr/bin/env python3
"""Checks a text in the OpenMetrics format 1.0, and the rules of `promtool check
metrics` (its package promlint): exits with 1 and a line for each fault.

    openmetrics.py [FILE] [--series]    prints the samples with --series
"""

import math
import re
import sys

TYPES = {"gauge": [""], "counter": ["_total", "_created"],
         "histogram": ["_bucket", "_sum", "_count", "_created"],
         "info": ["_info"], "unknown": [""],
         "summary": ["", "_sum", "_count", "_created"]}
NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
NUMBER = re.compile(
    r"(?:[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?Inf|NaN)\Z")
# Of promlint: other than base units, and words that say what a type says.
OTHER_UNITS = ("milliseconds", "microseconds", "nanoseconds", "minutes",
               "hours", "days", "kilobytes", "megabytes", "kibibytes",
               "mebibytes", "bits", "percent", "celsius_degrees")
ABBREVIATIONS = ("s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb",
                 "kib", "mib", "m", "h", "d")


class Checker:
    def __init__(self, text):
        self.faults = []
        self.families = {}  # name: dict
        self.samples = {}   # (name, labels): value, in their order
        self.taken = {}     # a sample's name: its family
        self.family = None
        self.text = text

    def fault(self, text):
        self.faults.append("line %d: %s" % (self.line, text))

    def run(self):
        self.line = 0
        if not self.text.endswith("# EOF\n"):
            self.fault("the text does not end with # EOF and a line end")
        if "\r" in self.text or "\n\n" in self.text:
            self.fault("empty lines, or carriage returns")
        lines = self.text.split("\n")[:-1]
        for self.line, line in enumerate(lines, 1):
            if line == "# EOF":
                if self.line != len(lines):
                    self.fault("# EOF is not the last line")
            elif line.startswith("# "):
                self.describe(line)
            elif line.startswith("#"):
                self.fault("a comment that is none of the format")
            else:
                self.sample(line)
        self.close()
        return self.faults

    def describe(self, line):
        parts = line.split(" ", 3)
        if len(parts) < 4 or parts[1] not in ("TYPE", "UNIT", "HELP"):
            self.fault("neither TYPE, UNIT nor HELP: " + line)
            return
        _, what, name, value = parts
        if not self.family or self.family["name"] != name:
            self.begin(name)
        if self.family["samples"]:
            self.fault("%s comes after samples" % what)
        if what in self.family:
            self.fault("a second %s of %s" % (what, name))
        self.family[what] = value
        if what == "TYPE" and value not in TYPES:
            self.fault("no type: " + value)
        if what == "UNIT" and not name.endswith("_" + value):
            self.fault("%s does not end in its unit %s" % (name, value))
        if what == "HELP" and re.search(r'\\[^n\\"]|\\\Z', value):
            self.fault("a bad escape in the help")

    def begin(self, name):
        self.close()
        if not NAME.match(name):
            self.fault("no name: " + name)
        if name in self.families:
            self.fault("the family %s comes twice" % name)
        self.family = {"name": name, "samples": []}
        self.families[name] = self.family

    def sample(self, line):
        match = re.match(r"([^ {]+)(?:\{(.*)\})? ([^ ]+)\Z", line)
        if not match or not self.family:
            self.fault("no sample of a family: " + line)
            return
        name, labels, value = match.groups()
        kind = self.family.get("TYPE", "unknown")
        suffix = name[len(self.family["name"]):]
        if not name.startswith(self.family["name"]) or \
                suffix not in TYPES.get(kind, [""]):
            self.fault("%s is no sample of %s %s" % (
                name, kind, self.family["name"]))
        if not NUMBER.match(value):
            self.fault("no number: " + value)
            return
        pairs = self.labels(labels or "")
        number = float(value)
        key = (name, tuple(sorted(pairs.items())))
        if key in self.samples:
            self.fault("the series comes twice: " + line)
        if suffix in ("_total", "_bucket", "_count") and not number >= 0:
            self.fault("a counter below 0, or no number: " + line)
        if kind == "info" and number != 1:
            self.fault("an info that is not 1")
        self.samples[key] = number
        self.family["samples"].append((suffix, pairs, number))

    def labels(self, text):
        pairs = {}
        at = 0
        while at < len(text):
            match = LABEL.match(text, at)
            if not match:
                self.fault("bad labels: " + text)
                return pairs
            name, value = match.groups()
            if name in pairs:
                self.fault("the label %s comes twice" % name)
            if name.startswith("__"):
                self.fault("the label %s is reserved" % name)
            pairs[name] = re.sub(
                r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], value)
            at = match.end()
            if at < len(text):
                if text[at] != ",":
                    self.fault("no comma between labels: " + text)
                    return pairs
                at += 1
        return pairs

    def close(self):
        """What is known of a family only at its end."""
        family = self.family
        if not family:
            return
        name = family["name"]
        kind = family.get("TYPE", "unknown")
        for suffix in TYPES.get(kind, [""]) + [""]:
            other = self.taken.setdefault(name + suffix, name)
            if other != name:
                self.fault("%s and %s have samples of one name" % (
                    other, name))
        if not family.get("HELP"):
            self.fault("%s has no help" % name)
        if kind == "histogram":
            self.histogram(family)
        self.lint(name, kind)

    def histogram(self, family):
        groups = {}
        for suffix, pairs, value in family["samples"]:
            rest = tuple(sorted((k, v) for k, v in pairs.items()
                                if k != "le"))
            group = groups.setdefault(rest, {"buckets": [], "other": {}})
            if suffix == "_bucket":
                if "le" not in pairs:
                    self.fault("a bucket without le")
                    continue
                group["buckets"].append((float(pairs["le"]), value))
            else:
                group["other"][suffix] = value
        for rest, group in groups.items():
            buckets = group["buckets"]
            bounds = [bound for bound, _ in buckets]
            if not bounds or bounds[-1] != math.inf:
                self.fault("%s: no bucket up to +Inf" % family["name"])
                continue
            if bounds != sorted(set(bounds)):
                self.fault("%s: bounds are not sorted" % family["name"])
            counts = [value for _, value in buckets]
            if counts != sorted(counts):
                self.fault("%s: counts fall" % family["name"])
            other = group["other"]
            if ("_count" in other) != ("_sum" in other):
                self.fault("%s: a sum or a count alone" % family["name"])
            if "_count" in other and other["_count"] != counts[-1]:
                self.fault("%s: the count is not that of +Inf" %
                           family["name"])
            if "_sum" in other and not other["_sum"] >= 0:
                self.fault("%s: a sum below 0" % family["name"])

    def lint(self, name, kind):
        """promlint's rules; guests' names are their own affair."""
        if not name.startswith("lunatic_"):
            return
        parts = name.split("_")
        if kind != "counter" and name.endswith("_total"):
            self.fault("%s: only counters end in _total" % name)
        if ":" in name:
            self.fault("%s: colons are for rules" % name)
        if re.search("[a-z][A-Z]", name):
            self.fault("%s: capitals" % name)
        for word in ("gauge", "counter", "histogram", "summary"):
            if word in parts:
                self.fault("%s: its type is in its name" % name)
        if any(name.endswith("_" + unit) for unit in OTHER_UNITS):
            self.fault("%s: no base unit" % name)
        if parts[-1] in ABBREVIATIONS:
            self.fault("%s: an abbreviated unit" % name)
        if kind not in ("histogram", "summary") and \
                parts[-1] in ("bucket", "count", "sum"):
            self.fault("%s: ends as a histogram's sample" % name)


def main():
    names = [a for a in sys.argv[1:] if not a.startswith("--")]
    with (open(names[0], "rb") if names else sys.stdin.buffer) as source:
        text = source.read().decode("utf-8")
    checker = Checker(text)
    faults = checker.run()
    for fault in faults:
        print(fault)
    if "--series" in sys.argv:
        for (name, labels), value in checker.samples.items():
            print(name, dict(labels), value)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
