"""Runs an example of docs/running.md with stand-ins for Airflow's operators.

Arguments: the example, then the address and the token of a daemon. The stand-ins call what Airflow would call
(response_check, response_filter, bash_command) with real responses; a sensor that would wait for a run that is over
is an error here.
"""

import json
import subprocess
import sys
import time
import types
import urllib.error
import urllib.request

example, address, token = sys.argv[1:4]
tasks = {}


class AirflowException(Exception):
    pass


class AirflowFailException(AirflowException):
    pass


class Response:
    def __init__(self, status_code, text):
        self.status_code, self.text = status_code, text

    def json(self):
        return json.loads(self.text)


def call(method, endpoint):
    request = urllib.request.Request(f"{address}/{endpoint}", method=method)
    request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request) as response:
            return Response(response.status, response.read().decode())
    except urllib.error.HTTPError as error:
        raise AirflowException(f"{error.code}:{error.reason}") from error


class Task:
    def __init__(self, task_id, **settings):
        self.task_id, self.settings = task_id, settings
        tasks[task_id] = self

    def __rshift__(self, other):
        return other


class BashOperator(Task):
    def execute(self, results):
        if subprocess.run(["bash", "-c", self.settings["bash_command"]]).returncode != 0:
            raise AirflowException("Bash command failed")


class HttpOperator(Task):
    def execute(self, results):
        response = call(self.settings["method"], self.settings["endpoint"])
        if not self.settings["response_check"](response):
            raise AirflowException("Response check returned False.")
        return self.settings["response_filter"](response)


class HttpSensor(Task):
    def execute(self, results):
        endpoint = self.settings["endpoint"]
        for task_id, result in results.items():
            endpoint = endpoint.replace("{{ ti.xcom_pull(task_ids='%s') }}" % task_id, str(result))
        while True:
            response = call("GET", endpoint)
            if self.settings["response_check"](response):
                return None
            if response.json()["status"] != "running":
                raise AssertionError(f"the sensor would wait for a run that is {response.json()['status']}")
            time.sleep(0.05)


exceptions = types.ModuleType("airflow.exceptions")
exceptions.AirflowFailException = AirflowFailException
sys.modules["airflow"] = types.ModuleType("airflow")
sys.modules["airflow.exceptions"] = exceptions

with open(example) as file:
    exec(compile(file.read(), example, "exec"), globals())

results = {}
try:
    for task_id, task in tasks.items():
        results[task_id] = task.execute(results)
except AirflowException as error:
    print(f"{type(error).__name__}: {error}")
    sys.exit(1)
print(f"success: {', '.join(tasks)}")
