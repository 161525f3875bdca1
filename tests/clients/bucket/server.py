"""moto's S3 server in one process, spoken to over JSON lines like the other clients.

moto holds buckets in memory, and with the setting below it checks the signature of every request. It has no way to make an object
older, which the command `age` does.
"""

import json
import os
import sys

os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "0"

from datetime import timedelta

from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer

REGION = "us-east-1"
BUCKET = "media"
USER = "gateway"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}

iam = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
s3 = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]


class Service:
    """The server, which can be stopped and started with what it holds."""

    def __init__(self):
        iam.create_user(REGION, USER)
        iam.put_user_policy(USER, "all", json.dumps(POLICY))
        self.key = iam.create_access_key(user_name=USER)
        s3.create_bucket(BUCKET, REGION)
        self.port = 0
        self.server = None

    def start(self, _):
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=self.port, verbose=False)
        self.server.start()
        host, self.port = self.server.get_host_and_port()
        return {
            "endpoint": f"http://{host}:{self.port}",
            "bucket": BUCKET,
            "access_key": self.key.access_key_id,
            "secret_key": self.key.secret_access_key,
        }

    def stop(self, _):
        self.server.stop()

    def objects(self, _):
        return {key: len(found.value) for key, found in s3.buckets[BUCKET].keys.items()}

    def uploads(self, _):
        return {"unfinished": len(s3.buckets[BUCKET].multiparts)}

    def age(self, command):
        for found in s3.buckets[BUCKET].keys.values():
            found.last_modified -= timedelta(seconds=command["seconds"])


def say(line):
    print(json.dumps(line), flush=True)


def main():
    service = Service()
    commands = {name: getattr(service, name) for name in ("start", "stop", "objects", "uploads", "age")}
    say({"event": "hello", "client": "moto", "pid": os.getpid()})
    for line in sys.stdin:
        command = json.loads(line)
        try:
            say({"id": command["id"], "ok": commands[command["command"]](command)})
        except Exception as error:
            say({"id": command["id"], "error": {"message": repr(error)}})


main()
