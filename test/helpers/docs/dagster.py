"""Materializes the asset of an example of docs/running.md with stand-ins for what it takes from Dagster.

Prints the metadata of the result; a Failure ends the program with 1, as it fails a step of Dagster.
"""

import json
import sys
import types

assets = []


class Failure(Exception):
    pass


class MaterializeResult:
    def __init__(self, metadata):
        self.metadata = metadata


def asset(deps):
    return lambda function: assets.append(function) or function


dagster = types.ModuleType("dagster")
dagster.Failure, dagster.MaterializeResult, dagster.asset = Failure, MaterializeResult, asset
sys.modules["dagster"] = dagster

with open(sys.argv[1]) as file:
    exec(compile(file.read(), sys.argv[1], "exec"), globals())

try:
    [function] = assets
    print(json.dumps(function().metadata))
except Failure as failure:
    print(f"Failure: {failure}", file=sys.stderr)
    sys.exit(1)
