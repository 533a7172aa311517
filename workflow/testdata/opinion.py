"""Runs state machines whole in moto, with JSONata 2.0.6 plugged in.

A line of JSON asks for an execution in an account of its own; a line answers how
it ended, which states it went through, and what it left in the table and the queue.
"""

import io
import json
import re
import subprocess
import sys
import threading
import time
import uuid

import boto3
from moto import mock_aws
from moto.core.config import default_user_config
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sfn import StateTaskServiceSfn
from moto.stepfunctions.parser.asl.jsonata import jsonata
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

REGION = "eu-central-1"
default_user_config["stepfunctions"] = {"execute_state_machine": True}


class Engine:
    """The engine of expressions, in Node."""

    def __init__(self, script, source):
        self.process = subprocess.Popen(["node", "-e", script, "--", source, "direct"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lock = threading.Lock()
        self.coin = 0.0
        self.tokens = 0

    def evaluate(self, expression):
        with self.lock:
            self.tokens += 1
            request = {"at": int(time.time() * 1000), "random": self.coin, "uuid": f"token-{self.tokens}", "variables": "{}", "expressions": [expression]}
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline())[0]
        if "problem" in answer:
            raise jsonata.JSONataException("UNKNOWN", answer["problem"])
        return answer.get("value")


# moto takes what is between two divisions for a regular expression, and the end of
# a regular expression for $ alone.
REFERENCE = re.compile(r"'(?:\\.|[^'\\])*'|(\$[A-Za-z_]\w*(?:\.\w+)*)")


def references(expression):
    return {name for name in REFERENCE.findall(expression) if name}


def declarations(bindings):
    # moto writes a text between quotes as it is, so that one with a quote in it ends.
    return "".join(f"{name}:={to_json_str(value)};" for name, value in bindings.items())


class Lambda:
    """A function that does what its payload says."""

    def invoke(self, FunctionName, Payload=b"{}", **_):
        payload = json.loads(Payload)
        time.sleep(payload.get("took_ms", 0) / 1000)
        answer = {"StatusCode": 200}
        if "fails" in payload:
            answer["FunctionError"] = "Unhandled"
            body = {"errorType": payload["fails"], "errorMessage": "as asked for"}
        else:
            body = payload.get("answers", {"echo": payload})
        return answer | {"Payload": io.BytesIO(json.dumps(body).encode())}


def client(name):
    return boto3.client(name, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")


def wait(states, arn):
    while True:
        described = states.describe_execution(executionArn=arn)
        if described["status"] != "RUNNING":
            return described
        time.sleep(0.02)


def entered(states, arn):
    names, token = [], None
    while True:
        page = states.get_execution_history(executionArn=arn, **({"nextToken": token} if token else {}))
        names += [e["stateEnteredEventDetails"]["name"] for e in page["events"] if "stateEnteredEventDetails" in e]
        token = page.get("nextToken")
        if not token:
            return names


class Account:
    """An account with a table, a queue and state machines."""

    def __init__(self, engine):
        mock_aws().start()
        self.engine = engine
        self.database, self.queues, self.states = client("dynamodb"), client("sqs"), client("stepfunctions")
        names = ("pk", "HASH"), ("sk", "RANGE")
        self.database.create_table(
            TableName="recloser",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in names],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in names],
        )
        self.queue = self.queues.create_queue(QueueName="parked")["QueueUrl"]
        self.arns = {}

    def define(self, machines):
        for name, definition in machines.items():
            made = self.states.create_state_machine(name=name, definition=definition, roleArn="arn:aws:iam::123456789012:role/recloser")
            self.arns[name] = made["stateMachineArn"]
        return {"status": "DEFINED"}

    def execute(self, request):
        self.engine.coin = request["coin"]
        if request["item"]:
            self.database.put_item(TableName="recloser", Item=request["item"])
        for body in request["messages"] or []:
            self.queues.send_message(QueueUrl=self.queue, MessageBody=body)
        arn = self.states.start_execution(stateMachineArn=self.arns[request["start"]], input=json.dumps(request["input"]))["executionArn"]
        described = wait(self.states, arn)
        for other in self.arns.values():
            for begun in self.states.list_executions(stateMachineArn=other)["executions"]:
                wait(self.states, begun["executionArn"])
        items = self.database.query(
            TableName="recloser", KeyConditionExpression="pk = :k", ExpressionAttributeValues={":k": {"S": request["key"]}}
        )["Items"]
        left = self.queues.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in left:
            self.queues.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return {
            "status": described["status"],
            "error": described.get("error", ""),
            "cause": described.get("cause", ""),
            "output": json.loads(described.get("output") or "null"),
            "states": entered(self.states, arn),
            "items": items,
            "messages": [message["Body"] for message in left],
        }

    def answer(self, request):
        try:
            return self.define(request["machines"]) if "machines" in request else self.execute(request)
        except Exception as problem:
            return {"status": "BROKEN", "error": type(problem).__name__, "cause": str(problem)[:2000]}


def main(script, source):
    with open(script, encoding="utf-8") as text:
        engine = Engine(text.read(), source)
    jsonata._eval_jsonata = engine.evaluate
    replacements = {
        "encode_jsonata_variable_declarations": declarations,
        "extract_jsonata_variable_references": references,
        "get_intrinsic_functions_declarations": lambda variable_references: "",  # The engine has them.
    }
    for name, replacement in replacements.items():
        for module in [m for m in sys.modules.values() if m.__name__.startswith("moto.") and hasattr(m, name)]:
            setattr(module, name, replacement)
    asked = lambda_eval_utils.boto_client_for
    lambda_eval_utils.boto_client_for = lambda service, **rest: Lambda() if service == "lambda" else asked(service=service, **rest)
    start = StepFunctionsParserBackend.start_execution
    # moto gives an execution without a name none, and there is one of that name only.
    StepFunctionsParserBackend.start_execution = lambda self, arn, name=None, *rest, **more: start(self, arn, name or str(uuid.uuid4()), *rest, **more)
    task = StateTaskServiceSfn._eval_service_task

    def renamed(self, env, resource_runtime_part, normalised_parameters, state_credentials):
        # moto passes StateMachineArn on as it is, and what comes back too.
        parameters = {name[0].lower() + name[1:]: value for name, value in normalised_parameters.items()}
        return task(self, env, resource_runtime_part, parameters, state_credentials)

    def capitals(self, response, boto_service_name=None, service_action_name=None):
        for name in list(response):
            response[name[0].upper() + name[1:]] = response.pop(name)

    StateTaskServiceSfn._eval_service_task, StateTaskServiceSfn._normalise_response = renamed, capitals
    account = Account(engine)
    for line in sys.stdin:
        print("answer " + json.dumps(account.answer(json.loads(line))), flush=True)
    engine.process.stdin.close()
    engine.process.wait()


main(*sys.argv[1:])
