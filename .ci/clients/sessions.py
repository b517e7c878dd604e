"""Runs the sessions in the documents given, and compares what they show.

A session is a block of Markdown marked "console": "$ " begins a command for the shell, which goes on to the END of its here-document or
to the closing quote; what follows is its output, in which "..." stands for any text. redis-cli talks to the server at CLIENTS_ADDR, whose data, rules, aliases,
feeds and limits are deleted before each document. On a busy machine a command that begins with sleep runs again until it shows what it waits
for, and a time to live may be some seconds less than the document says. Files that are in /tmp there are in a folder of this run.
"""
import os
import re
import subprocess
import sys
import tempfile
import time

HOST, _, PORT = os.environ["CLIENTS_ADDR"].rpartition(":")
PRELUDE = f'redis-cli() {{ command redis-cli -h {HOST} -p {PORT} --no-raw "$@"; }}\n'


def unfinished(command):
    """Tells whether the command goes on in the next line."""
    if "<<'END'" in command:
        return not command.endswith("\nEND")
    return command.count('"') % 2 == 1


def sessions(text):
    """Yields (line number, command, expected output) of each command."""
    number, inside, found = 0, False, None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            inside = line == "```console"
        elif not inside:
            continue
        elif found and unfinished(found[1]):
            found = (found[0], found[1] + "\n" + line, [])
        elif line.startswith("$ "):
            if found:
                yield found
            found = (number, line[2:], [])
        elif found:
            found[2].append(line)
    if found:
        yield found


def matches(command, want, got):
    ttl = re.compile(r"\(integer\) (\d+)")
    if command.startswith("redis-cli ttl ") and (said := ttl.fullmatch(want[0])) and (left := ttl.fullmatch(got.rstrip("\n"))):
        return 0 <= int(said[1]) - int(left[1]) <= 30
    pattern = "\n".join(re.escape(line).replace(r"\.\.\.", ".*") for line in want)
    return re.fullmatch(pattern, got.rstrip("\n"))


def show(command, want, folder):
    """Runs the command and returns what it shows."""
    script = PRELUDE + command.replace("/tmp/", folder + "/")
    until = time.monotonic() + 60
    while True:
        done = subprocess.run(["bash", "-c", script], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        got = (done.stdout + done.stderr).replace(folder, "/tmp")
        if not command.startswith("sleep ") or matches(command, want, got) or time.monotonic() > until:
            return got


def run(path, folder):
    """Returns how many commands the sessions of a document have, and how many of them failed."""
    count = failed = 0
    for words in (["flushall"], ["aso.apply", '{"prune": true, "rules": [], "aliases": [], "feeds": [], "limits": []}']):
        subprocess.run(["redis-cli", "-h", HOST, "-p", PORT, *words], check=True, stdout=subprocess.DEVNULL)
    for number, command, want in sessions(open(path, encoding="utf-8").read()):
        count += 1
        got = show(command, want, folder)
        if not matches(command, want, got):
            failed += 1
            print(f"FAIL {path}:{number}: {command}\n--- got\n{got}--- want\n" + "\n".join(want))
    print(f"{path}: {count - failed} of {count} commands as written")
    return count, failed


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        results = [run(path, folder) for path in sys.argv[1:]]
    sys.exit(any(failed or not count for count, failed in results))
