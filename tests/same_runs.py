#!/usr/bin/env python3
"""Checks that a change of the code changes no number of a training run.

    tests/same_runs.py BEFORE AFTER [FOLDER]     trains with both programs and compares the runs
    tests/same_runs.py --compare A B             compares two folders of runs

BEFORE and AFTER are two builds of `bootstride`, for instance of the commit before a refactoring and of the last one, on
the same machine: results of different processors are not equal to the bit. Each trains eight runs at size `tiny` on the
CPU, for 6,000 environment steps (3,000 decisions) with evaluations, checkpoints, and a stop and a resume in the middle:
all algorithms, reanalyze inline and delayed, two tasks. Runs that are already in FOLDER (default: a temporary folder)
are kept, so the runs of BEFORE are needed once. Allow ten minutes a program on two cores.

Compared are the tables of each run (metrics, evaluations, episodes) and all its checkpoints: weights, optimiser and
environment byte by byte, the training state field by field, and the replay buffer column by column, because its file
format has versions. Not compared are times, and what the programs store differently on purpose:

- `replay_megabytes`, a figure of the program's memory;
- columns of the replay buffer that only one of the programs stores (listed in the output);
- the names that the training state has had for the open episode.

Exits with 0 if all is equal, otherwise with 1.
"""

import csv
import json
import os
import struct
import subprocess
import sys
import tempfile

RUNS = {
    **{name: ["cartpole-swingup", "--algorithm", name] for name in ["bmpc", "tdmpc2", "variant1", "variant2", "variant3"]},
    "bmpc-delayed": ["cartpole-swingup", "--algorithm", "bmpc", "--set", "algorithm.reanalyze=delayed"],
    "variant1-delayed": ["cartpole-swingup", "--algorithm", "variant1", "--set", "algorithm.reanalyze=delayed"],
    "walker": ["walker-walk", "--algorithm", "bmpc", "--set", "algorithm.reanalyze=delayed",
               "--set", "planner.samples=64"],
}
COMMON = ["--preset", "tiny", "--device", "cpu", "--seed", "7", "--steps", "4000", "--set", "run.evaluate_every=2000",
          "--set", "run.evaluate_episodes=2", "--set", "run.checkpoint_every=2000"]


def train(program, folder):
    """Makes the runs that are not in the folder yet."""
    os.makedirs(folder, exist_ok=True)
    for name, arguments in RUNS.items():
        done = f"{folder}/{name}.done"
        if os.path.exists(done):
            continue
        subprocess.run(["rm", "-rf", f"{folder}/{name}"], check=True)
        with open(f"{folder}/{name}.log", "w") as log:
            for command in [["train", *arguments, *COMMON, "--out", f"{folder}/{name}"],
                            ["train", "--resume", f"{folder}/{name}", "--steps", "6000"]]:
                subprocess.run([program, *command], stdout=log, stderr=log, check=True)
        open(done, "w").close()
        print(f"{folder}: {name}", flush=True)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def table(path):
    """The cells of a table, as text."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row.pop("replay_megabytes", None)
    return rows


def events(path):
    """The events of a run; numbers as text, so that every digit counts."""
    with open(path) as file:
        found = [json.loads(line, parse_float=str, parse_int=str) for line in file]
    for event in found:
        event.pop("replay_megabytes", None)
    return found


def state(path):
    """The training state, with the open episode of a single environment under its first names."""
    with open(path) as file:
        fields = json.load(file, parse_float=str)
    if fields.get("open"):
        first = fields["open"][0]
        begun = first["replay"] is not None
        fields["episode_decisions"] = first["decisions"] if begun else 0
        fields["episode_return"] = first["episode_return"] if begun else 0
        fields["previous_mean"] = first["plan_mean"]
    return {name: value for name, value in fields.items() if name not in ("open", "begun", "updates_owed")}


class Bytes:
    """Reads a file piece by piece."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        self.at += count
        assert self.at <= len(self.data), "truncated"
        return self.data[self.at - count:self.at]

    def words(self, count):
        return struct.unpack(f"<{count}Q", self.take(8 * count))


