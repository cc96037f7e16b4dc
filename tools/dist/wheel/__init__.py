"""Runs WebAssembly guests with lunatic, which this package brings along.

    import lunatic
    done = lunatic.run("app.wasm", "an argument", capture_output=True)
    print(done.returncode, done.stdout)
"""
import os
import subprocess
import sys

__all__ = ["PROGRAM", "run", "start"]

_HERE = os.path.dirname(os.path.abspath(__file__))

#: The path of the program.
PROGRAM = os.path.join(_HERE, "bin", "lunatic")


def _command(guest, arguments, options):
    return [PROGRAM, *map(os.fspath, options), os.fspath(guest),
            *map(os.fspath, arguments)]


def run(guest, *arguments, options=(), **keywords):
    """Runs a guest to its end: a path of a .wasm or .wat file.

    `arguments` are the guest's, `options` those of the program before the
    path, say ["--dir", "data"]. Keywords are those of subprocess.run, whose
    result is returned.
    """
    return subprocess.run(_command(guest, arguments, options), **keywords)


def start(guest, *arguments, options=(), **keywords):
    """Starts a guest like run(), and returns its subprocess.Popen at once."""
    return subprocess.Popen(_command(guest, arguments, options), **keywords)


def _become(name):
    path = os.path.join(_HERE, "bin", name)
    try:
        os.execv(path, [path, *sys.argv[1:]])
    except OSError as error:
        sys.exit(f"{name}: {path} cannot be run here: {error.strerror}. "
                 "It is for Linux with glibc 2.31 or newer, on the processor "
                 "that the wheel was made for.")


def main():
    """The console script `lunatic`: this process becomes the program."""
    _become("lunatic")


def main_cc():
    """The console script `lunatic-cc`, which compiles C for lunatic."""
    _become("lunatic-cc")
