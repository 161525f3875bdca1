"""A customer of WSAPI whose program uses wsapi-client 1.0.10, as it is: the first generation.

The library has no code for signatures. Its documentation has the customer compare a header that he chose himself, which this does;
events are read by the library. It cannot list instances either: it has the settings of its own.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from customer import listen, serve
from wsapi_client import WSApiClient
from wsapi_client.events.factory import parse_event
from wsapi_client.models.entities.instance import InstanceSettings
from wsapi_client.models.requests.messages import MessageSendImageRequest, MessageSendTextRequest

HEADER = "X-Webhook-Auth"
TOKEN = "the-customers-own-token"


def hear(headers, body):
    event = parse_event(body.decode())
    return {
        "kind": event._base.event_type,
        "verified": headers[HEADER] == TOKEN,
        "forged": headers[HEADER] == TOKEN + " ",
        "data": event.model_dump(mode="json", exclude_none=True),
    }


class Program:
    def open(self, url, key, instance):
        self.client = WSApiClient(api_key=key, instance_id=instance, base_url=url)

    def instances(self):
        return [self.client.instance.get_settings().name]

    def webhook(self):
        settings = InstanceSettings(
            name="Front desk",
            webhook_url=listen(hear),
            webhook_auth_header=HEADER,
            webhook_auth_value=TOKEN,
            event_filters=["message", "message_read", "logged_in"],
        )
        self.client.instance.update_settings(settings)
        return self.client.instance.get_settings().model_dump()

    def qr(self):
        picture = self.client.session.get_login_qr_image()
        assert picture.startswith(b"\x89PNG"), picture
        return self.client.session.get_login_qr_code().qr_code

    def status(self):
        status = self.client.session.get_session_status()
        return {"connected": status.connected, "linked": status.is_logged_in}

    def text(self, to, text):
        return self.client.messages.send_text(MessageSendTextRequest(to=to, text=text)).id

    def image(self, to, url, caption):
        request = MessageSendImageRequest(to=to, image_url=url, mime_type="image/png", caption=caption)
        return self.client.messages.send_image(request).id

    def file(self, to, data, mime_type):
        request = MessageSendImageRequest(to=to, image_base64=data, mime_type=mime_type)
        return self.client.messages.send_image(request).id

    def group(self, group):
        found = self.client.groups.get(group)
        listed = [one.id for one in self.client.groups.list()]
        return {"id": found.id, "name": found.name, "people": found.participants, "listed": listed}

    def invite(self, group):
        return self.client.groups.get_invite_link(group).invite_link

    def who(self):
        return self.client.account.get_info().id

    def refused(self, to):
        answer = self.client.messages.try_send_text(MessageSendTextRequest(to=to, text=""))
        return {"status": answer.error.status, "detail": answer.error.detail}


program = Program()
names = "open instances webhook qr status text image file group invite who refused".split()
serve("wsapi-client 1.0.10", {name: getattr(program, name) for name in names})