def replay(path):
    """The columns of a replay buffer, by name, and those that each version of the file format has in common."""
    source = Bytes(read(path))
    version = source.take(8)
    observation, action, capacity, episodes, pushed = source.words(5)
    if version == b"BSREPLY3":
        extras = []
        for _ in range(source.words(1)[0]):
            length, = source.take(1)
            name = source.take(length).decode()
            width, = source.words(1)
            source.take(1)
            extras.append((name, width))
        order = [("actions", action), ("rewards", 1), *extras]
    else:
        assert version in (b"BSREPLY1", b"BSREPLY2"), f"{path}: not a replay buffer"
        order = [("actions", action), ("expert_mean", action), ("expert_std", action), ("rewards", 1),
                 ("expert_value", 1)]
        order += [("expert_origin", 1)] if version == b"BSREPLY2" else []
    columns = {"sizes": [observation, action, capacity, episodes, pushed], "episodes": [], "observations": []}
    columns.update({name: [] for name, _ in order})
    for _ in range(episodes):
        first, length = source.words(2)
        columns["episodes"].append((first, length, *source.take(2)))
        columns["observations"].append(source.take(4 * (length + 1) * observation))
        for name, width in order:
            columns[name].append(source.take(4 * length * width))
    assert source.at == len(source.data), f"{path}: goes on after its last episode"
    return columns


class Comparison:
    """Counts what was compared and what differs."""

    def __init__(self):
        self.compared, self.differ, self.alone = 0, 0, {}

    def same(self, a, b, what):
        self.compared += 1
        if a != b:
            self.differ += 1
            print("DIFFERS", what)

    def files(self, a, b, what, content=read):
        self.same(content(a), content(b) if os.path.exists(b) else None, what)

    def replay(self, a, b, what):
        a, b = replay(a), replay(b)
        alone = sorted(set(a) ^ set(b))
        if alone:
            self.alone.setdefault(what.split("/")[0], set()).update(alone)
        common = [name for name in a if name in b]
        self.same([a[name] for name in common], [b[name] for name in common], what)

    def folders(self, a, b):
        contents = {"metrics.csv": table, "eval.csv": table, "episodes.csv": table, "metrics.jsonl": events}
        parts = {"state.json": state}
        for run in sorted(name for name in os.listdir(a) if os.path.isdir(f"{a}/{name}")):
            for name, content in contents.items():
                if os.path.exists(f"{a}/{run}/{name}"):
                    self.files(f"{a}/{run}/{name}", f"{b}/{run}/{name}", f"{run}/{name}", content)
            for checkpoint in sorted(os.listdir(f"{a}/{run}/checkpoints")):
                folder = f"{run}/checkpoints/{checkpoint}"
                names = set(os.listdir(f"{a}/{folder}")) - {"checksums.json"}
                for name in sorted(names):
                    what = f"{run}/{checkpoint}/{name}"
                    if name == "replay.bin" and os.path.exists(f"{b}/{folder}/{name}"):
                        self.replay(f"{a}/{folder}/{name}", f"{b}/{folder}/{name}", what)
                    else:
                        self.files(f"{a}/{folder}/{name}", f"{b}/{folder}/{name}", what, parts.get(name, read))


def main(arguments):
    if len(arguments) == 3 and arguments[0] == "--compare":
        a, b = arguments[1:]
    elif len(arguments) in (2, 3):
        folder = arguments[2] if len(arguments) == 3 else tempfile.mkdtemp(prefix="same-runs-")
        a, b = f"{folder}/before", f"{folder}/after"
        train(os.path.abspath(arguments[0]), a)
        train(os.path.abspath(arguments[1]), b)
    else:
        sys.exit(__doc__)
    comparison = Comparison()
    comparison.folders(a, b)
    for run, columns in sorted(comparison.alone.items()):
        print(f"{run}: only one program stores {', '.join(sorted(columns))}")
    print(f"{comparison.compared} compared, {comparison.differ} differ")
    return 1 if comparison.differ or not comparison.compared else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
