"""CPU seconds of `campaign evaluate` beside polars' scan and sum of the same columns, in turns: time.py BINARY FILE [ROUNDS].

The bar: evaluation of 10 M rows, three arms, three outcomes, five segments, CUPED, takes at most three times the CPU (user + system)
of polars' scan and sum. Both are whole processes; what starting Python and polars costs is measured in the same round and
given beside, so that the ratio can be read either way.
"""
import os
import statistics
import subprocess
import sys
import tempfile

SCAN = """
import sys, polars as pl
frame = pl.scan_parquet(sys.argv[1])
text = ["arm", "channel", "region"]
number = ["newbie", "plan", "tier", "before", "visit", "spend", "pages"]
total = lambda name: pl.col(name).cast(pl.Int64).sum() if name not in ("before", "spend") else pl.col(name).sum()
print(frame.select([pl.col(name).str.len_bytes().sum() for name in text] + [total(name) for name in number]).collect(engine="streaming"))
"""
NOTHING = "import sys, polars as pl"
EVALUATE = """campaign evaluate --file {file} --arm arm --control control --outcome visit:binary --outcome spend:money
--outcome pages:count --segment channel --segment region --segment newbie --segment plan --segment tier
--measured-before-assignment before --expected-weights 1,1,1 --cost-per-contact 0.1 --out {out}"""


def measured(command):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    error = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command}: {error.decode()}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main(binary, file, rounds):
    figures = {"scan": [], "start": [], "evaluate": []}
    with tempfile.TemporaryDirectory() as out:
        commands = {
            "scan": [sys.executable, "-c", SCAN, file],
            "start": [sys.executable, "-c", NOTHING],
            "evaluate": [binary, *EVALUATE.format(file=file, out=out).split()],
        }
        for _ in range(rounds):
            for name, command in commands.items():
                figures[name].append(measured(command))
    cpu = {name: [pair[0] for pair in pairs] for name, pairs in figures.items()}
    for name, values in cpu.items():
        megabytes = max(pair[1] for pair in figures[name])
        print(f"{name:9} CPU {statistics.median(values):6.2f} s ({min(values):.2f} to {max(values):.2f}), {megabytes:6.0f} MB")
    whole = [mine / scan for mine, scan in zip(cpu["evaluate"], cpu["scan"])]
    inside = [mine / (scan - start) for mine, scan, start in zip(cpu["evaluate"], cpu["scan"], cpu["start"])]
    print(f"evaluate / scan: {statistics.median(whole):.2f} as whole processes, {statistics.median(inside):.2f} without starting Python")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 5)
