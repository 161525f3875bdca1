"""A customer of WSAPI whose program uses wsapi-client 3.0.0, as it is: the second generation.

The library signs nothing itself, and checks the signature of webhooks with `verify_signature`.
"""

import base64
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from customer import listen, serve
from wsapi_client import WSApiClient, verify_signature
from wsapi_client.events.factory import parse_event
from wsapi_client.models.entities.accounts import AccountInstanceSettings
from wsapi_client.models.requests.messages import MessageSendTextRequest, SendMediaRequest

SECRET = "the-customers-own-secret"


def hear(headers, body):
    signature = headers["X-Webhook-Signature"]
    event = parse_event(body.decode())
    return {
        "kind": event._base.event_type,
        "verified": verify_signature(body, SECRET, signature),
        "forged": verify_signature(body + b" ", SECRET, signature),
        "data": event.model_dump(mode="json", exclude_none=True),
    }


class Program:
    def open(self, url, key, instance):
        self.instance = instance
        self.client = WSApiClient(api_key=key, instance_id=instance, base_url=url)

    def instances(self):
        return [found.id for found in self.client.account.list_instances().items]

    def webhook(self):
        settings = AccountInstanceSettings(webhook_url=listen(hear), event_signing_secret=SECRET, event_filters=[])
        self.client.account.update_instance_settings(self.instance, settings)
        return self.client.account.get_instance(self.instance).settings.model_dump()

    def qr(self):
        picture = self.client.session.get_qr_image()
        assert picture.startswith(b"\x89PNG"), picture
        return self.client.session.get_qr_code().code

    def status(self):
        status = self.client.session.get_session_status()
        return {"connected": status.is_connected, "linked": status.is_logged_in}

    def text(self, to, text):
        return self.client.messages.send_text(MessageSendTextRequest(to=to, text=text)).id

    def image(self, to, url, caption):
        return self.client.messages.send_image(SendMediaRequest(to=to, url=url, caption=caption)).id

    def file(self, to, data, mime_type):
        base64.b64decode(data, validate=True)
        return self.client.messages.send_image(SendMediaRequest(to=to, data=data, mime_type=mime_type)).id

    def group(self, group):
        found = self.client.groups.get(group)
        listed = [one.group_id for one in self.client.groups.list()]
        people = [person.id for person in found.participants]
        return {"id": found.group_id, "name": found.name, "people": people, "listed": listed}

    def invite(self, group):
        return self.client.groups.get_invite_link(group).link

    def who(self):
        return self.client.users.get_profile().id

    def refused(self, to):
        answer = self.client.messages.try_send_text(MessageSendTextRequest(to=to, text=""))
        return {"status": answer.error.status, "detail": answer.error.detail}


program = Program()
names = "open instances webhook qr status text image file group invite who refused".split()
serve("wsapi-client 3.0.0", {name: getattr(program, name) for name in names})
