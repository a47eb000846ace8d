"""Times the engine's KPIs and the same sums by hand, one after the other in every round.

usage: python compare.py DIR TIDEWATCH [ROUNDS]     (DIR made by make.py; ratios of CPU seconds within a round, medians)
"""
import os
import statistics
import subprocess
import sys

DIR, BINARY = sys.argv[1], sys.argv[2]
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 3
HERE = os.path.dirname(os.path.abspath(__file__))
COMMANDS = {
    "tidewatch": [BINARY, "--project", DIR, "kpi", "--from", "2024-06-01", "--to", "2025-06-01", "--format", "csv"],
    "duckdb": [sys.executable, f"{HERE}/sums.py", DIR],
}


def measured(command):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command[0]} failed: {status}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


rounds = []
for number in range(ROUNDS):
    found = {name: measured(command) for name, command in COMMANDS.items()}
    rounds.append(found)
    for name, (cpu, memory) in found.items():
        print(f"round {number + 1}  {name:<10} {cpu:6.1f} CPU s  {memory:6.0f} MB", flush=True)
median = lambda values: statistics.median(list(values))
ratio = median(found["tidewatch"][0] / found["duckdb"][0] for found in rounds)
memory = median(found["tidewatch"][1] for found in rounds)
print(f"CPU {ratio:.2f} times the sums by hand (at most 2); memory {memory:.0f} MB (at most 1,000)")
sys.exit(ratio > 2 or memory > 1000)
