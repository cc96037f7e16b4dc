#!/usr/bin/env python3
"""Runs wasi-testsuite's programs; see wasi_testsuite.sh.

    wasi_testsuite.py LUNATIC FOLDER
"""

import json
import os
import subprocess
import sys
from pathlib import Path

# Tests of preview 1 that fail here, and why that is right; one that passes is
# an error, so that the list stays true.
DIFFERENT = {}


def run(lunatic, options, wasm, arguments):
    return subprocess.run(
        [lunatic, *options, wasm, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
        cwd=wasm.parent,
        check=False,
    )


def described(wasm):
    """What its file of that name says, in the form that preview 1 has."""
    beside = wasm.with_suffix(".json")
    return json.loads(beside.read_text()) if beside.exists() else {}


def problem_of(lunatic, wasm):
    about = described(wasm)
    options = ["--no-env"]
    for name, value in about.get("env", {}).items():
        options += ["--env", f"{name}={value}"]
    if about.get("root"):
        options += ["--dir", f"{about['root']}::/"]
    try:
        ended = run(lunatic, options, wasm, about.get("args", []))
    except subprocess.TimeoutExpired:
        return "does not end"
    status = about.get("exit_code", 0)
    if ended.returncode != status:
        return f"status {ended.returncode}, not {status}: {ended.stderr[:1000]}"
    if "Sanitizer" in ended.stderr:
        return f"a sanitizer's report: {ended.stderr[:1000]}"
    if about.get("stdout", ended.stdout) != ended.stdout:
        return f"says {ended.stdout[:200]!r}, not {about['stdout']!r}"
    return None


def preview_1(lunatic, folder):
    failures = 0
    passed = 0
    for wasm in sorted(folder.glob("*/testsuite/wasm32-wasip1/*.wasm")):
        name = wasm.stem
        problem = problem_of(lunatic, wasm)
        if problem is None:
            passed += 1
        if (problem is None) == (name in DIFFERENT):
            failures += 1
            print(f"FAILED: {name}: {problem or 'passes, though listed'}")
    print(f"preview 1: {passed} passed, {len(DIFFERENT)} differ")
    return failures + (passed < 60)


def preview_3(lunatic, folder):
    """Each is refused in one line, which says what it is."""
    failures = 0
    refused = 0
    for wasm in sorted(folder.glob("*/testsuite/wasm32-wasip3/*.wasm")):
        ended = run(lunatic, [], wasm, [])
        lines = ended.stderr.splitlines()
        if (
            ended.returncode == 1
            and ended.stdout == ""
            and len(lines) == 1
            and lines[0].startswith("lunatic: ")
            and "WASI 0.3" in lines[0]
        ):
            refused += 1
        else:
            failures += 1
            print(f"FAILED: {wasm.stem}: {ended.returncode}: {ended.stderr[:500]}")
    print(f"WASI 0.3: {refused} refused")
    return failures + (refused < 40)


def main():
    lunatic, folder = os.path.abspath(sys.argv[1]), Path(sys.argv[2])
    failures = preview_1(lunatic, folder) + preview_3(lunatic, folder)
    sys.exit(failures > 0)


main()
